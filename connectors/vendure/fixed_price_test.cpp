#include "connectors/vendure/fixed_price.h"

#include <gmock/gmock.h>

#include "connectors/vendure/session.h"
#include "connectors/vendure/support/script.h"
#include "connectors/vendure/terms_survey.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

json::object tier(const std::string& quantity, const std::string& amount, json::value from = nullptr) {
  return {{"quantity", quantity}, {"amount", amount}, {"from", std::move(from)}, {"until", nullptr}};
}
std::string fixed(const std::string& sku, json::array tiers, const std::string& list = "7") {
  return json::serialize(json::object{
      {"sku", sku}, {"list", list}, {"list_name", "Wholesale"}, {"currency", "EUR"}, {"tiers", std::move(tiers)}});
}
json::object variant(const std::string& id, const std::string& sku, int units) {
  return {{"id", id}, {"sku", sku}, {"prices", json::array{json::object{{"currencyCode", "EUR"}, {"price", units}}}}};
}

class VendureFixedPrice : public testing::Test {
 protected:
  VendureFixedPrice() { settings_.list_channels = {{"7", "list-7"}, {"8", "list-8"}}; }
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_fixed_price_push(settings_, items_), std::move(replies));
  }
  connector::HttpReply in_list(json::array variants) const {
    const auto count = variants.size();
    return ok(json::serialize(json::object{
        {"data",
         {{"productVariants", {{"totalItems", count}, {"items", std::move(variants)}}},
          {"activeChannel", channel_},
          {"globalSettings", {{"serverConfig", {{"moneyStrategyPrecision", 2}}}}}}}}));
  }
  static connector::HttpReply ids(const std::string& mutation, json::array variants) {
    return ok(json::serialize(json::object{{"data", {{mutation, std::move(variants)}}}}));
  }
  static std::string channel_of(const connector::HttpRequest& request) {
    auto sent = request;
    authorize(sent, connector::Session{"t"}, settings());
    std::string token;
    for (const auto& [name, value] : sent.headers) {
      if (name == kChannelHeader) token += value;
    }
    return token;
  }

  Settings settings_ = settings();
  json::object channel_{{"id", "2"},
                        {"pricesIncludeTax", false},
                        {"defaultCurrencyCode", "EUR"},
                        {"availableCurrencyCodes", json::array{"EUR"}}};
  std::vector<OutboundItem> items_;
};

TEST_F(VendureFixedPrice, SetsThePriceInTheChannelOfTheListAndAddsWhatIsNotThere) {
  const auto played =
      push({{"A", fixed("A", {tier("0", "8.75")}), ""}, {"B", fixed("B", {tier("1", "5")}), ""},
            {"C", fixed("C", {tier("0", "1")}), ""}},
           {in_list({variant("1", "A", 1000)}), ids("updateProductVariants", {{{"id", "1"}}}),
            ok(R"({"data":{"productVariants":{"totalItems":1,"items":[{"id":"2","sku":"B"}]}}})"),
            ids("assignProductVariantsToChannel", {{{"id", "2"}}}), in_list({variant("2", "B", 900)}),
            ids("updateProductVariants", {{{"id", "2"}}})});
  ASSERT_EQ(played.requests.size(), 6U);
  const std::vector<std::string> channels = {"list-7", "list-7", "", "", "list-7", "list-7"};
  for (std::size_t i = 0; i < channels.size(); ++i) EXPECT_EQ(channel_of(played.requests[i]), channels[i]) << i;
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"id":"1","prices":[{"currencyCode":"EUR","price":875}]}]})");
  EXPECT_EQ(json::serialize(played.variables(3)), R"({"variants":["2"],"channel":"2"})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[2].verdict, Verdict::absent);
}

