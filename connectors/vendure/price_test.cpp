#include "connectors/vendure/price.h"

#include <gmock/gmock.h>

#include "connectors/vendure/money.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

std::string price(const std::string& sku, const std::string& amount, const std::string& currency = "EUR",
                  const std::string& tax = "excluded") {
  return json::serialize(json::object{{"sku", sku}, {"currency", currency}, {"amount", amount}, {"tax", tax}});
}
std::string cost(const std::string& sku, const std::string& amount, const std::string& currency = "EUR") {
  return json::serialize(json::object{{"sku", sku}, {"currency", currency}, {"amount", amount}});
}
json::object priced(const std::string& id, const std::string& sku, json::object units) {
  json::array prices;
  for (const auto& entry : units)
    prices.push_back(json::object{{"currencyCode", entry.key()}, {"price", entry.value()}});
  return {{"id", id}, {"sku", sku}, {"prices", std::move(prices)}};
}
json::object costed(const std::string& id, const std::string& sku, json::value units) {
  return {{"id", id}, {"sku", sku}, {"customFields", json::object{{"costPrice", std::move(units)}}}};
}
connector::HttpReply written(std::initializer_list<std::string> ids) {
  json::array list;
  for (const auto& id : ids) list.push_back(json::object{{"id", id}});
  return ok(json::serialize(json::object{{"data", {{"updateProductVariants", list}}}}));
}

json::object test_channel() {
  return {{"pricesIncludeTax", false},
          {"defaultCurrencyCode", "EUR"},
          {"availableCurrencyCodes", json::array{"EUR", "JPY", "KWD"}}};
}
connector::HttpReply shown(json::array variants, json::object channel = test_channel(), json::value digits = 2) {
  const auto count = variants.size();
  return ok(json::serialize(
      json::object{{"data",
                    {{"productVariants", {{"totalItems", count}, {"items", std::move(variants)}}},
                     {"activeChannel", std::move(channel)},
                     {"globalSettings", {{"serverConfig", {{"moneyStrategyPrecision", std::move(digits)}}}}}}}}));
}

class VendurePrice : public testing::Test {
 protected:
  connector::HttpReply shown(json::array variants) const {
    return vendure::shown(std::move(variants), channel_, digits_);
  }
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_price_push(settings_, items_), std::move(replies));
  }
  Played push_costs(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_cost_push(settings_, items_), std::move(replies));
  }
  // Of one list price that meets a variant priced 10.00 EUR: nothing but the look is sent.
  ItemVerdict verdict_of(const std::string& document) {
    const auto played = push({{"A", document, ""}}, {shown({priced("1", "A", {{"EUR", 1000}})})});
    EXPECT_EQ(played.requests.size(), 1U) << document;
    return played.items.empty() ? ItemVerdict{} : played.items.front();
  }

  Settings settings_ = settings();
  json::object channel_ = test_channel();
  json::value digits_ = 2;
  std::vector<OutboundItem> items_;
};

TEST_F(VendurePrice, SetsThePriceThatDiffersAndNothingElse) {
  const auto played =
      push({{"A", price("A", "12.5"), price("A", "10")}, {"B", price("B", "7"), ""}},
           {shown({priced("10", "A", {{"EUR", 1000}, {"JPY", 5}}), priced("9", "B", {{"EUR", 700}})}),
            written({"10"})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(played.operation(0), "FerryPrices");
  EXPECT_EQ(played.operation(1), "FerrySetPrices");
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"id":"10","prices":[{"currencyCode":"EUR","price":1250}]}]})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
}

TEST_F(VendurePrice, APriceThatAPersonChangedOnThePortalIsPutBack) {
  const auto played = push({{"A", price("A", "10"), price("A", "10")}},
                           {shown({priced("1", "A", {{"EUR", 999}})}), written({"1"})});
  EXPECT_EQ(played.variables(1).at("input").at(0).at("prices").at(0).at("price"), 1000);
}

TEST_F(VendurePrice, CountsInThePortalsUnitsWhateverTheCurrency) {
  settings_.price_currency = "JPY";
  const auto yen = push({{"A", price("A", "1200", "JPY"), ""}}, {shown({priced("1", "A", {})}), written({"1"})});
  EXPECT_EQ(yen.variables(1).at("input").at(0).at("prices").at(0).at("price"), 120000);
  settings_.price_currency = "KWD";
  digits_ = 3;
  const auto dinar = push({{"A", price("A", "1.125", "KWD"), ""}}, {shown({priced("1", "A", {})}), written({"1"})});
  EXPECT_EQ(json::serialize(dinar.variables(1).at("input").at(0).at("prices")),
            R"([{"currencyCode":"KWD","price":1125}])");
}

