#include "connectors/medusa/price.h"

#include <gmock/gmock.h>

#include "connectors/medusa/price_survey.h"
#include "connectors/medusa/support/golden.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

std::string price(const std::string& sku, const std::string& amount, const std::string& tax = "excluded",
                  const std::string& currency = "EUR") {
  return R"({"sku":")" + sku + R"(","currency":")" + currency + R"(","amount":")" + amount + R"(","tax":")" + tax + "\"}";
}
std::string cost(const std::string& sku, const std::string& amount) {
  return R"({"sku":")" + sku + R"(","currency":"EUR","amount":")" + amount + "\"}";
}
HttpReply store() {
  return ok(json::parse(R"({"stores":[{"id":"s","supported_currencies":[{"currency_code":"eur","is_default":true},)"
                        R"({"currency_code":"usd","is_default":false}]}],"count":1})"));
}
HttpReply preferences(bool includes_tax = false) {
  const json::object preference{{"attribute", "currency_code"}, {"value", "eur"}, {"is_tax_inclusive", includes_tax}};
  return listed("price_preferences", {preference});
}
json::object base(const std::string& id, const json::value& amount, const std::string& currency = "eur") {
  return {{"id", id}, {"currency_code", currency}, {"amount", amount}, {"min_quantity", nullptr}, {"max_quantity", nullptr},
          {"rules", json::object()}};
}
json::object variant(const std::string& id, const std::string& sku, json::array prices, const std::string& product = "prod_1") {
  return {{"id", id}, {"sku", sku}, {"product_id", product}, {"prices", std::move(prices)}};
}
HttpReply variants(json::array rows) { return listed("variants", std::move(rows)); }
HttpReply written(std::initializer_list<std::string> ids) {
  json::array list;
  for (const auto& id : ids) list.push_back(json::object{{"id", id}});
  return ok(json::object{{"updated", std::move(list)}});
}

class MedusaPrice : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> batch, std::vector<HttpReply> replies) {
    batch_ = std::move(batch);
    return play(*make_price_push(settings_, batch_), std::move(replies));
  }
  ItemVerdict only(const std::string& document, std::vector<HttpReply> replies) {
    const auto played = push({{"A", document, ""}}, std::move(replies));
    return played.items.size() == 1 ? played.items.front() : ItemVerdict{};
  }
  const Settings settings_ = settings();
  std::vector<OutboundItem> batch_;
};

TEST_F(MedusaPrice, SendsBackAllOtherPricesAsTheyStandBecauseMedusaTakesThemAsAWhole) {
  auto tier = base("p3", 18);
  tier["min_quantity"] = 10;
  auto region = base("p4", 19.5);
  region["rules"] = json::object{{"region_id", "reg_1"}};
  const auto played = push({{"A", price("A", "20.55"), ""}},
                           {store(), preferences(),
                            variants({variant("v1", "A", {base("p1", 20.49), base("p2", 22.1, "usd"), tier, region})}),
                            written({"v1"})});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.requests[3].target, "/admin/products/prod_1/variants/batch?fields=id");
  EXPECT_EQ(played.body(3).at("update").at(0).at("prices"),
            json::parse(R"([{"id":"p1","currency_code":"eur","amount":20.55},{"id":"p2","currency_code":"usd","amount":22.1},)"
                        R"({"id":"p3","currency_code":"eur","amount":18,"min_quantity":10},)"
                        R"({"id":"p4","currency_code":"eur","amount":19.5,"rules":{"region_id":"reg_1"}}])"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPrice, AVariantWithoutAPriceGetsOneAndARightOneIsLeftAlone) {
  const auto first = push({{"A", price("A", "20"), ""}},
                          {store(), preferences(), variants({variant("v1", "A", {base("p2", 22.1, "usd")})}), written({"v1"})});
  EXPECT_EQ(json::serialize(first.body(3).at("update").at(0).at("prices").at(1)), R"({"currency_code":"eur","amount":20})");
  const auto right = push({{"A", price("A", "20.49"), ""}},
                          {store(), preferences(), variants({variant("v1", "A", {base("p1", 20.49)})})});
  EXPECT_EQ(right.requests.size(), 3U);
  EXPECT_EQ(right.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPrice, EachProductIsARequestAndOneThatIsRefusedStopsNoOther) {
  const auto played = push(
      {{"A", price("A", "1"), ""}, {"B", price("B", "1"), ""}, {"C", price("C", "1"), ""}},
      {store(), preferences(),
       variants({variant("v1", "A", {}, "prod_1"), variant("v2", "B", {}, "prod_1"), variant("v3", "C", {}, "prod_2")}),
       refused(400, "invalid_data", "no"), written({"v3"})});
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::split);
  EXPECT_EQ(played.items[1].verdict, Verdict::split);
  EXPECT_EQ(played.items[2].verdict, Verdict::delivered);
}

TEST_F(MedusaPrice, WhatWasNotSentAfterALostAnswerIsNotAmbiguous) {
  const auto played = push({{"A", price("A", "1"), ""}, {"B", price("B", "1"), ""}},
                           {store(), preferences(),
                            variants({variant("v1", "A", {}, "prod_1"), variant("v2", "B", {}, "prod_2")}), lost(true)});
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::ambiguous);
  EXPECT_EQ(played.items[1].verdict, Verdict::retry);
}

