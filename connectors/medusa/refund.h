// Pays back on the portal what people have taken back in the ERP.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// The items are documents of the feed `order_status` with refunds. Medusa refunds a payment as often as it is told to, up to
// what was captured, so every step is decided by looking at the refunds that the order has; ours are known by the return's
// number at the end of their note ("Damaged [SO-12]"). Medusa pays at once, and a refund names no goods. `settings` outlives the
// exchange.
std::unique_ptr<connector::Exchange> make_refund_push(const Settings& settings,
                                                      std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
