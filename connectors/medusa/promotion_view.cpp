#include "connectors/medusa/promotion_view.h"

#include <algorithm>

namespace ferry::medusa {
namespace {

struct Rule {
  std::string id, attribute, compared, value;
};

// Rules with several values are no rules of Ferry's: their value is empty. None: they cannot be read.
std::optional<std::vector<Rule>> rules_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const auto* list = find(from, path);
  if (!list || !list->is_array()) return std::nullopt;
  std::vector<Rule> rules;
  for (const auto& each : list->get_array()) {
    const auto* values = find(each, {"values"});
    Rule rule{id_at(each, {"id"}), std::string(text_at(each, {"attribute"})), std::string(text_at(each, {"operator"})),
              ""};
    if (rule.id.empty() || rule.attribute.empty() || rule.compared.empty() || !values || !values->is_array())
      return std::nullopt;
    for (const auto& value : values->get_array()) {
      if (text_at(value, {"value"}).empty()) return std::nullopt;
    }
    if (values->get_array().size() == 1) rule.value = text_at(values->get_array().front(), {"value"});
    rules.push_back(std::move(rule));
  }
  return rules;
}

bool has(const json::value& from, std::initializer_list<std::string_view> path) { return find(from, path) != nullptr; }
bool is(const json::value& from, std::initializer_list<std::string_view> path, const json::value& wanted) {
  const auto* value = find(from, path);
  return value && *value == wanted;
}

// As promotion_body() makes them, for this SKU.
bool read_targets(const std::vector<Rule>& rules, const std::string& sku, ShownPromotion& shown) {
  std::size_t skus = 0, leasts = 0;
  for (const auto& rule : rules) {
    const auto quantity = Decimal::parse(rule.value);
    if (rule.attribute == kSkuRule && rule.compared == "in" && rule.value == sku) {
      ++skus;
    } else if (rule.attribute == kQuantityRule && rule.compared == "gte" && quantity) {
      ++leasts;
      shown.least = *quantity;
    } else if (rule.attribute == kQuantityRule && rule.compared == "lt" && quantity) {
      shown.before = shown.before ? std::min(*shown.before, *quantity) : *quantity;
      shown.before_rules.push_back(rule.id);
    } else {
      return false;
    }
  }
  return skus == 1 && leasts <= 1;
}

bool has_members(const json::value& from) {
  for (const auto* member : {"status", "type"}) {
    if (text_at(from, {member}).empty()) return false;
  }
  for (const auto* member : {"type", "target_type", "allocation"}) {
    if (text_at(from, {"application_method", member}).empty()) return false;
  }
  for (const auto* member : {"is_automatic", "is_tax_inclusive"}) {
    const auto* value = find(from, {member});
    if (!value || !value->is_bool()) return false;
  }
  return has(from, {"limit"}) && has(from, {"campaign_id"}) && has(from, {"application_method", "max_quantity"}) &&
         has(from, {"application_method", "currency_code"});
}

bool is_plain(const json::value& from) {
  return is(from, {"status"}, "active") && is(from, {"type"}, "standard") && is(from, {"is_automatic"}, true) &&
         is(from, {"is_tax_inclusive"}, false) && is(from, {"limit"}, nullptr) &&
         is(from, {"application_method", "type"}, "percentage") &&
         is(from, {"application_method", "target_type"}, "items") &&
         is(from, {"application_method", "allocation"}, "across") &&
         is(from, {"application_method", "max_quantity"}, nullptr) &&
         is(from, {"application_method", "currency_code"}, nullptr);
}

bool read_moment(const json::value& from, std::string_view name, Instant& moment) {
  if (is(from, {name}, nullptr)) return true;
  const auto read = from_iso8601(text_at(from, {name}));
  moment = read.value_or(Instant{});
  return read.has_value();
}

}  // namespace

void PromotionView::add_campaigns(const json::value& body, Instant now) {
  for (const auto& from : array_at(body, {"campaigns"})) {
    ShownCampaign shown;
    shown.id = id_at(from, {"id"});
    const auto identifier = text_at(from, {"campaign_identifier"});
    Window dates;
    is_readable_ = is_readable_ && !shown.id.empty() && !identifier.empty() && has(from, {"budget"}) &&
                   read_moment(from, "starts_at", dates.from) && read_moment(from, "ends_at", dates.until);
    const auto window = window_of(identifier);
    if (!window) continue;
    shown.at = {*window, window->from <= now, window->until != Instant{} && window->until <= now};
    shown.has_budget = !is(from, {"budget"}, nullptr) && !is(from, {"budget", "limit"}, nullptr);
    shown.is_right = dates == *window && !shown.has_budget;
    campaigns_.push_back(std::move(shown));
  }
}

void PromotionView::add_promotions(const json::value& body) {
  for (const auto& from : array_at(body, {"promotions"})) {
    ShownPromotion shown;
    shown.id = id_at(from, {"id"});
    shown.code = text_at(from, {"code"});
    is_readable_ = is_readable_ && !shown.id.empty() && !shown.code.empty() && has(from, {"metadata"});
    const auto list = id_at(from, {"metadata", list_key_});
    const std::string sku(text_at(from, {"metadata", kSkuKey}));
    if (list.empty() || sku.empty() || !shown.code.starts_with(code_prefix())) {
      others_.insert(shown.code);
      continue;
    }
    is_readable_ = is_readable_ && read(from, sku, shown);
    records_[{list, sku}].push_back(std::move(shown));
  }
}

// False: a member is missing, or null where Medusa has a value.
bool PromotionView::read(const json::value& from, const std::string& sku, ShownPromotion& shown) const {
  if (!has_members(from)) return false;
  const auto rules = rules_at(from, {"rules"}), targets = rules_at(from, {"application_method", "target_rules"});
  const auto percent = number_at(from, {"application_method", "value"});
  if (!rules || !targets || !percent) return false;
  shown.percent = *percent;
  const bool is_for_one_group =
      rules->size() == 1 && rules->front().attribute == kGroupRule && rules->front().compared == "in";
  if (is_for_one_group) shown.group = rules->front().value;
  place(from, shown);
  shown.is_in_order = read_targets(*targets, sku, shown) && is_plain(from) && shown.is_in_order;
  return true;
}

// In its window. A promotion whose campaign was deleted is valid at any time, whatever the campaign had said.
void PromotionView::place(const json::value& from, ShownPromotion& shown) const {
  const auto id = id_at(from, {"campaign_id"});
  const auto found =
      std::find_if(campaigns_.begin(), campaigns_.end(), [&](const auto& campaign) { return campaign.id == id; });
  shown.at.has_begun = true;
  shown.is_in_order = id.empty() || found != campaigns_.end();
  if (found == campaigns_.end()) return;
  shown.at = found->at;
  shown.is_window_right = found->is_right;
}

const ShownCampaign* PromotionView::campaign(const Window& window) const noexcept {
  const auto found = std::find_if(campaigns_.begin(), campaigns_.end(),
                                  [&](const auto& campaign) { return campaign.at.window == window; });
  return found == campaigns_.end() ? nullptr : &*found;
}

std::string PromotionView::others_code(const std::string& list, const std::string& sku) const {
  const auto prefix = code_prefix(list, sku);
  const auto found = others_.lower_bound(prefix);
  return found != others_.end() && found->starts_with(prefix) ? *found : std::string();
}

const std::vector<ShownPromotion>& PromotionView::of(const std::string& list, const std::string& sku) const noexcept {
  static const std::vector<ShownPromotion> none;
  const auto found = records_.find({list, sku});
  return found == records_.end() ? none : found->second;
}

}  // namespace ferry::medusa
