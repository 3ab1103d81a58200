// Reads back what the portal shows, one page at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// A page of 1000 keeps the portal, which does one thing at a time, busy for two seconds.
inline constexpr std::int64_t kSurveyPage = 200;
std::int64_t offset_of(std::string_view cursor);  // 0 where it is none

// The number on hand of every variant, at the channel's location or at each of its locations: what the stock feed sets.
// Never stockAllocated, which Vendure loses count of. In order of id, by offset: new variants join at the end, a
// deletion shifts the rest by one, and what a page missed for it is found by its SKU. `settings` outlives the survey.
std::unique_ptr<connector::Survey> make_stock_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_stock_survey(const Settings& settings, std::span<const std::string> skus);

// The list price of every variant, or its cost (`feed`), in the currency that these feeds set; variants that have none
// are missing. In the same order.
std::unique_ptr<connector::Survey> make_amount_survey(const Settings& settings, Feed feed, std::string_view cursor);
std::unique_ptr<connector::Survey> make_amount_survey(const Settings& settings, Feed feed,
                                                      std::span<const std::string> skus);

// Variants that are enabled, with those members of the product's document that Vendure itself has; the description only
// of a product's only variant. In the same order.
std::unique_ptr<connector::Survey> make_product_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_product_survey(const Settings& settings, std::span<const std::string> skus);

// Customers that carry a party's code, with those members of the customer's document that Vendure itself has. In order
// of id as well.
std::unique_ptr<connector::Survey> make_customer_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_customer_survey(const Settings& settings, std::span<const std::string> codes);

// Orders placed in the window with the ERP's number that they carry, and none of their content.
std::unique_ptr<connector::Survey> make_order_survey(const Settings& settings, const connector::Window& window,
                                                     std::string_view cursor);
std::unique_ptr<connector::Survey> make_order_survey(const Settings& settings, std::span<const std::string> codes);

}  // namespace ferry::vendure
