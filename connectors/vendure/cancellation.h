// Cancels what the ERP has cancelled before anything of it was sent.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// The items are documents of the feed `order_status` of cancelled orders. Looks first: what is cancelled there is
// `delivered`, and what is fulfilled there is for a person, because the goods are with the customer or on their way.
// Vendure releases the stock and leaves the payment as it is. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_cancellation_push(const Settings& settings,
                                                            std::span<const connector::OutboundItem> items);

}  // namespace ferry::vendure
