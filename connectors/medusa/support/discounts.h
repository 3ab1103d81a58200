// Documents of discounts, and what the portal shows of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connectors/medusa/discount_survey.h"
#include "connectors/medusa/promotion_plan.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa::test {

inline const json::value kNone;
inline constexpr const char* kDecember = "2026-12-01T00:00:00Z";
inline constexpr const char* kJanuary = "2027-01-01T00:00:00Z";

inline json::object tier(const std::string& quantity, const std::string& percent, const json::value& from = kNone,
                         const json::value& until = kNone) {
  return {{"quantity", quantity}, {"percent", percent}, {"from", from}, {"until", until}};
}
inline std::string document(const json::array& tiers, const std::string& sku = "A", const std::string& list = "7") {
  return json::serialize(json::object{{"sku", sku}, {"list", list}, {"list_name", "Dealers"}, {"tiers", tiers}});
}
inline WantedDiscount wanted(const json::array& tiers) {
  std::string problem;
  auto read = read_wanted_discount({"A", document(tiers), ""}, problem);
  EXPECT_TRUE(read) << problem;
  return std::move(*read);
}
inline std::vector<PlannedPromotion> planned(const json::array& tiers) {
  std::string problem;
  auto plan = plan_promotions(wanted(tiers), problem);
  EXPECT_TRUE(plan) << problem;
  return std::move(*plan);
}
// ---- the portal's answers

inline connector::HttpReply variants(std::initializer_list<std::string> skus = {"A"}, bool discountable = true) {
  json::array rows;
  for (const auto& sku : skus)
    rows.push_back(json::object{{"id", "v" + sku},
                                {"sku", sku},
                                {"product_id", "p"},
                                {"product", json::object{{"discountable", discountable}}}});
  return listed("variants", std::move(rows));
}
inline json::object group(const std::string& id, const std::string& name, const std::string& list) {
  return {
      {"id", id}, {"name", name}, {"metadata", list.empty() ? json::value() : json::object{{"erp_price_list", list}}}};
}
inline connector::HttpReply groups(json::array all = {group("g7", "Dealers (ERP 7)", "7")}) {
  return listed("customer_groups", std::move(all));
}
inline json::object campaign(const std::string& id, const std::string& identifier, const json::value& from,
                             const json::value& until) {
  return {
      {"id", id}, {"campaign_identifier", identifier}, {"starts_at", from}, {"ends_at", until}, {"budget", nullptr}};
}
inline connector::HttpReply campaigns(json::array all = {}, const std::string& now = "Sun, 15 Nov 2026 00:00:00 GMT") {
  const auto count = all.size();
  return ok(json::object{{"campaigns", std::move(all)}, {"count", count}}, {{"date", now}});
}
inline connector::HttpReply promotions(json::array all = {}) { return listed("promotions", std::move(all)); }

// As the portal shows what promotion_body() makes.
inline json::object promotion(const std::string& id, const json::array& tiers, std::size_t number = 0,
                              const std::string& campaign = "", const std::string& group = "g7") {
  auto shown = promotion_body(wanted(tiers), planned(tiers).at(number), "erp_price_list", group, campaign);
  shown["id"] = id;
  shown.emplace("campaign_id", nullptr);
  shown["is_tax_inclusive"] = false;
  shown["limit"] = nullptr;
  auto& method = shown.at("application_method").as_object();
  method["max_quantity"] = method["currency_code"] = nullptr;
  int rule = 0;
  for (auto* rules : {&shown.at("rules").as_array(), &method.at("target_rules").as_array()}) {
    for (auto& each : *rules) {
      each.as_object()["id"] = id + "r" + std::to_string(++rule);
      auto& value = each.at("values").at(0);
      value = json::object{{"value", json::value(value)}};
    }
  }
  return shown;
}
inline connector::HttpReply created(const std::string& code) {
  return ok(json::object{{"promotion", json::object{{"id", "new"}, {"code", code}}}});
}
inline connector::HttpReply changed(double value) {
  return ok(
      json::object{{"promotion", json::object{{"id", "p1"}, {"application_method", json::object{{"value", value}}}}}});
}
inline connector::HttpReply removed(const std::string& id) { return ok(json::object{{"id", id}, {"deleted", true}}); }

// The tiers that a survey of the one SKU reads; null: it finds no such record.
inline json::value surveyed(const json::array& shown, json::array known = {}) {
  const auto settings = test::settings();
  const std::vector<std::string> skus = {"A"};
  const auto survey = make_discount_survey(settings, skus);
  (void)survey->start();
  (void)survey->on_reply(groups());
  (void)survey->on_reply(campaigns(std::move(known)));
  const auto step = survey->on_reply(promotions(shown));
  const auto* page = std::get_if<connector::SurveyPage>(&step);
  if (!page || page->records.size() != 1) return {};
  EXPECT_EQ(page->records[0].identity, R"({"list":"7"})");
  return json::parse(page->records[0].document).at("tiers");
}

}  // namespace ferry::medusa::test
