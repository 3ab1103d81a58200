#include "connectors/medusa/promotion_plan.h"

#include <algorithm>

namespace ferry::medusa {
namespace {

constexpr std::string_view kMark = "erp/";

std::string problem_of(const Tier& tier, const Tier* next) {
  if (tier.amount > Decimal(100))
    return "is " + tier.amount.text() + " %, and Medusa takes off 100 % at most; correct the price list's line";
  if (!number_of(tier.amount)) return "has a percentage of more digits than Medusa keeps exactly (15)";
  if (next && next->quantity <= tier.quantity)
    return "has several percentages at the same time from quantity " + tier.quantity.text() +
           " on; correct the price list's lines";
  return "";
}

bool continues(const PlannedPromotion& earlier, const PlannedPromotion& later) {
  return earlier.least == later.least && earlier.before == later.before && earlier.percent == later.percent &&
         later.window.from != Instant{} && earlier.window.until == later.window.from;
}

void add(std::vector<PlannedPromotion>& all, PlannedPromotion next) {
  const auto earlier = std::find_if(all.begin(), all.end(), [&](const auto& each) { return continues(each, next); });
  if (earlier == all.end())
    all.push_back(std::move(next));
  else
    earlier->window.until = next.window.until;
}

}  // namespace

std::optional<std::vector<PlannedPromotion>> plan_promotions(const WantedDiscount& wanted, std::string& problem) {
  std::vector<PlannedPromotion> all;
  for (const auto& [window, tiers] : by_window(wanted.tiers)) {
    for (std::size_t i = 0; i < tiers.size(); ++i) {
      const auto* next = i + 1 < tiers.size() ? tiers[i + 1] : nullptr;
      if (auto why = problem_of(*tiers[i], next); !why.empty()) {
        problem = name_of(wanted) + " " + why;
        return std::nullopt;
      }
      if (tiers[i]->amount.is_zero()) continue;
      add(all, {tiers[i]->quantity, next ? std::optional(next->quantity) : std::nullopt, window, tiers[i]->amount});
    }
  }
  return all;
}

std::string code_prefix(std::string_view list, std::string_view sku) {
  std::string prefix(kMark);
  if (!list.empty()) prefix.append(list).append("/");
  if (!sku.empty()) prefix.append(sku).append("/");
  return prefix;
}

std::string code_of(const WantedDiscount& wanted, const PlannedPromotion& planned) {
  auto code = code_prefix(wanted.list, wanted.sku) + planned.least.text() + "+";
  if (planned.window != Window{}) code += "/" + text_of(planned.window.from) + "/" + text_of(planned.window.until);
  return code;
}

json::object rule(std::string_view attribute, std::string_view compared, std::string_view value) {
  return {{"attribute", attribute}, {"operator", compared}, {"values", json::array{value}}};
}

json::object promotion_body(const WantedDiscount& wanted, const PlannedPromotion& planned, std::string_view list_key,
                            const std::string& group, const std::string& campaign) {
  json::array targets{rule(kSkuRule, "in", wanted.sku)};
  if (!planned.least.is_zero()) targets.push_back(rule(kQuantityRule, "gte", planned.least.text()));
  if (planned.before) targets.push_back(rule(kQuantityRule, "lt", planned.before->text()));
  json::object body{{"code", code_of(wanted, planned)},
                    {"type", "standard"},
                    {"status", "active"},
                    {"is_automatic", true},
                    {"rules", json::array{rule(kGroupRule, "in", group)}},
                    {"application_method", json::object{{"type", "percentage"},
                                                        {"target_type", "items"},
                                                        {"allocation", "across"},
                                                        {"value", *number_of(planned.percent)},
                                                        {"target_rules", std::move(targets)}}},
                    {"metadata", json::object{{list_key, wanted.list}, {kSkuKey, wanted.sku}}}};
  if (!campaign.empty()) body["campaign_id"] = campaign;
  return body;
}

std::string campaign_identifier(const Window& window) {
  return std::string(kMark) + text_of(window.from) + "/" + text_of(window.until);
}

std::optional<Window> window_of(std::string_view identifier) {
  if (!identifier.starts_with(kMark)) return std::nullopt;
  identifier.remove_prefix(kMark.size());
  const auto slash = identifier.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const Window window{from_iso8601(identifier.substr(0, slash)).value_or(Instant{}),
                      from_iso8601(identifier.substr(slash + 1)).value_or(Instant{})};
  return campaign_identifier(window) == std::string(kMark).append(identifier) ? std::optional(window) : std::nullopt;
}

json::object campaign_body(const Window& window) {
  return {{"starts_at", moment_of(window.from)}, {"ends_at", moment_of(window.until)}};
}

std::string campaign_name(const Window& window) {
  std::string name = "ERP price lists";
  if (window.from != Instant{}) name += " from " + text_of(window.from);
  if (window.until != Instant{}) name += " until " + text_of(window.until);
  return name;
}

}  // namespace ferry::medusa
