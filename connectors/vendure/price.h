// Pushes what one piece of a variant sells for and what it costs: looks at what the portal shows, sets what differs.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// The base price of each variant in one currency; promotions, and prices in other currencies, are never touched. A
// price that the ERP withdraws stays as it is, because Vendure has no variant without a price: not to sell it is the
// product feed's business. What no record can mend ends in `unauthorized`, which stops the job and spares the records:
// a channel of the portal that counts tax otherwise than the ERP's prices do, or that does not sell in their currency.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_price_push(const Settings& settings,
                                                     std::span<const connector::OutboundItem> items);

// The cost, in the variant's custom field `cost_field`, which has no currency of its own: it is the one of the list
// prices. A cost that the ERP withdraws is taken off the portal.
std::unique_ptr<connector::Exchange> make_cost_push(const Settings& settings,
                                                    std::span<const connector::OutboundItem> items);

}  // namespace ferry::vendure
