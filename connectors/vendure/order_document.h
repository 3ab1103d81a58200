// Vendure's order as ferry.order/1 (host-api/include/ferry/schemas/order.md).
#pragma once

#include <optional>
#include <string>

#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// `order` is one item of orders_query(). Whatever is missing or odd becomes empty text, zero or an absent member; empty
// only without code or id, by which alone an order can be told from another.
//
// Each line has one member beyond the schema: `open_quantity`, what is neither fulfilled nor cancelled, for which the
// portal still holds stock back.
std::optional<connector::PulledOrder> read_order(const json::value& order, const Settings& settings);
// For a person: which one it is that read_order() cannot tell from others.
std::string name_unread(const json::value& order);

}  // namespace ferry::vendure
