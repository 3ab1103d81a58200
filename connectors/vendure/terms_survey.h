// Reads back what those whom a price list is for pay: discounts and fixed net prices.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// Discounts by the promotions that carry a key, page by page in order of id, first those alone that begin a record and
// then all of these records. A record is shown with the tiers that its promotions are made from; where a promotion is
// not as Ferry made it, with what no document has.
std::unique_ptr<connector::Survey> make_discount_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_discount_survey(const Settings& settings, std::span<const std::string> skus);

// Every variant in the channel of a price list, one channel after the other, with its amount alone: the portal knows of
// no quantities and windows.
std::unique_ptr<connector::Survey> make_fixed_price_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_fixed_price_survey(const Settings& settings, std::span<const std::string> skus);

}  // namespace ferry::vendure
