#include "host-api/hosts/console/ini.h"

#include <algorithm>

namespace ferry::console {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v\n";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

class Parser {
 public:
  Result<Ini> parse(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string wrong = take(text.substr(0, end));
      if (!wrong.empty()) return problem("line " + std::to_string(number) + ": " + wrong);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(ini_);
  }

 private:
  // Empty, or what is wrong with the line.
  std::string take(std::string_view line) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') return {};
    const bool is_indented = kBlanks.find(line[0]) != std::string_view::npos;
    if (is_indented && value_ != nullptr) {
      *value_ += (value_->empty() ? "" : "\n") + std::string(content);
      return {};
    }
    return content[0] == '[' ? begin_section(content) : take_option(content);
  }

  std::string begin_section(std::string_view content) {
    if (content.back() != ']') return "a section ends with ']'";
    section_ = &ini_[std::string(content.substr(1, content.size() - 2))];
    value_ = nullptr;
    return {};
  }

  std::string take_option(std::string_view content) {
    if (section_ == nullptr) return "an option stands before the first [section]";
    const std::size_t split = content.find_first_of("=:");
    if (split == std::string_view::npos || split == 0) return "write 'option = value'";
    const std::string name = lower(trimmed(content.substr(0, split)));
    const auto [place, is_new] = section_->emplace(name, trimmed(content.substr(split + 1)));
    if (!is_new) return "option '" + name + "' is given twice";
    value_ = &place->second;
    return {};
  }

  Ini ini_;
  Section* section_ = nullptr;
  std::string* value_ = nullptr;
};

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<Ini> parse_ini(std::string_view text) { return Parser().parse(text); }

}  // namespace ferry::console
