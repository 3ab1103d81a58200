// Fulfilments of the stand-in shop, as Vendure 3.7 makes them: goods leave the stock when one is created, whatever its
// state; it may be repeated as often as there are pieces left; one that is cancelled gives back to the order.
#include <algorithm>
#include <numeric>

#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

bool has_left(const OrderFulfilment& fulfilment) { return fulfilment.state == "Shipped"; }

void settle_state(Order& order) {
  if (order.state == "Cancelled") return;
  std::int64_t shipped = 0, ordered = 0;
  for (const auto& line : order.lines) ordered += line.quantity;
  for (const auto& fulfilment : order.fulfilments) {
    for (const auto& [position, pieces] : fulfilment.lines) shipped += has_left(fulfilment) ? pieces : 0;
  }
  if (shipped > 0) order.state = shipped < ordered ? "PartiallyShipped" : "Shipped";
}

}  // namespace

void Shop::fulfil(Order& order, OrderFulfilment fulfilment) {
  for (const auto& [position, pieces] : fulfilment.lines) {
    Line& line = order.lines[position];
    Variant& variant = variants_[by_sku_.at(line.sku)];
    set_on_hand(variant, variant.on_hand - pieces, false);
    variant.allocated -= pieces;
    line.fulfilled += pieces;
  }
  order.fulfilments.push_back(std::move(fulfilment));
  settle_state(order);
}

void Shop::take_back(Order& order, OrderFulfilment& fulfilment) {
  for (const auto& [position, pieces] : fulfilment.lines) {
    Line& line = order.lines[position];
    Variant& variant = variants_[by_sku_.at(line.sku)];
    set_on_hand(variant, variant.on_hand + pieces, false);
    variant.allocated += pieces;
    line.fulfilled -= pieces;
  }
  fulfilment.lines.clear();
  fulfilment.state = "Cancelled";
}

void Shop::fulfil(const std::string& order_id) {
  auto* order = find(order_id);
  if (!order || order->state == "Cancelled") return;
  OrderFulfilment rest{"Post", "", "Shipped", {}};
  for (std::size_t i = 0; i < order->lines.size(); ++i) {
    const auto& line = order->lines[i];
    if (line.quantity > line.fulfilled) rest.lines.emplace_back(i, line.quantity - line.fulfilled);
  }
  if (rest.lines.empty()) return;
  fulfil(*order, std::move(rest));
  order->state = "Shipped";
}

std::string Shop::shipments(const Json& variables, std::size_t& items) const {
  json::array found;
  for (const auto& id : variables.at("ids").as_array()) {
    const auto index = position_of(id);
    if (index >= orders_.size()) continue;
    const Order& order = orders_[index];
    const auto line_id = [&](std::size_t position) {
      return std::to_string(index + 1) + "-" + std::to_string(position + 1);
    };
    json::array lines, fulfilments;
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
      lines.push_back(json::object{{"id", line_id(i)},
                                   {"quantity", order.lines[i].quantity},
                                   {"productVariant", json::object{{"sku", order.lines[i].sku}}}});
    }
    for (std::size_t i = 0; i < order.fulfilments.size(); ++i) {
      const auto& fulfilment = order.fulfilments[i];
      json::array parts;
      for (const auto& [position, pieces] : fulfilment.lines)
        parts.push_back(json::object{{"orderLineId", line_id(position)}, {"quantity", pieces}});
      fulfilments.push_back(json::object{{"id", part_id({index, i})},
                                         {"state", fulfilment.state},
                                         {"method", fulfilment.method},
                                         {"lines", std::move(parts)}});
    }
    found.push_back(json::object{{"id", id},
                                 {"code", order.code},
                                 {"state", order.state},
                                 {"lines", std::move(lines)},
                                 {"fulfillments", std::move(fulfilments)}});
  }
  items = found.size();
  return data({{"orders", json::object{{"totalItems", found.size()}, {"items", std::move(found)}}}});
}

std::string Shop::add_fulfilment(const Json& variables) {
  const auto& input = variables.at("input");
  const auto refused = [](std::string_view code, std::string_view message) {
    return data({{"addFulfillmentToOrder", json::object{{"errorCode", code}, {"message", message}}}});
  };
  OrderFulfilment fulfilment{"", "", "Pending", {}};
  for (const auto& argument : input.at("handler").at("arguments").as_array()) {
    auto& member = argument.at("name") == "method" ? fulfilment.method : fulfilment.tracking;
    member = std::string(argument.at("value").as_string());
  }
  Order* order = nullptr;
  std::size_t index = 0;
  for (const auto& part : input.at("lines").as_array()) {
    const std::string id(part.at("orderLineId").as_string());
    index = std::stoull(id) - 1;
    order = index < orders_.size() ? &orders_[index] : nullptr;
    const auto position = std::stoull(id.substr(id.find('-') + 1)) - 1;
    if (order == nullptr || position >= order->lines.size())
      return refusal("No OrderLine with the id \"" + id + "\" could be found", "ENTITY_NOT_FOUND");
    const Line& line = order->lines[position];
    const auto pieces = part.at("quantity").as_int64();
    if (pieces > line.quantity - line.fulfilled)
      return refused("ITEMS_ALREADY_FULFILLED_ERROR", "One or more OrderItems are already part of a Fulfillment");
    fulfilment.lines.emplace_back(position, pieces);
  }
  if (order == nullptr) return refused("EMPTY_ORDER_LINE_SELECTION_ERROR", "At least one OrderLine must be specified");
  fulfil(*order, std::move(fulfilment));
  return data({{"addFulfillmentToOrder", json::object{{"id", part_id({index, order->fulfilments.size() - 1})}}}});
}

std::string Shop::set_fulfilment(const Json& variables) {
  const auto [index, position] = part_of(variables.at("created"));
  if (index >= orders_.size() || position >= orders_[index].fulfilments.size())
    return refusal("No Fulfillment with that id could be found", "ENTITY_NOT_FOUND");
  Order& order = orders_[index];
  OrderFulfilment& fulfilment = order.fulfilments[position];
  const std::string state(variables.at("state").as_string());
  if (fulfilment.state == "Cancelled" || fulfilment.state == state)
    return data({{"transitionFulfillmentToState",
                  json::object{{"errorCode", "FULFILLMENT_STATE_TRANSITION_ERROR"},
                               {"message", "Cannot transition Fulfillment"},
                               {"transitionError", "Cannot transition Fulfillment from \"" + fulfilment.state + "\" to \"" +
                                                       state + "\""}}}});
  if (state == "Cancelled")
    take_back(order, fulfilment);
  else
    fulfilment.state = state;
  settle_state(order);
  return data({{"transitionFulfillmentToState", json::object{{"id", variables.at("created")}}}});
}

}  // namespace ferry::portal
