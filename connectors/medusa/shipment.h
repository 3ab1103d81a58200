// Tells the portal what the ERP has sent of an order: a fulfilment for each shipment, marked as shipped with its tracking.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// The items are documents of the feed `order_status` with shipments. Medusa neither refuses a fulfilment that is made
// twice nor locks the order, so every step is decided by looking at the fulfilments that the order has; ours are known
// by the shipment's number in their metadata (`erp_shipment`). Each is made and then marked as shipped; one that another
// program made is left as it is. Goods leave the location `stock_location`, where the channel's stock is kept; without
// that setting those where Medusa has reserved them, and the parcel is of the location of the order's shipping option.
// An order that somebody is editing is looked at again later. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_shipment_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
