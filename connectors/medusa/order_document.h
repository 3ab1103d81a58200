// Medusa's order as ferry.order/1 (host-api/include/ferry/schemas/order.md).
#pragma once

#include <optional>
#include <string>

#include "connectors/medusa/json.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// `order` is one row of kOrdersTarget. Its reference is the display id, by which the portal's users know it; its state is
// the payment status ("captured"), or "canceled". Acknowledged is what is in one of the channel's payment states or costs
// nothing, and is not cancelled.
//
// Medusa does not round: what it charges is its exact total to the digits of the currency, and so is every amount here.
// A number that cannot be read becomes 0, so that the ERP reviews the order rather than Ferry guessing; of what the
// portal still holds back, 0 is the side on which nothing is sold twice. Empty only without id, display id or date.
std::optional<connector::PulledOrder> read_order(const json::value& order, const Settings& settings);
// For a person: which one it is that read_order() cannot tell from others.
std::string name_unread(const json::value& order);

}  // namespace ferry::medusa