TEST_F(VendureFixedPrice, EachListIsSentToItsOwnChannel) {
  const auto played = push({{"A", fixed("A", {tier("0", "8")}, "8"), ""}, {"A", fixed("A", {tier("0", "7")}, "7"), ""}},
                           {in_list({variant("1", "A", 700)}), in_list({variant("1", "A", 800)})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(channel_of(played.requests[0]), "list-7");
  EXPECT_EQ(channel_of(played.requests[1]), "list-8");
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered);
}

TEST_F(VendureFixedPrice, WhatIsWithdrawnOrNotYetValidLeavesTheChannel) {
  const auto later = fixed("B", {tier("0", "5", "2030-01-01T00:00:00Z")});
  const auto played = push({{"A", "", fixed("A", {tier("0", "8")})}, {"B", later, ""}, {"C", "", "", 7}},
                           {in_list({variant("1", "A", 800), variant("2", "B", 500)}),
                            ids("removeProductVariantsFromChannel", {{{"id", "1"}}, {{"id", "2"}}})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"variants":["1","2"],"channel":"2"})");
  EXPECT_EQ(channel_of(played.requests[1]), "");
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
}

TEST_F(VendureFixedPrice, WhatVendureCannotShowIsRejectedBySkuListAndRemedy) {
  const auto played = push({{"A", fixed("A", {tier("0", "8"), tier("10", "7")}), ""},
                            {"B", fixed("B", {tier("0", "8")}, "9"), ""},
                            {"C", fixed("C", {tier("0", "8.755")}), ""}},
                           {in_list({variant("3", "C", 1)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_THAT(played.items[0].reason, HasSubstr(R"(SKU "A" of price list "7" ("Wholesale"): Vendure has no quantity)"));
  EXPECT_THAT(played.items[1].reason, HasSubstr("price_list_channels names no channel"));
  EXPECT_THAT(played.items[2].reason, HasSubstr("more digits than the 2"));
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::rejected);
}

TEST_F(VendureFixedPrice, AListWhoseChannelIsWrongRejectsItsOwnRecordsOnly) {
  channel_["pricesIncludeTax"] = true;
  const auto gross = push({{"A", fixed("A", {tier("0", "8")}), ""}}, {in_list({variant("1", "A", 1)})});
  EXPECT_THAT(gross.items[0].reason, HasSubstr("pricesIncludeTax of that channel"));
  EXPECT_EQ(gross.items[0].verdict, Verdict::rejected);
  channel_["pricesIncludeTax"] = false;
  const auto unknown =
      push({{"A", fixed("A", {tier("0", "7")}), ""}, {"A", fixed("A", {tier("0", "8")}, "8"), ""}},
           {refused("error.channel-not-found", "CHANNEL_NOT_FOUND"), in_list({variant("1", "A", 800)})});
  EXPECT_EQ(unknown.items[0].verdict, Verdict::rejected);
  EXPECT_EQ(unknown.items[1].verdict, Verdict::delivered);
  settings_.list_channels["8"] = "list-7";
  EXPECT_THAT(list_channel_problem(settings_, "8"), HasSubstr("one channel; give each its own"));
  settings_.channel_token = "list-7";
  EXPECT_THAT(list_channel_problem(settings_, "7"), HasSubstr("in which everybody buys"));
}

TEST_F(VendureFixedPrice, APortalThatAsksToWaitIsAskedNothingMore) {
  const auto played =
      push({{"A", fixed("A", {tier("0", "7")}), ""}, {"A", fixed("A", {tier("0", "8")}, "8"), ""}}, {status(429)});
  EXPECT_EQ(played.requests.size(), 1U);
  ASSERT_EQ(played.items.size(), 2U);
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::snooze);
}

TEST_F(VendureFixedPrice, IsReadBackChannelByChannel) {
  const auto first = make_fixed_price_survey(settings_, "");
  auto step = first->start();
  EXPECT_EQ(channel_of(std::get<connector::Send>(step).request), "list-7");
  auto page = std::get<connector::SurveyPage>(first->on_reply(in_list({variant("1", "A", 875)})));
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].identity, R"({"list":"7"})");
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","list":"7","currency":"EUR","tiers":[{"amount":"8.75"}]})");
  const auto second = make_fixed_price_survey(settings_, page.next_cursor);
  step = second->start();
  EXPECT_EQ(channel_of(std::get<connector::Send>(step).request), "list-8");
  page = std::get<connector::SurveyPage>(second->on_reply(in_list({})));
  EXPECT_TRUE(page.next_cursor.empty());
}

TEST(VendureSession, ARequestsOwnChannelIsKept) {
  auto settings = test::settings();
  settings.channel_token = "main";
  connector::HttpRequest own, other;
  in_channel(own, "list-7");
  authorize(own, connector::Session{"t"}, settings);
  authorize(other, connector::Session{"t"}, settings);
  const auto count = [](const auto& request, const char* token) {
    return std::count(request.headers.begin(), request.headers.end(),
                      std::pair<std::string, std::string>(kChannelHeader, token));
  };
  EXPECT_EQ(count(own, "list-7"), 1);
  EXPECT_EQ(count(own, "main"), 0);
  EXPECT_EQ(count(other, "main"), 1);
}

}  // namespace
}  // namespace ferry::vendure