TEST_F(VendurePrice, AnAmountThatThePortalCannotHoldIsRejectedAndNeverRounded) {
  EXPECT_THAT(verdict_of(price("A", "10.0049")).reason,
              HasSubstr(R"("10.0049" has more digits than the 2 that the portal keeps)"));
  EXPECT_THAT(verdict_of(price("A", "21474836.48")).reason, HasSubstr("more than Vendure can hold"));
  EXPECT_THAT(verdict_of(price("A", "999999999999999999999999999999")).reason, HasSubstr("more than Vendure can hold"));
  EXPECT_THAT(verdict_of(price("A", "-1")).reason, HasSubstr("is negative"));
  EXPECT_THAT(verdict_of(price("A", "cheap")).reason, HasSubstr("is not a number"));
  for (const auto* amount : {"10.0049", "21474836.48", "-1", "cheap"})
    EXPECT_EQ(verdict_of(price("A", amount)).verdict, Verdict::rejected) << amount;
  const auto most = push({{"A", price("A", "21474836.47"), ""}}, {shown({priced("1", "A", {})}), written({"1"})});
  EXPECT_EQ(most.variables(1).at("input").at(0).at("prices").at(0).at("price"), 2147483647);
}

TEST_F(VendurePrice, TaxThatThePortalsChannelCountsOtherwiseStopsTheJob) {
  const auto included = verdict_of(price("A", "12", "EUR", "included"));
  EXPECT_EQ(included.verdict, Verdict::unauthorized);
  EXPECT_THAT(included.reason, HasSubstr("channel shows prices without tax, the ERP's list prices hold it"));
  channel_["pricesIncludeTax"] = true;
  EXPECT_THAT(verdict_of(price("A", "12")).reason, HasSubstr("with tax, the ERP's list prices hold none"));
  EXPECT_EQ(verdict_of(price("A", "10", "EUR", "included")).verdict, Verdict::delivered);
}

TEST_F(VendurePrice, ACurrencyThatTheChannelDoesNotSellInStopsTheJob) {
  const auto other = verdict_of(price("A", "12", "USD"));
  EXPECT_EQ(other.verdict, Verdict::unauthorized);
  EXPECT_THAT(other.reason, HasSubstr(R"(amounts are in "USD", those of the portal's channel in "EUR")"));
  settings_.price_currency = "USD";
  EXPECT_THAT(verdict_of(price("A", "12", "USD")).reason, HasSubstr(R"(does not sell in "USD"; add it)"));
}

TEST_F(VendurePrice, WhatTheAnswerDoesNotSayIsNeitherWrongNorSet) {
  const auto channel = channel_;
  for (const auto* name : {"pricesIncludeTax", "defaultCurrencyCode"}) {
    channel_ = channel;
    channel_[name] = nullptr;
    EXPECT_EQ(verdict_of(price("A", "12")).verdict, Verdict::retry) << name;
  }
  channel_ = channel;
  channel_["availableCurrencyCodes"] = json::array{nullptr};
  EXPECT_EQ(verdict_of(price("A", "12")).verdict, Verdict::retry);
  channel_ = channel;
  digits_ = "2";
  EXPECT_EQ(verdict_of(price("A", "12")).verdict, Verdict::retry);
  digits_ = 2;
  const auto unreadable = push({{"A", price("A", "12"), ""}}, {shown({priced("1", "A", {{"EUR", nullptr}})})});
  EXPECT_EQ(unreadable.items[0].verdict, Verdict::retry);
  EXPECT_EQ(unreadable.requests.size(), 1U);
}

