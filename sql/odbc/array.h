// PostgreSQL array literals, for parameters such as unnest(:keys::bigint[]): one bound text carries a whole column,
// which costs the server a third of what row-by-row or the driver's own parameter arrays cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::sql {

// Replaces NUL bytes and anything that is not UTF-8 by U+FFFD: PostgreSQL refuses both, and one such byte from a portal
// must not stop the other rows of a statement.
std::string storable(std::string_view text);

// Builds one literal, element by element. Text is quoted and escaped; it stays text whatever it holds.
class ArrayLiteral {
 public:
  ArrayLiteral& add(std::int64_t value);
  ArrayLiteral& add_text(std::string_view value);
  ArrayLiteral& add_text_or_null(std::string_view value);  // empty: NULL
  ArrayLiteral& add_bool(bool value);
  ArrayLiteral& add_null();
  std::string text() const { return text_ + "}"; }

 private:
  void separate();
  std::string text_ = "{";
};

}  // namespace ferry::sql
