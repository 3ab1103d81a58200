#include "connectors/medusa/order_amounts.h"

#include <algorithm>
#include <array>
#include <set>

namespace ferry::medusa {
namespace {

constexpr int kRateDigits = 4;
constexpr std::int64_t kMostQuantity = 999'999'999'999;

__extension__ typedef __int128 Wide;

// Of a gross amount, to 6 digits.
Decimal net_of(const Decimal& gross, const Decimal& rate) {
  const auto amount = gross.rounded(kQuantityDigits, Rounding::half_up).to_minor_units(kQuantityDigits);
  const auto percent = rate.to_minor_units(kRateDigits);
  if (!amount || !percent || *percent < 0) return gross;
  constexpr Wide kHundred = 1'000'000;  // with the rate's digits
  const Wide magnitude = *amount < 0 ? -Wide(*amount) : Wide(*amount);
  const Wide whole = kHundred + Wide(*percent);
  const auto net = static_cast<std::int64_t>((magnitude * kHundred * 2 + whole) / (whole * 2));
  return Decimal::from_minor_units(*amount < 0 ? -net : net, kQuantityDigits).value_or(Decimal());
}

Decimal added(const Decimal& a, const Decimal& b) { return a.plus(b).value_or(a); }

}  // namespace

Amounts Amounts::plus(const Amounts& other) const { return {added(net, other.net), added(gross, other.gross)}; }

Money money_of(std::string_view currency) {
  // of ISO 4217, those that have not two
  constexpr std::array<std::string_view, 16> kNone = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                                      "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"};
  constexpr std::array<std::string_view, 7> kThree = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  if (std::find(kNone.begin(), kNone.end(), currency) != kNone.end()) return {0};
  return {std::find(kThree.begin(), kThree.end(), currency) != kThree.end() ? 3 : 2};
}

Decimal bounded(const std::optional<Decimal>& amount) {
  if (!amount || *amount > Decimal(kMostMoney) || *amount < Decimal(-kMostMoney)) return Decimal();
  return *amount;
}

Decimal money_at(const json::value& from, std::initializer_list<std::string_view> path) { return bounded(raw_at(from, path)); }

std::optional<Decimal> quantity_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const auto quantity = raw_at(from, path);
  if (!quantity || quantity->is_negative() || *quantity > Decimal(kMostQuantity)) return std::nullopt;
  return quantity->rounded(kQuantityDigits, Rounding::half_up);
}

Decimal rate_of(const json::value& from) {
  Decimal sum;
  for (const auto& tax : array_at(from, {"tax_lines"})) sum = added(sum, money_at(tax, {"raw_rate"}));
  if (sum.is_negative() || sum > Decimal(100)) return Decimal();
  return sum.rounded(kRateDigits, Rounding::half_up);
}

Amounts amounts_of(const json::value& from, std::string_view gross_name, std::string_view tax_name) {
  const auto gross = money_at(from, {gross_name});
  return {bounded(gross.minus(money_at(from, {tax_name}))), gross};
}

Amounts totals_of(const json::value& from) { return amounts_of(from, "raw_total", "raw_tax_total"); }

bool has_totals(const json::value& from) {
  return raw_at(from, {"raw_total"}).has_value() && raw_at(from, {"raw_tax_total"}).has_value();
}

Amounts returned_of(const json::value& line) {
  const auto gross = added(money_at(line, {"raw_return_received_total"}), money_at(line, {"raw_return_dismissed_total"}));
  return {net_of(gross, rate_of(line)), gross};
}

Amounts given_back_of(const json::value& order) {
  const auto credit = refund_credit_of(order);
  Amounts all{credit, credit};  // a credit line has no tax
  for (const auto& line : array_at(order, {"items"})) all = all.plus(returned_of(line));
  return all;
}

Decimal refund_credit_of(const json::value& order) {
  std::set<std::string, std::less<>> references;
  Decimal refunded, credited;
  for (const auto& collection : array_at(order, {"payment_collections"})) {
    references.insert("payment_collection " + id_at(collection, {"id"}));
    for (const auto& payment : array_at(collection, {"payments"})) {
      for (const auto& refund : array_at(payment, {"refunds"})) {
        refunded = added(refunded, money_at(refund, {"raw_amount"}));
        const auto label = text_at(refund, {"refund_reason", "label"}), code = text_at(refund, {"refund_reason", "code"});
        if (!label.empty()) references.insert(std::string(label) + " " + std::string(code));
      }
    }
  }
  for (const auto& line : array_at(order, {"credit_lines"})) {
    const auto reference = std::string(text_at(line, {"reference"})) + " " + std::string(text_at(line, {"reference_id"}));
    if (references.contains(reference)) credited = added(credited, money_at(line, {"raw_amount"}));
  }
  // those of earlier versions of the order are listed with the ones that count
  const auto total = raw_at(order, {"raw_credit_line_total"});
  return std::min({credited, refunded, total && !total->is_negative() ? bounded(total) : credited});
}

}  // namespace ferry::medusa
