// Reads back the net prices of the ERP's price lists: those of the portal's price lists that Ferry keeps.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Without the list's name, which the ERP knows better, and without what is over; a page for each of the ERP's price lists, in order of its id, because the
// prices of one SKU may stand in a price list for each window. Tiers that follow each other with the same amount come
// back as one. `settings` outlives the survey.
std::unique_ptr<connector::Survey> make_price_list_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_price_list_survey(const Settings& settings, std::span<const std::string> skus);

}  // namespace ferry::medusa
