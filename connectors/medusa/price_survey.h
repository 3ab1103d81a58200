// Reads back the list prices and costs that the portal shows, one page at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Of the variants that have one: prices in the currency `price_currency`. In order of id, as make_stock_survey().
// Precondition: `feed` is list_price or cost. `settings` outlives the survey.
std::unique_ptr<connector::Survey> make_amount_survey(const Settings& settings, Feed feed, std::string_view cursor);
std::unique_ptr<connector::Survey> make_amount_survey(const Settings& settings, Feed feed,
                                                      std::span<const std::string> skus);

}  // namespace ferry::medusa
