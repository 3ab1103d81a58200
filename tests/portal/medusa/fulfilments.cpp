#include "tests/portal/medusa/fulfilments.h"

#include <algorithm>

#include "tests/portal/medusa/request.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

std::string fulfilment_id(std::size_t order, std::size_t index) {
  return "ful_" + std::to_string(order + 1) + "_" + std::to_string(index + 1);
}

json::value date_of(bool is_dated) {
  return is_dated ? json::value("2026-11-29T20:00:00.000Z") : json::value();
}

Goods book(MedusaOrder& order, const Fulfilment& fulfilment, std::int64_t sign) {
  Goods goods;
  for (const auto& [position, pieces] : fulfilment.lines) {
    auto& line = order.lines[position];
    line.fulfilled += sign * pieces;
    goods.emplace_back(line.sku, sign * pieces);
  }
  return goods;
}

Goods create(MedusaOrder& order, std::size_t position, const json::value& body) {
  if (order.is_cancelled)
    throw Problem{400, "invalid_data", "Order with id order_" + std::to_string(position + 1) + " has been canceled."};
  Fulfilment fulfilment;
  fulfilment.shipment = std::string(body.at("metadata").at("erp_shipment").as_string());
  for (const auto& item : body.at("items").as_array()) {
    std::size_t index = 0;
    while (index < order.lines.size() && line_id(position, index) != item.at("id").as_string()) ++index;
    const auto pieces = item.at("quantity").to_number<std::int64_t>();
    const std::string id(item.at("id").as_string());
    if (index == order.lines.size()) throw Problem{400, "invalid_data", "Items with ids " + id + " does not exist in order"};
    if (pieces > order.lines[index].quantity - order.lines[index].fulfilled)
      throw Problem{400, "invalid_data", "Quantity to fulfill exceeds the reserved quantity for the item: " + id};
    fulfilment.lines.emplace_back(index, pieces);
  }
  order.fulfilments.push_back(std::move(fulfilment));
  return book(order, order.fulfilments.back(), 1);
}

Goods set(MedusaOrder& order, Fulfilment& fulfilment, const std::string& what) {
  if (what == "shipments") {
    if (fulfilment.is_canceled) throw Problem{400, "not_allowed", "Cannot create shipment for a canceled fulfillment"};
    if (fulfilment.is_shipped) throw Problem{400, "not_allowed", "Shipment has already been created"};
    fulfilment.is_shipped = true;
    return {};
  }
  if (fulfilment.is_canceled) throw Problem{400, "not_allowed", "The fulfillment is already canceled"};
  if (fulfilment.is_shipped) throw Problem{400, "not_allowed", "Shipped fulfillments cannot be canceled"};
  fulfilment.is_canceled = true;
  return book(order, fulfilment, -1);
}

}  // namespace

bool MedusaOrder::has_fulfilments() const {
  return std::any_of(fulfilments.begin(), fulfilments.end(), [](const auto& one) { return !one.is_canceled; });
}

std::string MedusaOrder::text(std::string_view key) const {
  const auto* value = metadata.if_contains(key);
  return value ? std::string(value->as_string()) : "";
}

std::string line_id(std::size_t order, std::size_t line) {
  return "ordli_" + std::to_string(order + 1) + "_" + std::to_string(line + 1);
}

json::array fulfilments_of(const MedusaOrder& order, std::size_t position) {
  json::array rows;
  for (std::size_t i = 0; i < order.fulfilments.size(); ++i) {
    const auto& fulfilment = order.fulfilments[i];
    json::array items;
    for (const auto& [line, pieces] : fulfilment.lines) {
      items.push_back(json::object{{"line_item_id", line_id(position, line)},
                                   {"inventory_item_id", nullptr},
                                   {"raw_quantity", raw(pieces)}});
    }
    json::value metadata;
    if (!fulfilment.shipment.empty()) metadata = json::object{{"erp_shipment", fulfilment.shipment}};
    rows.push_back(json::object{{"id", fulfilment_id(position, i)},
                                {"metadata", std::move(metadata)},
                                {"shipped_at", date_of(fulfilment.is_shipped)},
                                {"delivered_at", nullptr},
                                {"canceled_at", date_of(fulfilment.is_canceled)},
                                {"items", std::move(items)}});
  }
  return rows;
}

Goods change_fulfilments(MedusaOrder& order, std::size_t position, const std::string& part, const json::value& body) {
  if (part == "fulfillments") return create(order, position, body);
  for (std::size_t i = 0; i < order.fulfilments.size(); ++i) {
    const auto path = "fulfillments/" + fulfilment_id(position, i) + "/";
    if (part.starts_with(path)) return set(order, order.fulfilments[i], part.substr(path.size()));
  }
  throw Problem{404, "not_found", "Fulfillment not found: " + part};
}

Goods fulfil_rest(MedusaOrder& order) {
  Fulfilment rest;
  rest.is_shipped = true;
  for (std::size_t i = 0; i < order.lines.size(); ++i) {
    const auto& line = order.lines[i];
    if (line.quantity > line.fulfilled) rest.lines.emplace_back(i, line.quantity - line.fulfilled);
  }
  if (order.is_cancelled || rest.lines.empty()) return {};
  order.fulfilments.push_back(std::move(rest));
  return book(order, order.fulfilments.back(), 1);
}

std::vector<Parcel> parcels_of(const MedusaOrder& order) {
  std::vector<Parcel> parcels;
  for (const auto& fulfilment : order.fulfilments) {
    if (fulfilment.is_canceled) continue;
    Parcel parcel{fulfilment.shipment, {}, fulfilment.is_shipped};
    for (const auto& [line, pieces] : fulfilment.lines) parcel.pieces[order.lines[line].sku] += pieces;
    parcels.push_back(std::move(parcel));
  }
  return parcels;
}

}  // namespace ferry::portal
