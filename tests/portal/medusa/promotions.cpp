#include "tests/portal/medusa/promotions.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "plugin/domain/decimal.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kPromotions = "/admin/promotions", kCampaigns = "/admin/campaigns";
constexpr std::string_view kSummer =
    R"({"code":"SUMMER","type":"standard","status":"active","is_automatic":true,"metadata":null,"rules":[],)"
    R"("application_method":{"type":"percentage","target_type":"items","allocation":"across","value":3,)"
    R"("target_rules":[]}})";

std::string text(const json::value& from, std::string_view name) { return std::string(from.at(name).as_string()); }

json::value page(std::string_view name, json::array rows, std::size_t count) {
  return json::object{{name, std::move(rows)}, {"count", count}};
}

// What SQL's LIKE finds by a pattern that ends with '%'.
bool is_like(std::string_view code, std::string_view pattern) {
  std::string beginning;
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '\\') ++i;
    beginning += pattern[i];
  }
  return code.starts_with(beginning);
}

// The value of the rule; empty: there is none.
std::string rule_in(const json::value& rules, std::string_view attribute, std::string_view compared) {
  for (const auto& rule : rules.as_array()) {
    if (rule.at("attribute") == json::value(attribute) && rule.at("operator") == json::value(compared))
      return text(rule.at("values").at(0), "value");
  }
  return "";
}

std::string sku_of(const json::object& promotion) {
  return rule_in(promotion.at("application_method").at("target_rules"), "items.variant_sku", "in");
}

// The smallest percentage of the simulation is a whole one.
std::string percent_of(const json::object& promotion) {
  return std::to_string(promotion.at("application_method").at("value").to_number<std::int64_t>());
}

}  // namespace

Promotions::Promotions() {
  create(json::parse(kSummer).as_object(), [](const auto&) { return false; });
}

bool Promotions::is_left_alone() const {
  const auto& summer = promotions_.front();
  return summer.at("code") == "SUMMER" && percent_of(summer) == "3" && summer.at("status") == "active";
}

std::optional<json::value> Promotions::ask(const connector::HttpRequest& request, const Target& target,
                                           const Refuses& refuses, const IsGroup& is_group,
                                           std::vector<NowShown>& shown) {
  const bool is_read = request.method == "GET";
  const auto body = request.body.empty() ? json::value() : json::parse(request.body);
  const auto rest_of = [&](std::string_view path) {
    return target.path.substr(std::min(target.path.size(), path.size() + 1));
  };
  if (target.path == kCampaigns)
    return is_read ? page("campaigns", campaigns_, campaigns_.size()) : create_campaign(body);
  if (target.path.starts_with(kCampaigns)) return set_campaign(rest_of(kCampaigns), body);
  if (!target.path.starts_with(kPromotions)) return std::nullopt;
  if (is_read) return list(target);
  std::string sku;
  json::value answer;
  if (target.path == kPromotions) {
    const auto id = create(body.as_object(), refuses);
    sku = sku_of(promotions_.back());
    answer = json::object{{"promotion", json::object{{"id", id}, {"code", body.at("code")}}}};
  } else {
    const auto rest = rest_of(kPromotions);
    auto* promotion = find(rest.substr(0, rest.find('/')));
    const bool is_removal = request.method == "DELETE";
    if (!promotion && is_removal) return json::object{{"id", rest}, {"object", "promotion"}, {"deleted", true}};
    if (!promotion) throw Problem{404, "not_found", "Promotion id not found: " + rest};
    sku = sku_of(*promotion);
    if (is_removal) {
      answer = json::object{{"id", rest}, {"object", "promotion"}, {"deleted", true}};
      promotions_.erase(promotions_.begin() + (promotion - promotions_.data()));
    } else if (refuses(sku)) {
      throw Problem{400, "invalid_data", "a check constraint was violated"};
    } else if (rest.ends_with("/target-rules/batch")) {
      answer = set_rules(*promotion, body);
    } else {
      set(*promotion, body);
      answer = json::object{{"promotion", *promotion}};
    }
  }
  shown.push_back({Feed::discount, sku, percent(sku, "0", is_group), true});
  return answer;
}

json::value Promotions::list(const Target& target) const {
  json::array rows;
  for (const auto& promotion : promotions_) {
    const std::string_view code = promotion.at("code").as_string();
    const bool is_asked_for = std::any_of(target.query.begin(), target.query.end(), [&](const auto& filter) {
      return filter.first.starts_with("$or[") && filter.first.ends_with("[code][$like]") &&
             is_like(code, filter.second);
    });
    if (is_asked_for) rows.push_back(promotion);
  }
  const auto count = rows.size();
  const auto skip = std::min(count, static_cast<std::size_t>(target.number("offset")));
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(skip));
  if (std::ssize(rows) > target.number("limit")) rows.resize(static_cast<std::size_t>(target.number("limit")));
  return page("promotions", std::move(rows), count);
}

json::object* Promotions::find(std::string_view id) {
  const auto found = std::find_if(promotions_.begin(), promotions_.end(),
                                  [&](const auto& promotion) { return promotion.at("id") == json::value(id); });
  return found == promotions_.end() ? nullptr : &*found;
}

json::object Promotions::made_rule(const json::value& given) {
  json::array values;
  for (const auto& value : given.at("values").as_array()) values.push_back(json::object{{"value", value}});
  return {{"id", "prorul_" + std::to_string(++given_)},
          {"attribute", given.at("attribute")},
          {"operator", given.at("operator")},
          {"values", std::move(values)}};
}

