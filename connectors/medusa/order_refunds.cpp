#include "connectors/medusa/order_refunds.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "connectors/medusa/goods_return.h"
#include "plugin/domain/text.h"
#include "plugin/domain/time.h"

namespace ferry::medusa {
namespace {

constexpr std::size_t kLongestRefundText = 255;

__extension__ typedef __int128 Wide;

std::string refund_text_at(const json::value& from, std::initializer_list<std::string_view> path) {
  return plain_line(text_at(from, path), kLongestRefundText);
}

struct ReceivedReturn {
  Instant at{};
  std::string gross;  // as text of the currency's digits
  json::array goods;
};

// gross · quantity / of, to 6 digits
Decimal part_of(const Decimal& gross, const Decimal& quantity, const Decimal& of) {
  const auto amount = gross.rounded(kQuantityDigits, Rounding::half_up).to_minor_units(kQuantityDigits);
  const auto part = quantity.to_minor_units(kQuantityDigits), whole = of.to_minor_units(kQuantityDigits);
  if (!amount || *amount < 0 || !part || !whole || *part > *whole || *whole <= 0) return Decimal();
  const Wide result = (Wide(*amount) * *part * 2 + *whole) / (Wide(*whole) * 2);
  return Decimal::from_minor_units(static_cast<std::int64_t>(result), kQuantityDigits).value_or(Decimal());
}

// What so many of a line were sold for.
Decimal gross_of(const json::value& line, const Decimal& quantity) {
  return part_of(totals_of(line).plus(returned_of(line)).gross, quantity, quantity_at(line, {"raw_quantity"}).value_or(Decimal()));
}

std::vector<ReceivedReturn> received_returns(const json::value& order, const Money& money) {
  std::map<std::string, const json::value*, std::less<>> lines;
  for (const auto& line : array_at(order, {"items"})) lines[id_at(line, {"id"})] = &line;
  std::vector<ReceivedReturn> all;
  for (const auto& shown : array_at(order, {"returns"})) {
    const auto at = from_iso8601(text_at(shown, {"received_at"}));
    if (!at || !own_number_of(shown).empty()) continue;
    ReceivedReturn received{*at, "", {}};
    Decimal gross;
    bool is_readable = true;
    for (const auto& item : array_at(shown, {"items"})) {
      // with what was damaged
      const auto quantity = quantity_at(item, {"raw_received_quantity"});
      if (quantity && quantity->is_zero()) continue;
      const auto id = id_at(item, {"item_id"});
      const auto line = lines.find(id);
      is_readable = is_readable && quantity && line != lines.end();
      if (!is_readable) break;
      gross = gross.plus(gross_of(*line->second, *quantity)).value_or(gross);
      received.goods.push_back(
          json::object{{"line", id}, {"sku", refund_text_at(*line->second, {"variant_sku"})}, {"quantity", quantity->text()}});
    }
    received.gross = money.text(gross);
    if (is_readable && !received.goods.empty()) all.push_back(std::move(received));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return all;
}

std::string told_reason(const json::value& refund) {
  auto reason = refund_text_at(refund, {"refund_reason", "label"});
  const auto note = refund_text_at(refund, {"note"});
  if (note.empty()) return reason;
  // a number at the end of the note stays
  constexpr std::size_t kLongestReason = 80;
  reason = plain_line(reason, kLongestReason);
  const auto rest = kLongestRefundText - (reason.empty() ? 0 : kLongestReason + 2);
  return (reason.empty() ? "" : reason + ": ") + plain_line(note, rest);
}

}  // namespace

json::array refunds_of(const json::value& order, const Money& money) {
  std::vector<const json::value*> found;
  for (const auto& collection : array_at(order, {"payment_collections"})) {
    for (const auto& payment : array_at(collection, {"payments"})) {
      for (const auto& refund : array_at(payment, {"refunds"})) found.push_back(&refund);
    }
  }
  const auto place = [](const json::value* refund) {
    return std::tuple(from_iso8601(text_at(*refund, {"created_at"})).value_or(Instant{}), id_at(*refund, {"id"}));
  };
  std::sort(found.begin(), found.end(), [&](const auto* a, const auto* b) { return place(a) < place(b); });
  auto returns = received_returns(order, money);
  json::array result;
  for (const auto* refund : found) {
    const auto at = from_iso8601(text_at(*refund, {"created_at"}));
    const auto gross = money.text(money_at(*refund, {"raw_amount"}));
    const auto own = std::find_if(returns.begin(), returns.end(),
                                  [&](const auto& one) { return at && one.at <= *at && one.gross == gross; });
    json::array goods;
    if (own != returns.end()) {
      goods = std::move(own->goods);
      returns.erase(own);
    }
    const auto id = id_at(*refund, {"id"});
    if (id.empty()) continue;  // the ERP could not know whether it has it already
    result.push_back(json::object{{"refund", id},
                                  {"at", at ? to_iso8601(*at) : ""},
                                  {"reason", told_reason(*refund)},
                                  {"gross", gross},
                                  {"shipping", "0"},
                                  {"lines", std::move(goods)}});
  }
  return result;
}

}  // namespace ferry::medusa
