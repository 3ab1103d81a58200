// Pushes products: looks at what the portal shows, then creates, changes, enables and disables one record at a time.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// What is done is product_step.h's matter. Nothing that is created can be created twice: each change is followed by a
// look, a change whose answer is lost by the look of the next attempt, and the field is unique on the portal.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_product_push(const Settings& settings,
                                                       std::span<const connector::OutboundItem> items);

// The custom fields that products need. `problem`: a setting is not the name of one.
CatalogueFields catalogue_fields(const Settings& settings, std::string& problem);

}  // namespace ferry::vendure
