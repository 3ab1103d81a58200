// Refunds of the stand-in shop, as Vendure 3.7 makes them: as often as the payment has anything left; one that no payment
// handler pays stays Pending until somebody says that it was paid.
#include <algorithm>
#include <numeric>

#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

std::string line_id(std::size_t order, std::size_t position) {
  return std::to_string(order + 1) + "-" + std::to_string(position + 1);
}

std::int64_t left(const Order& order) {
  return std::accumulate(order.refunds.begin(), order.refunds.end(), order.paid,
                         [](std::int64_t rest, const OrderRefund& refund) { return rest - refund.amount; });
}

}  // namespace

std::string Shop::refund_id(const std::string& order_id, std::size_t position) {
  return part_id({std::stoull(order_id) - 1, position});
}

json::array Shop::payments(std::size_t index) const {
  const Order& order = orders_[index];
  json::array refunds;
  for (const auto& refund : order.refunds) {
    json::array lines;
    for (const auto& [position, pieces] : refund.lines)
      lines.push_back(json::object{{"orderLineId", line_id(index, position)}, {"quantity", pieces}});
    json::value transaction;
    if (!refund.transaction.empty()) transaction = refund.transaction;
    refunds.push_back(json::object{{"id", part_id({index, refunds.size()})},
                                   {"createdAt", refund.made_at},
                                   {"state", refund.state},
                                   {"reason", refund.reason},
                                   {"total", refund.amount},
                                   {"shipping", 0},
                                   {"transactionId", std::move(transaction)},
                                   {"lines", std::move(lines)}});
  }
  return {json::object{{"id", std::to_string(index + 1)},
                       {"method", "card"},
                       {"state", "Settled"},
                       {"amount", order.paid},
                       {"transactionId", "1"},
                       {"refunds", std::move(refunds)}}};
}

std::string Shop::refunds(const Json& variables, std::size_t& items) const {
  json::array found;
  for (const auto& id : variables.at("ids").as_array()) {
    const auto index = position_of(id);
    if (index >= orders_.size()) continue;
    const Order& order = orders_[index];
    json::array lines;
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
      lines.push_back(json::object{{"id", line_id(index, i)},
                                   {"quantity", order.lines[i].quantity},
                                   {"productVariant", json::object{{"sku", order.lines[i].sku}}}});
    }
    found.push_back(json::object{{"id", id},
                                 {"code", order.code},
                                 {"state", order.state},
                                 {"currencyCode", "EUR"},
                                 {"lines", std::move(lines)},
                                 {"payments", payments(index)}});
  }
  items = found.size();
  return data({{"orders", json::object{{"totalItems", found.size()}, {"items", std::move(found)}}}});
}

std::string Shop::refund_order(const Json& variables) {
  const auto& input = variables.at("input");
  const auto index = position_of(input.at("paymentId"));
  if (index >= orders_.size()) return refusal("No Payment with that id could be found", "ENTITY_NOT_FOUND");
  Order& order = orders_[index];
  OrderRefund refund{"Pending", std::string(input.at("reason").as_string()), "", now(), input.at("amount").as_int64(), {}};
  if (refund.amount <= 0 || refund.amount > left(order)) {
    return data({{"refundOrder", json::object{{"errorCode", "REFUND_AMOUNT_ERROR"},
                                              {"message", "The amount specified exceeds the refundable amount for this payment"}}}});
  }
  for (const auto& part : input.at("lines").as_array()) {
    const std::string id(part.at("orderLineId").as_string());
    std::size_t position = 0;
    while (position < order.lines.size() && line_id(index, position) != id) ++position;
    if (position == order.lines.size()) return refusal("No OrderLine with the id \"" + id + "\" could be found", "ENTITY_NOT_FOUND");
    refund.lines.emplace_back(position, part.at("quantity").as_int64());
  }
  order.refunds.push_back(std::move(refund));
  return data({{"refundOrder", json::object{{"id", part_id({index, order.refunds.size() - 1})}}}});
}

std::string Shop::settle_refund(const Json& variables) {
  const auto& input = variables.at("input");
  const auto [index, position] = part_of(input.at("id"));
  if (index >= orders_.size() || position >= orders_[index].refunds.size())
    return refusal("No Refund with that id could be found", "ENTITY_NOT_FOUND");
  OrderRefund& refund = orders_[index].refunds[position];
  if (refund.state != "Pending") {
    const auto why = R"(Cannot transition Refund from ")" + refund.state + R"(" to "Settled")";
    return data({{"settleRefund", json::object{{"errorCode", "REFUND_STATE_TRANSITION_ERROR"},
                                               {"message", "Cannot transition Refund"},
                                               {"transitionError", why}}}});
  }
  refund.state = "Settled";
  refund.transaction = std::string(input.at("transactionId").as_string());
  return data({{"settleRefund", json::object{{"id", input.at("id")}}}});
}

bool Shop::give_back(const std::string& order_id, std::int64_t amount, const std::string& reason,
                     const std::vector<Line>& goods) {
  auto* order = find(order_id);
  if (!order || amount <= 0 || amount > left(*order)) return false;
  OrderRefund refund{"Settled", reason, "by hand", now(), amount, {}};
  for (const auto& piece : goods) {
    for (std::size_t i = 0; i < order->lines.size(); ++i) {
      if (order->lines[i].sku == piece.sku) refund.lines.emplace_back(i, piece.quantity);
    }
  }
  order->refunds.push_back(std::move(refund));
  return true;
}

}  // namespace ferry::portal