TEST_F(VendurePrice, AWithdrawnPriceStaysOnThePortal) {
  const auto played = push({{"A", "", price("A", "10")}}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendurePrice, ABrokenDocumentIsRejectedAndItsNeighbourGoesOut) {
  const auto played = push({{"A", price("A", "10", "EUR", "who knows"), ""}, {"B", R"({"sku":"B"})", ""},
                            {"C", price("C", "1"), ""}},
                           {shown({priced("3", "C", {{"EUR", 1}})}), written({"3"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[1].reason, HasSubstr("no SKU, currency, amount or tax"));
  EXPECT_EQ(played.items[2].verdict, Verdict::delivered);
}

TEST_F(VendurePrice, TwoRecordsOfOneSkuAreNotBothShown) {
  const auto played = push({{"A", price("A", "1"), ""}, {"A", price("A", "2"), ""}},
                           {shown({priced("1", "A", {{"EUR", 0}})}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[1].reason, HasSubstr("two ERP records carry SKU \"A\"; only one"));
}

TEST(Stories, A12_AFullBatchOfPricesIsOneLookAndOneWriteAndAnUnchangedOneNoWrite) {
  const auto settings = test::settings();
  for (const int count : {1, 99, 100}) {
    std::vector<OutboundItem> items;
    json::array before, after, ids;
    for (int i = 1; i <= count; ++i) {
      const auto n = std::to_string(i);
      items.push_back({n, price("SKU-" + n, "7"), ""});
      before.push_back(priced(n, "SKU-" + n, {{"EUR", 1}}));
      after.push_back(priced(n, "SKU-" + n, {{"EUR", 700}}));
      ids.push_back(json::object{{"id", n}});
    }
    const auto confirmed = ok(json::serialize(json::object{{"data", {{"updateProductVariants", ids}}}}));
    const auto changed = play(*make_price_push(settings, items), {shown(before), confirmed});
    EXPECT_EQ(changed.requests.size(), 2U) << count;
    ASSERT_EQ(changed.items.size(), items.size());
    for (const auto& settled : changed.items) EXPECT_EQ(settled.verdict, Verdict::delivered) << settled.reason;
    EXPECT_EQ(play(*make_price_push(settings, items), {shown(after)}).requests.size(), 1U) << count;
  }
}

TEST(Stories, D2_OnlyThePriceInTheChannelsOwnCurrencyIsWritten) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"A", price("A", "12"), ""}};
  const auto played = play(*make_price_push(settings, items),
                           {shown({priced("1", "A", {{"JPY", 100}, {"EUR", 1}, {"KWD", 100}})}), written({"1"})});
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"id":"1","prices":[{"currencyCode":"EUR","price":1200}]}]})");
}

TEST(Stories, D10_ACostInAnotherCurrencyIsNeverSentAsIfItWereLocal) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"A", cost("A", "8", "USD"), ""}};
  const auto played = play(*make_cost_push(settings, items), {shown({costed("1", "A", 100)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::unauthorized);
}

TEST(Stories, D11_ABatchOfPricesThatIsRefusedIsHalvedUntilTheBadOneStandsAlone) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> both = {{"A", price("A", "1"), ""}, {"B", price("B", "2"), ""}};
  const auto refusal = refused("value is out of range for type integer");
  const auto batch = play(*make_price_push(settings, both),
                          {shown({priced("1", "A", {{"EUR", 5}}), priced("2", "B", {{"EUR", 5}})}), refusal});
  EXPECT_EQ(batch.items[0].verdict, Verdict::split);
  EXPECT_EQ(batch.items[1].verdict, Verdict::split);
  const std::vector<OutboundItem> alone = {both[1]};
  const auto one = play(*make_price_push(settings, alone), {shown({priced("2", "B", {{"EUR", 5}})}), refusal});
  EXPECT_EQ(one.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(one.items[0].reason, HasSubstr("out of range"));
}

TEST_F(VendurePrice, CostGoesIntoTheCustomFieldAndAWithdrawnOneComesOff) {
  settings_.cost_field = "costPrice";
  const auto played = push_costs(
      {{"A", cost("A", "8.05"), ""}, {"B", cost("B", "3"), ""}, {"C", "", cost("C", "1")}, {"D", "", cost("D", "1")}},
      {shown({costed("1", "A", nullptr), costed("2", "B", 300), costed("3", "C", 100)}), written({"1", "3"})});
  EXPECT_EQ(played.operation(1), "FerrySetCosts");
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"id":"1","customFields":{"costPrice":805}},{"id":"3","customFields":{"costPrice":null}}]})");
  for (const auto& settled : played.items) EXPECT_EQ(settled.verdict, Verdict::delivered) << settled.reason;
}

TEST_F(VendurePrice, ACostThatCannotBeReadIsNotTakenForNone) {
  const auto text = push_costs({{"A", cost("A", "8"), ""}}, {shown({costed("1", "A", "800")})});
  EXPECT_EQ(text.items[0].verdict, Verdict::retry);
  const auto none = push_costs({{"A", cost("A", "8"), ""}}, {shown({json::object{{"id", "1"}, {"sku", "A"}}})});
  EXPECT_EQ(none.items[0].verdict, Verdict::retry);
  EXPECT_EQ(none.requests.size(), 1U);
}

TEST_F(VendurePrice, ACostFieldThatIsNoFieldNameIsRefusedBeforeAnythingIsSent) {
  settings_.cost_field = "a}b";
  const auto played = push_costs({{"A", cost("A", "8"), ""}, {"B", "", ""}}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
}

}  // namespace
}  // namespace ferry::vendure
