// Pushes net prices of the ERP's price lists: as Medusa's own price lists of the type `override`, for the customer group
// that stands for the ERP's price list.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// What does not exist is made: a customer group for each of the ERP's lists, and a price list for each of its windows.
// They are known by the ERP's id of the list under `price_list_key` of their metadata, never by their names; whatever
// lacks it is a person's and is left alone. What stands in a price list that has it is Ferry's. Prices whose window is
// still to come are sent ahead; those whose window is over are left, since they do nothing.
// What no record can mend (a currency that the store does not sell in, prices that hold tax) ends in `unauthorized`.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_price_list_push(const Settings& settings,
                                                          std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
