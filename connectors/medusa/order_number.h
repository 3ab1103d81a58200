// Writes the ERP's order number into the metadata of the portal's order, and makes sure that it stays; with it the sale's
// state, its invoices, and what will never be sent, under the keys that the channel names.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Looks first: an order that already carries all of it is `delivered` without a write, because every write moves the
// order's updated_at. Medusa merges metadata key by key, so nobody else's keys are touched; it does so in two steps, so
// after writing this waits a moment and reads back: only a number that is still there is `delivered`. `settings`
// outlives the exchange.
std::unique_ptr<connector::Exchange> make_order_number_push(const Settings& settings,
                                                            std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
