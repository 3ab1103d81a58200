// What promotions a discount is on the portal, and whether a promotion is as it should be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/json.h"
#include "connectors/vendure/tiers_document.h"

namespace ferry::vendure {

// Vendure adds up all promotions that apply. So the one of a greater quantity gives only what it gives beyond the
// smaller ones, and its windows are cut wherever theirs are.
struct PromotionStep {
  std::int32_t pieces = 1;  // from so many on
  Decimal percent;          // more than the steps of fewer pieces give
  std::optional<Instant> from, until;
  friend bool operator==(const PromotionStep&, const PromotionStep&) = default;
};

inline constexpr std::size_t kMostSteps = 10;  // of one record: so its promotions can be asked for by their keys

// None: `problem` says what the portal cannot show, and the remedy.
std::optional<std::vector<PromotionStep>> plan_promotions(const std::vector<Tier>& tiers, std::string& problem);

// A promotion of Ferry's carries a key: price list, number of the step from 1 on, SKU.
std::string promotion_key(std::string_view list, std::size_t number, std::string_view sku);
struct PromotionKey {
  std::string list, sku;
  std::size_t number = 0;
};
std::optional<PromotionKey> parse_promotion_key(std::string_view key);

// Everything that a step's promotion consists of, as the portal takes it, but its key.
struct PromotionParts {
  std::string name, tiers_text, variant, group, language;  // ids of variant and customer group
};
json::object promotion_input(const PromotionStep& step, const PromotionParts& parts, std::string_view tiers_field);
// Shown as promotion_input() says. None: the answer cannot be read.
std::optional<bool> is_as_planned(const json::value& promotion, const json::object& input);

std::string promotion_name(const TiersDocument& document, const PromotionStep& step);

}  // namespace ferry::vendure
