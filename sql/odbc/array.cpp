#include "sql/odbc/array.h"

namespace ferry::sql {
namespace {

// Length of the well-formed UTF-8 sequence at the beginning of `text`; 0: there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0) == 0xE0         ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string storable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto length = sequence_length(text);
    clean.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

void ArrayLiteral::separate() {
  if (text_.size() > 1) text_.push_back(',');
}

ArrayLiteral& ArrayLiteral::add(std::int64_t value) {
  separate();
  text_.append(std::to_string(value));
  return *this;
}

ArrayLiteral& ArrayLiteral::add_text(std::string_view value) {
  separate();
  text_.push_back('"');
  for (const char c : storable(value)) {
    if (c == '"' || c == '\\') text_.push_back('\\');
    text_.push_back(c);
  }
  text_.push_back('"');
  return *this;
}

ArrayLiteral& ArrayLiteral::add_text_or_null(std::string_view value) {
  return value.empty() ? add_null() : add_text(value);
}

ArrayLiteral& ArrayLiteral::add_bool(bool value) {
  separate();
  text_.push_back(value ? 't' : 'f');
  return *this;
}

ArrayLiteral& ArrayLiteral::add_null() {
  separate();
  text_.append("NULL");
  return *this;
}

}  // namespace ferry::sql
