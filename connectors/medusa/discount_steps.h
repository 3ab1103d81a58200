// What is to be done, request by request, so that the portal shows a discount.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/medusa/discount_document.h"
#include "connectors/medusa/promotion_plan.h"
#include "connectors/medusa/promotion_view.h"

namespace ferry::medusa {

// In the order in which they are done: at no time does a customer get two percentages of a record for one quantity.
struct DiscountStep {
  enum class Kind : std::uint8_t {
    remove = 1,     // the promotion
    make_group,     // of the price list
    make_campaign,  // of `planned.window`
    mend_campaign,  // of `id`, to `planned.window`
    narrow,         // the promotion to quantities before `planned.before`
    widen,          // the same, or to any quantity
    change,         // the percentage
    create,
  };
  Kind kind{};
  std::string id;           // of what exists
  std::vector<std::string> before_rules;  // of the promotion's rules for its greatest quantity
  bool has_budget = false;  // the campaign
  PlannedPromotion planned;
};

// `group`: id of the customer group of the price list; empty: there is none yet.
std::vector<DiscountStep> steps_to(const WantedDiscount& wanted, const std::vector<PlannedPromotion>& plan,
                                   const std::string& group, const PromotionView& view);

}  // namespace ferry::medusa
