// Any bytes as values on their way into and out of the database: what is quoted is read back the same.
#include "plugin/domain/decimal.h"
#include "plugin/domain/time.h"
#include "sql/odbc/array.h"
#include "sql/odbc/sql_text.h"
#include "tests/fuzz/target.h"

namespace {

using ferry::fuzz::demand;

// As PostgreSQL reads an array literal (array_in): nullopt where it would refuse it.
std::optional<std::vector<std::optional<std::string>>> read_array(std::string_view literal) {
  if (!literal.starts_with('{') || !literal.ends_with('}')) return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  std::vector<std::optional<std::string>> elements;
  if (literal.empty()) return elements;
  for (std::size_t i = 0;; ++i) {
    std::string element;
    const bool is_quoted = i < literal.size() && literal[i] == '"';
    if (is_quoted) {
      for (++i; i < literal.size() && literal[i] != '"'; ++i) {
        if (literal[i] == '\\') ++i;
        if (i == literal.size()) return std::nullopt;
        element += literal[i];
      }
      if (i == literal.size()) return std::nullopt;
      ++i;
    } else {
      for (; i < literal.size() && literal[i] != ','; ++i) element += literal[i];
    }
    elements.push_back(!is_quoted && element == "NULL" ? std::nullopt : std::optional(element));
    if (i == literal.size()) return elements;
    if (literal[i] != ',') return std::nullopt;
  }
}

void check_array(std::string_view input) {
  ferry::sql::ArrayLiteral literal;
  std::vector<std::optional<std::string>> given;
  for (ferry::fuzz::Input rest(input); !rest.is_empty();) {
    const auto part = rest.until(",");
    literal.add_text(part).add_text_or_null(part).add(static_cast<std::int64_t>(part.size())).add_bool(part.empty());
    const auto text = ferry::sql::storable(part);
    given.insert(given.end(), {text, part.empty() ? std::nullopt : std::optional(text), std::to_string(part.size()),
                               part.empty() ? "t" : "f"});
  }
  const auto read = read_array(literal.text());
  demand(read && *read == given, "an array that does not read back the same: " + literal.text());
}

void check_decimal(std::string_view input) {
  using ferry::Decimal;
  const auto value = Decimal::parse(input);
  if (!value) return;
  demand(Decimal::parse(value->text()) == value, "a decimal that does not read back the same: " + value->text());
  const auto negated = value->negated();
  demand(negated.negated() == *value, "a decimal negated twice");
  demand(!value->plus(negated) || value->plus(negated)->is_zero(), "a decimal less itself");
  for (int digits = -1; digits < 20; ++digits) {
    const auto rounded = value->rounded(digits, ferry::Rounding::half_up);
    demand(rounded.scale() <= std::max(digits, 0) || rounded == *value, "a rounded decimal's digits");
    (void)value->rounded(digits, ferry::Rounding::half_even);
    const auto down = value->rounded(digits, ferry::Rounding::down);
    demand(value->is_negative() ? down >= *value : down <= *value, "a decimal rounded down that grew");
    const auto units = digits < 0 || digits > Decimal::kMaxScale ? std::nullopt : value->to_minor_units(digits);
    if (units)
      demand(Decimal::from_minor_units(*units, digits) == value, "minor units that do not read back the same");
  }
  if (const auto square = value->times(*value)) demand(!square->is_negative(), "a negative square");
  demand((*value <=> negated) == (value->is_zero()       ? std::strong_ordering::equal
                                  : value->is_negative() ? std::strong_ordering::less
                                                         : std::strong_ordering::greater),
         "the order of decimals");
}

}  // namespace

FERRY_FUZZ_TARGET(values, "") {
  const auto stored = ferry::sql::storable(input);
  demand(ferry::fuzz::is_clean(stored, false) && stored.find('\0') == std::string::npos, "a text that PostgreSQL refuses");
  demand(ferry::sql::storable(stored) == stored, "a storable text that is changed again");
  check_array(input);
  check_decimal(input);
  if (const auto instant = ferry::from_iso8601(input)) {
    const auto text = ferry::to_iso8601(*instant);
    demand(text.size() == 27 && ferry::from_iso8601(text) == instant, "a moment that does not read back the same: " + text);
  }
  try {
    const auto sql = ferry::sql::parse_sql(input);
    demand(static_cast<std::size_t>(std::count(sql.text.begin(), sql.text.end(), '?')) >= sql.parameters.size(),
           "a parameter without its place");
  } catch (const std::invalid_argument&) {  // NOLINT: its way to refuse
  }
}