TEST_F(MedusaPrice, WhatNoRecordCanMendStopsTheJobAndWritesNothing) {
  const auto taxed = only(price("A", "1", "included"), {store(), preferences()});
  EXPECT_EQ(taxed.verdict, Verdict::unauthorized);
  EXPECT_THAT(taxed.reason, HasSubstr(R"(have tax "included", the portal's in EUR excluded)"));
  EXPECT_EQ(only(price("A", "1", "included"), {store(), preferences(true), variants({})}).verdict, Verdict::absent);
  const auto foreign = only(price("A", "1", "excluded", "GBP"), {store(), preferences()});
  EXPECT_EQ(foreign.verdict, Verdict::unauthorized);
  EXPECT_THAT(foreign.reason, HasSubstr(R"(does not sell in "GBP")"));
}

TEST_F(MedusaPrice, WhatCannotBeReadIsNotOverwritten) {
  auto ruleless = base("p1", 5), nameless = ruleless, odd = ruleless;
  ruleless["rules"] = nullptr;
  nameless["currency_code"] = nullptr;
  odd["amount"] = "5";
  for (const auto& one : {ruleless, nameless, odd})
    EXPECT_EQ(only(price("A", "1"), {store(), preferences(), variants({variant("v1", "A", {one})})}).verdict, Verdict::retry);
  auto without_prices = variant("v1", "A", {});
  without_prices.erase("prices");
  EXPECT_EQ(only(price("A", "1"), {store(), preferences(), variants({without_prices})}).verdict, Verdict::retry);
  EXPECT_EQ(only(price("A", "1"), {store(), preferences(), variants({variant("", "A", {})})}).verdict, Verdict::retry);
  EXPECT_EQ(only(price("A", "1"), {listed("stores", {json::object()})  , preferences()}).verdict, Verdict::retry);
}

