// Reads back the discounts of the ERP's price lists: those of the promotions that Ferry keeps.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Without the list's name, which the ERP knows better, and without what is over; a page for each of the ERP's price
// lists, in order of its id, because a record is several promotions. What is not as Ferry makes it comes back as a tier
// that no document has. `settings` outlives the survey.
std::unique_ptr<connector::Survey> make_discount_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_discount_survey(const Settings& settings, std::span<const std::string> skus);

}  // namespace ferry::medusa
