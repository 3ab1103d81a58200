#include "plugin/connector/refunds.h"

#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::connector {
namespace {

constexpr std::size_t kLongestRefundReason = 100;  // that of a refund may be cut where it is read, and then the number with it

}  // namespace

std::vector<Return> read_returns(const json::value& document, std::string& problem) {
  std::vector<Return> returns;
  for (const auto& entry : array_at(document, {"refunds"})) {
    Return returned{std::string(text_at(entry, {"number"})), std::string(text_at(entry, {"currency"})),
                    std::string(text_at(entry, {"reason"})), {}, {}};
    const auto total = Decimal::parse(text_at(entry, {"total"}));
    if (returned.number.empty()) problem = "the order status document has a refund without number";
    if (!total || *total <= Decimal())
      problem = "return " + quote_and_bound(returned.number, 60) + " has the total " +
                quote_and_bound(text_at(entry, {"total"}), 40) + ", which is nothing to pay back";
    returned.total = total.value_or(Decimal());
    for (const auto& line : array_at(entry, {"lines"})) {
      auto& goods = returned.goods[std::string(text_at(line, {"sku"}))];
      goods = goods.plus(Decimal::parse(text_at(line, {"quantity"})).value_or(Decimal())).value_or(goods);
    }
    returns.push_back(std::move(returned));
  }
  return returns;
}

std::string reason_of(const Return& returned) {
  const auto reason = plain_line(returned.reason, kLongestRefundReason);
  return with_shipment(reason.empty() ? "Returned" : reason, returned.number);
}

}  // namespace ferry::connector