TEST_F(MedusaPrice, ImpossibleAmountsNeverReachThePortalAndAWithdrawnPriceStays) {
  for (const auto* amount : {"-1", "1234567890123.456", "many", ""})
    EXPECT_EQ(only(price("A", amount), {}).verdict, Verdict::rejected) << amount;
  EXPECT_EQ(push({{"A", "", price("A", "1")}}, {}).items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPrice, TwoRecordsOfOneSkuAreNotBothShown) {
  const auto played = push({{"A", price("A", "1"), ""}, {"A", price("A", "2"), ""}},
                           {store(), preferences(), variants({variant("v1", "A", {})}), written({"v1"})});
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
}

TEST_F(MedusaPrice, AVariantDeletedSinceWeLookedIsAbsent) {
  const auto gone = refused(400, "invalid_data", "Cannot update non-existing variants with ids: v1");
  EXPECT_EQ(only(price("A", "1"), {store(), preferences(), variants({variant("v1", "A", {})}), gone}).verdict, Verdict::absent);
}

// Plays the recorded replies of a case and compares every request with the recorded one.
std::vector<ItemVerdict> replay(const std::string& name, Exchange& exchange, std::size_t steps) {
  std::vector<HttpReply> replies;
  for (std::size_t i = 1; i <= steps; ++i) replies.push_back(golden_reply(name + "/0" + std::to_string(i)));
  auto played = play(exchange, replies);
  EXPECT_EQ(played.requests.size(), steps);
  for (std::size_t i = 0; i < played.requests.size(); ++i)
    EXPECT_EQ(test::written(played.requests[i]), golden_request(name + "/0" + std::to_string(i + 1)));
  return played.items;
}
std::vector<ShownRecord> replay_survey(const std::string& name, Survey& survey, int steps) {
  auto step = survey.start();
  for (int i = 1; i <= steps; ++i) {
    const auto at = name + "/0" + std::to_string(i);
    EXPECT_EQ(test::written(std::get<Send>(step).request), golden_request(at));
    step = survey.on_reply(golden_reply(at));
  }
  EXPECT_TRUE(std::holds_alternative<SurveyPage>(step));
  return std::holds_alternative<SurveyPage>(step) ? std::get<SurveyPage>(step).records : std::vector<ShownRecord>();
}

TEST(MedusaGolden, SetsListPricesOfTwoProducts) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"", price("SKU-000033", "20.55"), ""},
                                           {"", price("SKU-000034", "11.1234"), ""},
                                           {"", price("SKU-000040", "10.4"), ""},
                                           {"", price("NOPE", "1"), ""},
                                           {"", price("SKU-000010", "9.99"), ""}};
  const auto settled = replay("list_price", *make_price_push(settings, items), 5);
  ASSERT_EQ(settled.size(), 5U);
  for (const std::size_t i : {0U, 1U, 2U, 4U}) EXPECT_EQ(settled[i].verdict, Verdict::delivered) << i;
  EXPECT_EQ(settled[3].verdict, Verdict::absent);
}

TEST(MedusaGolden, SetsCostsAndTakesOneAway) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"", cost("SKU-000033", "7.5"), ""},
                                           {"", cost("SKU-000034", "3"), ""},
                                           {"SKU-000035", "", ""},
                                           {"", cost("NOPE", "1"), ""}};
  const auto settled = replay("cost", *make_cost_push(settings, items), 2);
  ASSERT_EQ(settled.size(), 4U);
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_EQ(settled[i].verdict, Verdict::delivered) << i;
  EXPECT_EQ(settled[3].verdict, Verdict::absent);
  const std::vector<OutboundItem> withdrawn = {{"SKU-000034", "", cost("SKU-000034", "3")}};
  EXPECT_EQ(replay("cost_withdrawn", *make_cost_push(settings, withdrawn), 2).at(0).verdict, Verdict::delivered);
}

TEST(MedusaGolden, ReadsPricesAndCostsBackAsTheFeedsWriteThem) {
  const auto settings = test::settings();
  const std::vector<std::string> skus = {"SKU-000033", "SKU-000034", "NOPE"};
  const auto prices = replay_survey("list_price_survey", *make_amount_survey(settings, Feed::list_price, skus), 3);
  ASSERT_EQ(prices.size(), 2U);
  EXPECT_EQ(prices[1].document, price("SKU-000034", "11.1234"));
  const auto costs = replay_survey("cost_survey", *make_amount_survey(settings, Feed::cost, skus), 1);
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].document, cost("SKU-000033", "7.5"));
}

TEST(MedusaPriceSurvey, PagesAndLeavesOutWhatHasNoPriceInTheCurrency) {
  auto settings = test::settings();
  settings.price_currency = "usd";
  const auto survey = make_amount_survey(settings, Feed::list_price, "500");
  (void)survey->start();
  (void)survey->on_reply(store());
  auto step = survey->on_reply(preferences(true));
  EXPECT_THAT(std::get<Send>(step).request.target, testing::EndsWith("&limit=500&offset=500"));
  step = survey->on_reply(
      listed("variants", {variant("v1", "A", {base("p1", 5)}), variant("v2", "B", {base("p2", 0.1, "usd")})}, 502));
  const auto& page = std::get<SurveyPage>(step);
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].document, price("B", "0.1", "excluded", "USD"));
  EXPECT_EQ(page.next_cursor, "");
}

}  // namespace
}  // namespace ferry::medusa
