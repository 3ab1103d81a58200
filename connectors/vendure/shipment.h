// Tells the portal what the ERP has sent of an order: a fulfilment for each shipment, with its carrier and tracking.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// The items are documents of the feed `order_status` with shipments. Vendure's addFulfillmentToOrder may be repeated as
// often as there are pieces left, so every step is decided by looking at the fulfilments that the order has; ours are
// known by the shipment's number behind the carrier in `method` ("DHL [S-12]"). Not in `trackingCode`, from which the
// customer's link is made, and not in a custom field: the API that creates a fulfilment takes none. Each is made Shipped;
// one that another program made is left as it is. An order that is not paid for yet, or that somebody is editing, is
// looked at again later. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_shipment_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);
}  // namespace ferry::vendure
