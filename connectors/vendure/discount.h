// Pushes discounts: each is promotions of its own, for the customer group of its price list.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "connectors/vendure/promotion_plan.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// A promotion belongs to one record and is known by its key in the custom field `promotion_key_field`, which is unique:
// so a request that is applied late or twice changes nothing but that record, which is looked at again. One promotion
// for all products of a percentage would be fewer, but a late request would put back what other records confirmed
// since, and a quantity would be counted over all its products together.
//
// Promotions without such a key are people's own and never touched. One that is needed no more is switched off and kept
// for the next time, because orders refer to it and a deleted one keeps its unique key. Quantity breaks that Vendure
// cannot add up, and too many of them, are rejected.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_discount_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);

// Empty, or which setting is not the name of a custom field.
std::string promotion_fields_problem(const Settings& settings);

// What is seen of a record beside its promotions.
struct PromotionSurroundings {
  std::string variant, group, language;  // "": there is none
  std::size_t variants = 0;              // that carry the SKU
};
// None: the answer cannot be read.
std::optional<PromotionSurroundings> surroundings_of(const json::value& data, const std::string& sku,
                                                     const std::string& list);
// The promotion of that key; null: there is none.
const json::value* find_promotion(const json::value& data, const Settings& settings, const std::string& key);

// The look at all promotions, variants and groups that these records can have.
connector::HttpRequest promotions_look(const Settings& settings, std::span<const PromotionKey> records);
inline constexpr std::size_t kMostLooked = 100;  // records at once: Vendure lists 1000 promotions

}  // namespace ferry::vendure
