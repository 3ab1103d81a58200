// Writes the ERP's order number into the custom field of the portal's order, and makes sure that it stays; with it what
// else the channel names a custom field for: the sale's state, its invoices, what will never be sent.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// Looks first: an order that already carries all of it is `delivered` without a write. After writing it waits a moment
// and reads back, because Vendure loses a custom field that is set while the order changes its state (it saves the
// whole order as it was read before): only a number that is still there is `delivered`. `settings` outlives the
// exchange.
std::unique_ptr<connector::Exchange> make_order_number_push(const Settings& settings,
                                                            std::span<const connector::OutboundItem> items);

}  // namespace ferry::vendure
