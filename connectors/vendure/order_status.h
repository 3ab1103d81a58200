// Pushes what the portal should know of an order: its number in the ERP first, then what was sent, or that it was
// cancelled there where the channel says so.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// An order whose number does not stay is neither fulfilled nor cancelled: it is tried again as a whole. `settings`
// outlives the exchange.
std::unique_ptr<connector::Exchange> make_order_status_push(const Settings& settings,
                                                            std::span<const connector::OutboundItem> items);

}  // namespace ferry::vendure
