#include "connectors/vendure/money.h"

#include <algorithm>
#include <limits>

#include "plugin/domain/decimal.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {

bool ChannelMoney::has(std::string_view currency) const noexcept {
  return std::find(currencies.begin(), currencies.end(), currency) != currencies.end();
}

std::optional<ChannelMoney> read_money(const json::value& data) {
  const auto* tax = find(data, {"activeChannel", "pricesIncludeTax"});
  const auto digits = integer_at(data, {"globalSettings", "serverConfig", "moneyStrategyPrecision"});
  ChannelMoney money;
  money.default_currency = text_at(data, {"activeChannel", "defaultCurrencyCode"});
  for (const auto& code : array_at(data, {"activeChannel", "availableCurrencyCodes"})) {
    if (!code.is_string()) return std::nullopt;
    money.currencies.emplace_back(code.get_string());
  }
  const bool has_digits = digits && *digits >= 0 && *digits <= Decimal::kMaxScale;
  if (!tax || !tax->is_bool() || !has_digits || money.default_currency.empty()) return std::nullopt;
  money.includes_tax = tax->get_bool();
  money.digits = static_cast<int>(*digits);
  return money;
}

// Vendure accepts a negative price without complaint, and more than 32 bits fail in its database for the whole batch.
std::optional<std::int32_t> to_units(std::string_view amount, int digits, std::string& problem) {
  const auto said = "the amount " + quote_and_bound(amount, 40);
  const auto value = Decimal::parse(amount);
  const auto units = value ? value->to_minor_units(digits) : std::nullopt;
  if (!value) {
    problem = said + " is not a number";
  } else if (value->is_negative()) {
    problem = said + " is negative";
  } else if (value->scale() > digits) {
    problem = said + " has more digits than the " + std::to_string(digits) +
              " that the portal keeps; set price_digits to " + std::to_string(digits);
  } else if (!units || *units > std::numeric_limits<std::int32_t>::max()) {
    problem = said + " is more than Vendure can hold (2147483647 units of " + std::to_string(digits) + " digits)";
  } else {
    return static_cast<std::int32_t>(*units);
  }
  return std::nullopt;
}

}  // namespace ferry::vendure
