// Reads back what the portal shows, one page at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// The quantity in stock of every inventory item, at the channel's location or at each of its locations: what the stock
// feed sets. In order of id, by offset: ids ascend with time, so new items join at the end; what a deletion hides from a
// page is found by its SKU. `settings` outlives the survey.
std::unique_ptr<connector::Survey> make_stock_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_stock_survey(const Settings& settings, std::span<const std::string> skus);

// Orders placed in the window with the ERP's number that they carry, and none of their content.
std::unique_ptr<connector::Survey> make_order_survey(const Settings& settings, const connector::Window& window,
                                                     std::string_view cursor);
// Medusa has no filter for its display ids, by which orders are known, but sorts by them: each is looked for by halving.
std::unique_ptr<connector::Survey> make_order_survey(const Settings& settings, std::span<const std::string> numbers);

}  // namespace ferry::medusa
