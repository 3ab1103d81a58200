#include "connectors/vendure/probe.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;

connector::HttpReply portal(json::array permissions, int precision = 2, const std::string& token = "t1",
                            const std::string& code = "__default_channel__") {
  return ok(json::serialize(json::object{
      {"data",
       {{"me",
         {{"channels",
           json::array{json::object{{"code", code}, {"token", token}, {"permissions", std::move(permissions)}}}}}},
        {"globalSettings",
         {{"serverConfig",
           {{"moneyStrategyPrecision", precision},
            {"entityCustomFields",
             json::array{
                 json::object{{"entityName", "Order"},
                              {"customFields", json::array{json::object{{"name", "erpOrderNumber"}}}}}}}}}}}}}}));
}
connector::HttpReply locations() { return ok(R"({"data":{"stockLocations":{"items":[{"id":"1","name":"Main"}]}}})"); }
const json::array kAll = {"ReadCatalog", "UpdateCatalog", "ReadOrder", "UpdateOrder"};

ItemVerdict probe(const Settings& settings, std::vector<connector::HttpReply> replies) {
  const auto played = play(*make_probe(settings), std::move(replies));
  return played.items.empty() ? ItemVerdict{} : played.items.front();
}

TEST(VendureProbe, IsSatisfiedWithTheLeastPermissions) {
  EXPECT_EQ(probe(test::settings(), {portal(kAll), locations()}).verdict, Verdict::delivered);
  EXPECT_EQ(
      probe(test::settings(),
            {portal({"ReadProduct", "UpdateProduct", "ReadOrder", "UpdateOrder", "ReadStockLocation"}), locations()})
          .verdict,
      Verdict::delivered);
}

TEST(VendureProbe, NamesFieldsAndTheSettingToCorrect) {
  auto settings = test::settings();
  settings.order_number_field = "erpNr";
  settings.customer_code_field = "erpPartyCode";
  const auto verdict = probe(settings, {portal(kAll)});
  EXPECT_EQ(verdict.verdict, Verdict::rejected);
  EXPECT_THAT(verdict.reason, HasSubstr(R"(custom field "erpNr" of Order)"));
  EXPECT_THAT(verdict.reason, HasSubstr("setting customer_code_field"));
}

TEST(VendureProbe, RefusesMoneyOfAnotherPrecision) {
  EXPECT_THAT(probe(test::settings(), {portal(kAll, 3)}).reason, HasSubstr("3 decimals"));
}

TEST(VendureProbe, NamesAnUnknownStockLocation) {
  auto settings = test::settings();
  settings.stock_location = "WH9";
  EXPECT_THAT(probe(settings, {portal(kAll), locations()}).reason,
              HasSubstr(R"("WH9"; the setting stock_location may be one of "Main")"));
}

TEST(VendureProbe, LooksAtThePermissionsOfItsOwnChannel) {
  auto settings = test::settings();
  settings.channel_token = "t2";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr("channel_token"));
  settings.channel_token = "t1";
  EXPECT_EQ(probe(settings, {portal(kAll), locations()}).verdict, Verdict::delivered);
  settings.channel_token = "";
  EXPECT_EQ(probe(settings, {portal(kAll, 2, "t1", "eu"), locations()}).verdict,
            Verdict::delivered);  // the user's only channel
}

TEST(VendureProbe, PassesOnThatThePortalIsAway) {
  EXPECT_EQ(probe(test::settings(), {lost(false)}).verdict, Verdict::retry);
}

}  // namespace
}  // namespace ferry::vendure
