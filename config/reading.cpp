#include "config/reading.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace ferry::config {
namespace {

constexpr std::size_t kLongestDecimal = 64;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::vector<std::string>> read_json_list(std::string_view text) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(text, error);
  if (error || !parsed.is_array()) return std::nullopt;
  std::vector<std::string> entries;
  for (const auto& entry : parsed.get_array()) {
    if (!entry.is_string()) return std::nullopt;
    entries.emplace_back(std::string_view(entry.get_string()));
  }
  return entries;
}

}  // namespace

std::optional<std::int64_t> read_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<std::string>> read_list(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) return read_json_list(text);
  std::vector<std::string> entries;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto entry = trimmed(text.substr(0, comma));
    if (!entry.empty()) entries.emplace_back(entry);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return entries;
}

bool is_map(std::string_view text) {
  if (text.empty()) return true;
  boost::system::error_code error;
  const auto parsed = boost::json::parse(text, error);
  if (error || !parsed.is_object()) return false;
  return std::ranges::all_of(parsed.get_object(), [](const auto& entry) { return entry.value().is_string(); });
}

bool is_decimal(std::string_view text) noexcept {
  if (text.size() > kLongestDecimal) return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  if (whole.empty() || !std::all_of(whole.begin(), whole.end(), is_digit)) return false;
  if (point == std::string_view::npos) return true;
  const auto fraction = text.substr(point + 1);
  return !fraction.empty() && std::all_of(fraction.begin(), fraction.end(), is_digit);
}

std::string_view url_fault(std::string_view text) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto rest = text.substr(scheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.empty() || authority.front() == ':') return "has no host";
    if (authority.find('@') != std::string_view::npos)
      return "must not contain a user or password; use the settings for them";
    const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
    if (std::any_of(rest.begin(), rest.end(), is_odd)) return "contains a blank or control character";
    return {};
  }
  return "must begin with http:// or https://";
}

}  // namespace ferry::config
