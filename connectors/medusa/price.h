// Pushes list prices and costs: looks at what the portal shows of the variants, then sets what differs.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// The base price of each variant in one currency. Medusa takes a variant's prices as a whole, so those in other
// currencies, of larger quantities and of regions are sent back as they stand; sales and customers' prices are price
// lists, which nothing here touches. What no record can mend (a currency that the store does not sell in, tax counted
// otherwise) ends in `unauthorized`, which stops the job and spares the records. A price that the ERP withdraws stays:
// not to sell it is the product feed's business. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_price_push(const Settings& settings,
                                                     std::span<const connector::OutboundItem> items);

// The cost, for which Medusa has no field: {"amount":"7.5","currency":"EUR"} under the key `cost_key` of the variant's
// metadata, whose other keys stay. A cost that the ERP withdraws is taken off the portal.
std::unique_ptr<connector::Exchange> make_cost_push(const Settings& settings,
                                                    std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
