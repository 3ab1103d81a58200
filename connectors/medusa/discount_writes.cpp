#include "connectors/medusa/discount_writes.h"

#include <algorithm>

#include "connectors/medusa/list_group.h"
#include "connectors/medusa/rest.h"

namespace ferry::medusa {
namespace {

using Kind = DiscountStep::Kind;

std::string target_of(const DiscountStep& step) { return "/admin/promotions/" + encoded(step.id); }

// The rule for the quantity at which a promotion ends is made, changed or taken away; of several one remains.
json::object bound_change(const DiscountStep& step) {
  const auto& before = step.planned.before;
  json::object change;
  json::array superfluous;
  for (const auto& id : step.before_rules) {
    if (before && change.empty())
      change["update"] = json::array{json::object{{"id", id}, {"values", json::array{before->text()}}}};
    else
      superfluous.emplace_back(id);
  }
  if (before && change.empty()) change["create"] = json::array{rule(kQuantityRule, "lt", before->text())};
  if (!superfluous.empty()) change["delete"] = std::move(superfluous);
  return change;
}

bool confirms_bound(const DiscountStep& step, const json::value& body) {
  const auto& deleted = array_at(body, {"deleted", "ids"});
  const auto is_deleted = [&](const std::string& id) {
    return std::find(deleted.begin(), deleted.end(), json::value(id)) != deleted.end();
  };
  const auto kept = step.before_rules.begin() + (step.planned.before && !step.before_rules.empty() ? 1 : 0);
  if (!std::all_of(kept, step.before_rules.end(), is_deleted)) return false;
  if (!step.planned.before) return true;
  const auto& written = array_at(body, {step.before_rules.empty() ? "created" : "updated"});
  if (written.size() != 1) return false;
  const auto& values = array_at(written.front(), {"values"});
  return values.size() == 1 && text_at(values.front(), {"value"}) == step.planned.before->text();
}

template <class Key>
bool remember(std::map<Key, std::string>& made, const Key& key, std::string id) {
  if (id.empty()) return false;
  made[key] = std::move(id);
  return true;
}

}  // namespace

std::optional<connector::HttpRequest> DiscountWrites::request(const WantedDiscount& wanted,
                                                              const DiscountStep& step) const {
  switch (step.kind) {
    case Kind::remove: return remove(settings_, target_of(step));
    case Kind::make_group:
      if (made_groups_.contains(wanted.list)) return std::nullopt;
      return new_group(settings_, wanted.list, group_name(wanted.list, wanted.list_name));
    case Kind::make_campaign:
    case Kind::mend_campaign:
      if (made_campaigns_.contains(step.planned.window)) return std::nullopt;
      return campaign_request(step);
    case Kind::narrow:
    case Kind::widen: return post(settings_, target_of(step) + "/target-rules/batch", bound_change(step));
    case Kind::change:
      return post(settings_, target_of(step) + "?fields=id,application_method.value",
                  json::object{{"application_method", json::object{{"value", *number_of(step.planned.percent)}}}});
    case Kind::create: break;
  }
  return creation(wanted, step.planned);
}

connector::HttpRequest DiscountWrites::campaign_request(const DiscountStep& step) const {
  const auto& window = step.planned.window;
  auto body = campaign_body(window);
  if (step.kind == Kind::mend_campaign) {
    if (step.has_budget) body["budget"] = json::object{{"limit", nullptr}};
    return post(settings_, "/admin/campaigns/" + encoded(step.id) + "?fields=id", body);
  }
  body["name"] = campaign_name(window);
  body["campaign_identifier"] = campaign_identifier(window);
  return post(settings_, "/admin/campaigns?fields=id", body);
}

connector::HttpRequest DiscountWrites::creation(const WantedDiscount& wanted, const PlannedPromotion& planned) const {
  const auto made_group = made_groups_.find(wanted.list);
  const auto& shown_groups = groups_.groups(wanted.list);
  std::string group, campaign;
  if (made_group != made_groups_.end())
    group = made_group->second;
  else if (!shown_groups.empty())
    group = shown_groups.front().id;
  if (const auto made = made_campaigns_.find(planned.window); made != made_campaigns_.end())
    campaign = made->second;
  else if (const auto* shown = view_.campaign(planned.window))
    campaign = shown->id;
  return post(settings_, "/admin/promotions?fields=id,code",
              promotion_body(wanted, planned, settings_.price_list_key, group, campaign));
}

bool DiscountWrites::confirms(const WantedDiscount& wanted, const DiscountStep& step, const json::value& body) {
  switch (step.kind) {
    case Kind::remove: return id_at(body, {"id"}) == step.id;
    case Kind::make_group: return remember(made_groups_, wanted.list, id_at(body, {"customer_group", "id"}));
    case Kind::make_campaign:
    case Kind::mend_campaign: return remember(made_campaigns_, step.planned.window, id_at(body, {"campaign", "id"}));
    case Kind::narrow:
    case Kind::widen: return confirms_bound(step, body);
    case Kind::change: return number_at(body, {"promotion", "application_method", "value"}) == step.planned.percent;
    case Kind::create: break;
  }
  return text_at(body, {"promotion", "code"}) == code_of(wanted, step.planned);
}

}  // namespace ferry::medusa
