// Amounts of Medusa's orders, exact as it keeps them, and as they were before anything came back: a return takes what it has
// received off the line's total and the order's, and a refund of more than that is a credit line, which the total loses too.
#pragma once

#include <string>
#include <string_view>

#include "connectors/medusa/json.h"
#include "plugin/domain/decimal.h"

namespace ferry::medusa {

inline constexpr int kQuantityDigits = 6;  // of ferry.order/1
inline constexpr std::int64_t kMostMoney = 999'999'999'999;

struct Amounts {
  Decimal net, gross;
  Amounts plus(const Amounts& other) const;
};

struct Money {
  int digits = 2;
  std::string text(const Decimal& amount) const { return amount.rounded(digits, Rounding::half_up).text(); }
};
// Of a currency of ISO 4217, in capitals.
Money money_of(std::string_view currency);

// What is no amount of money is 0.
Decimal bounded(const std::optional<Decimal>& amount);
Decimal money_at(const json::value& from, std::initializer_list<std::string_view> path);
// A quantity of up to 6 digits; none: it is no such.
std::optional<Decimal> quantity_at(const json::value& from, std::initializer_list<std::string_view> path);
// Of a line or a shipping method, in percent; several taxes are summed.
Decimal rate_of(const json::value& from);

Amounts amounts_of(const json::value& from, std::string_view gross_name, std::string_view tax_name);
// Of the order, a line or a shipping method as they are now.
Amounts totals_of(const json::value& from);
bool has_totals(const json::value& from);

// What came back of a line, damaged or not, at the price it was sold for.
Amounts returned_of(const json::value& line);
// What came back of the order and was paid back: what totals_of() lacks of the order as it was sold.
Amounts given_back_of(const json::value& order);
// The credit lines that refunds have made, which are no others than the refunds themselves. Medusa writes neither by whom nor
// when a credit line was made: they are known by the payment collection or the reason that they name, and by the amount,
// which is not more than was refunded.
Decimal refund_credit_of(const json::value& order);

}  // namespace ferry::medusa
