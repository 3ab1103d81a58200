#include "sql/odbc/sql_text.h"

#include <stdexcept>

namespace ferry::sql {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  SqlText scan() {
    while (at_ < sql_.size()) step();
    return std::move(result_);
  }

 private:
  char peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  void copy(std::size_t count) {
    result_.text.append(sql_.substr(at_, count));
    at_ += count;
  }

  void step() {
    const char c = sql_[at_];
    if (c == '-' && peek(1) == '-') return skip_line_comment();
    if (c == '/' && peek(1) == '*') return skip_block_comment();
    if (c == '\'' || c == '"') return copy_quoted(c);
    if (c == '$' && copy_dollar_quoted()) return;
    if (c == ':' && peek(1) == ':') return copy(2);
    if (c == ':' && is_name_start(peek(1))) return take_parameter();
    if (c == '?') throw std::invalid_argument("SQL text holds a '?': write :name for a parameter");
    copy(1);
  }

  void skip_line_comment() {
    const auto end = sql_.find('\n', at_);
    at_ = end == std::string_view::npos ? sql_.size() : end;
  }

  void skip_block_comment() {
    const auto end = sql_.find("*/", at_ + 2);
    if (end == std::string_view::npos) throw std::invalid_argument("SQL text ends inside a comment");
    at_ = end + 2;
    result_.text.push_back(' ');
  }

  void copy_quoted(char quote) {
    // a doubled quote ends one literal and begins the next: the same text either way
    const auto end = sql_.find(quote, at_ + 1);
    if (end == std::string_view::npos) throw std::invalid_argument("SQL text ends inside a quoted text");
    copy(end - at_ + 1);
  }

  bool copy_dollar_quoted() {
    std::size_t length = 1;
    while (is_name(peek(length))) ++length;
    if (peek(length) != '$') return false;
    const std::string_view tag = sql_.substr(at_, length + 1);
    const auto end = sql_.find(tag, at_ + tag.size());
    if (end == std::string_view::npos) throw std::invalid_argument("SQL text ends inside a dollar-quoted text");
    copy(end + tag.size() - at_);
    return true;
  }

  void take_parameter() {
    std::size_t length = 1;
    while (is_name(peek(length))) ++length;
    result_.parameters.emplace_back(sql_.substr(at_ + 1, length - 1));
    result_.text.push_back('?');
    at_ += length;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  SqlText result_;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n;";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

SqlText parse_sql(std::string_view sql) { return Scanner(sql).scan(); }

Sections parse_sections(std::string_view file) {
  constexpr std::string_view kMark = "-- name:";
  Sections sections;
  auto mark = file.starts_with(kMark) ? std::size_t{0} : file.find("\n-- name:");
  while (mark != std::string_view::npos) {
    const auto begin = file.find(kMark, mark) + kMark.size();
    const auto line_end = std::min(file.find('\n', begin), file.size());
    const auto next = file.find("\n-- name:", line_end);
    const std::string name(trimmed(file.substr(begin, line_end - begin)));
    const auto body = file.substr(line_end, next == std::string_view::npos ? next : next - line_end);
    if (!sections.emplace(name, trimmed(body)).second) {
      throw std::invalid_argument("section '" + name + "' stands twice");
    }
    mark = next;
  }
  return sections;
}

}  // namespace ferry::sql