// The id.
std::string Promotions::create(const json::object& given, const Refuses& refuses) {
  for (const auto& other : promotions_) {
    if (other.at("code") == given.at("code"))
      throw Problem{400, "invalid_data", "Promotion with code: " + text(given, "code") + ", already exists."};
  }
  auto promotion = given;
  const auto id = "promo_" + std::to_string(++given_);
  promotion["id"] = id;
  for (const char* name : {"campaign_id", "limit", "metadata"}) promotion.emplace(name, nullptr);
  promotion["is_tax_inclusive"] = false;
  auto& method = promotion.at("application_method").as_object();
  for (const char* name : {"max_quantity", "currency_code"}) method[name] = nullptr;
  for (auto* rules : {&promotion.at("rules").as_array(), &method.at("target_rules").as_array()}) {
    for (auto& rule : *rules) rule = made_rule(rule);
  }
  if (refuses(sku_of(promotion))) throw Problem{400, "invalid_data", "a check constraint was violated"};
  promotions_.push_back(std::move(promotion));
  return id;
}

void Promotions::set(json::object& promotion, const json::value& body) {
  for (const auto& [name, value] : body.as_object()) {
    if (name != "application_method") {
      promotion[name] = value;
      continue;
    }
    for (const auto& [member, given] : value.as_object()) promotion.at(name).as_object()[member] = given;
  }
}

json::value Promotions::set_rules(json::object& promotion, const json::value& body) {
  auto& rules = promotion.at("application_method").at("target_rules").as_array();
  const auto& change = body.as_object();
  json::array created, updated, deleted;
  const auto with_id = [&](const json::value& id) {
    return std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.at("id") == id; });
  };
  if (const auto* given = change.if_contains("create")) {
    for (const auto& rule : given->as_array()) created.push_back(rules.emplace_back(made_rule(rule)));
  }
  if (const auto* given = change.if_contains("update")) {
    for (const auto& rule : given->as_array()) {
      const auto found = with_id(rule.at("id"));
      if (found == rules.end())
        throw Problem{400, "invalid_data", "Promotion rules with id - " + text(rule, "id") + " not found"};
      found->at("values").at(0).at("value") = rule.at("values").at(0);
      updated.push_back(*found);
    }
  }
  if (const auto* given = change.if_contains("delete")) {
    for (const auto& id : given->as_array()) {
      if (const auto found = with_id(id); found != rules.end()) rules.erase(found);
      deleted.push_back(id);
    }
  }
  return json::object{{"created", std::move(created)},
                      {"updated", std::move(updated)},
                      {"deleted", json::object{{"ids", std::move(deleted)}}}};
}

json::value Promotions::create_campaign(const json::value& body) {
  for (const auto& other : campaigns_) {
    if (other.at("campaign_identifier") == body.at("campaign_identifier"))
      throw Problem{
          400, "invalid_data",
          "Promotion campaign with campaign_identifier: " + text(body, "campaign_identifier") + ", already exists."};
  }
  auto campaign = body.as_object();
  campaign["id"] = "procamp_" + std::to_string(++given_);
  campaign["budget"] = nullptr;
  campaigns_.push_back(campaign);
  return json::object{{"campaign", json::object{{"id", campaign.at("id")}}}};
}

json::value Promotions::set_campaign(std::string_view id, const json::value& body) {
  for (auto& campaign : campaigns_) {
    if (campaign.at("id") != json::value(id)) continue;
    for (const auto& [name, value] : body.as_object()) campaign.as_object()[name] = value;
    return json::object{{"campaign", json::object{{"id", id}}}};
  }
  throw Problem{404, "not_found", "Campaign with id \"" + std::string(id) + "\" not found"};
}

// Of the active ones that are for the list's customers and this SKU.
std::vector<Promotions::Band> Promotions::bands(const std::string& sku, const std::string& list,
                                                const IsGroup& is_group) const {
  std::vector<Band> all;
  for (const auto& promotion : promotions_) {
    const auto& targets = promotion.at("application_method").at("target_rules");
    const bool is_for_them = is_group(rule_in(promotion.at("rules"), "customer.groups.id", "in"), list);
    if (promotion.at("status") != "active" || sku_of(promotion) != sku || !is_for_them) continue;
    const auto least = rule_in(targets, "items.quantity", "gte"), before = rule_in(targets, "items.quantity", "lt");
    all.push_back({least.empty() ? 0 : std::stod(least),
                   before.empty() ? std::numeric_limits<double>::infinity() : std::stod(before),
                   percent_of(promotion)});
  }
  std::sort(all.begin(), all.end(), [](const Band& a, const Band& b) { return a.least < b.least; });
  return all;
}

std::string Promotions::percent(const std::string& sku, const std::string& list, const IsGroup& is_group) const {
  for (const auto& band : bands(sku, list, is_group)) {
    if (band.least <= 1 && 1 < band.before) return band.percent;
  }
  return "";
}

bool Promotions::has_wrong_breaks(const std::string& sku, const std::string& list, const IsGroup& is_group) const {
  const auto all = bands(sku, list, is_group);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto next = i + 1 < all.size() ? all[i + 1].least : std::numeric_limits<double>::infinity();
    if (all[i].before != next) return true;
  }
  return false;
}

}  // namespace ferry::portal
