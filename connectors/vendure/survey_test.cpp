#include "connectors/vendure/survey.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::PullFailed;
using connector::Send;
using connector::ShownRecord;
using connector::SurveyPage;
using testing::HasSubstr;

std::string variants(int total, const std::string& items) {
  return R"({"data":{"productVariants":{"totalItems":)" + std::to_string(total) + R"(,"items":[)" + items +
         R"(]},"stockLocations":{"items":[{"id":"1","name":"Berlin"},{"id":"2","name":"Hamburg"}]}}})";
}
std::string variant(const std::string& id, const std::string& sku, int first, int second) {
  return R"({"id":")" + id + R"(","sku":")" + sku + R"(","stockLevels":[{"stockLocationId":"1","stockOnHand":)" +
         std::to_string(first) + R"(},{"stockLocationId":"2","stockOnHand":)" + std::to_string(second) + "}]}";
}
std::string orders(int total, const std::string& items) {
  return R"({"data":{"orders":{"totalItems":)" + std::to_string(total) + R"(,"items":[)" + items + "]}}}";
}

connector::HttpRequest request_of(connector::Survey& survey) { return std::get<Send>(survey.start()).request; }
json::value variables_of(connector::Survey& survey) { return json::parse(request_of(survey).body).at("variables"); }

SurveyPage page_of(connector::Survey& survey, std::string body) {
  (void)survey.start();
  auto step = survey.on_reply(ok(std::move(body)));
  if (auto* page = std::get_if<SurveyPage>(&step)) return *page;
  ADD_FAILURE() << (std::holds_alternative<PullFailed>(step) ? std::get<PullFailed>(step).verdict.reason : "a request");
  return {};
}
ItemVerdict failure_of(connector::Survey& survey, const connector::HttpReply& reply) {
  (void)survey.start();
  auto step = survey.on_reply(reply);
  if (auto* failed = std::get_if<PullFailed>(&step)) return failed->verdict;
  ADD_FAILURE() << "no failure";
  return {};
}

TEST(StockSurvey, ShowsTheNumberOnHandAsTheFeedWritesIt) {
  const auto settings = test::settings();
  const auto survey = make_stock_survey(settings, "");
  EXPECT_EQ(json::serialize(variables_of(*survey)), R"({"take":200,"skip":0})");
  EXPECT_TRUE(request_of(*survey).idempotent);
  const auto page =
      page_of(*survey, variants(2, variant("7", "A", 5, 9) + "," + R"({"id":"8","sku":"B","stockLevels":[]})"));
  ASSERT_EQ(page.records.size(), 2U);
  EXPECT_EQ(page.records[0].label, "A");
  EXPECT_EQ(page.records[0].identity, "{}");
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","quantity":"5"})");
  EXPECT_EQ(page.records[1].document, R"({"sku":"B","quantity":"0"})") << "a variant that never had any";
  EXPECT_EQ(page.next_cursor, "");
}

TEST(StockSurvey, ShowsEachLocationOfTheChannelAndNoOther) {
  auto settings = test::settings();
  settings.locations = {"2"};
  const auto survey = make_stock_survey(settings, "");
  const auto page = page_of(*survey, variants(1, variant("7", "A", 5, 9)));
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].identity, R"({"location":"2"})");
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","location":"2","quantity":"9"})");
  settings.locations = {};
  settings.stock_location = "Hamburg";
  const auto other = make_stock_survey(settings, "");
  EXPECT_EQ(page_of(*other, variants(1, variant("7", "A", 5, 9))).records[0].document, R"({"sku":"A","quantity":"9"})");
}

TEST(StockSurvey, ALocationThatThePortalDoesNotHaveIsNoReasonToFindEverythingMissing) {
  auto settings = test::settings();
  settings.locations = {"Bremen"};
  const auto survey = make_stock_survey(settings, "");
  const auto verdict = failure_of(*survey, ok(variants(1, variant("7", "A", 5, 9))));
  EXPECT_EQ(verdict.verdict, Verdict::rejected);
  EXPECT_THAT(verdict.reason, HasSubstr(R"(no stock location "Bremen"; it has "Berlin", "Hamburg")"));
}

TEST(StockSurvey, PagesByOffsetAndRefusesAnIncompletePage) {
  const auto settings = test::settings();
  const auto survey = make_stock_survey(settings, "");
  std::string items = variant("1", "S1", 1, 1);
  for (int i = 2; i <= 200; ++i) items += "," + variant(std::to_string(i), "S" + std::to_string(i), 1, 1);
  EXPECT_EQ(page_of(*survey, variants(201, items)).next_cursor, "200");
  const auto last = make_stock_survey(settings, "200");
  EXPECT_EQ(variables_of(*last).at("skip").as_int64(), 200);
  EXPECT_EQ(page_of(*last, variants(201, variant("201", "S201", 1, 1))).next_cursor, "");
  EXPECT_EQ(failure_of(*last, ok(variants(203, variant("201", "S201", 1, 1)))).verdict, Verdict::retry);
  EXPECT_EQ(failure_of(*last, ok(R"({"data":{"productVariants":{"items":[]}}})")).verdict, Verdict::retry);
}

TEST(StockSurvey, LooksForSkusInOneRequest) {
  const auto settings = test::settings();
  const std::vector<std::string> skus = {"A", "B"};
  const auto survey = make_stock_survey(settings, skus);
  EXPECT_EQ(json::serialize(variables_of(*survey)), R"({"skus":["A","B"],"take":1000,"skip":0})");
  EXPECT_EQ(page_of(*survey, variants(1, variant("7", "A", 5, 9))).records.size(), 1U);
  const std::vector<std::string> long_ones(100, std::string(1000, 'x'));
  const auto too_long = make_stock_survey(settings, long_ones);
  EXPECT_EQ(std::get<PullFailed>(too_long->start()).verdict.verdict, Verdict::rejected);
}

std::string amounts(int total, const std::string& items, const std::string& tax = "true") {
  return R"({"data":{"productVariants":{"totalItems":)" + std::to_string(total) + R"(,"items":[)" + items +
         R"(]},"activeChannel":{"pricesIncludeTax":)" + tax +
         R"(,"defaultCurrencyCode":"EUR","availableCurrencyCodes":["EUR","JPY"]},)"
         R"("globalSettings":{"serverConfig":{"moneyStrategyPrecision":2}}}})";
}

TEST(AmountSurvey, ShowsThePriceOfTheCurrencyThatIsKeptAsItWouldHaveBeenConfirmed) {
  auto settings = test::settings();
  const std::string items =
      R"({"id":"1","sku":"A","prices":[{"currencyCode":"JPY","price":120000},{"currencyCode":"EUR","price":1250}]},)"
      R"({"id":"2","sku":"B","prices":[{"currencyCode":"EUR","price":0}]})";
  const auto euro = make_amount_survey(settings, Feed::list_price, "");
  EXPECT_EQ(json::serialize(variables_of(*euro)), R"({"take":200,"skip":0})");
  EXPECT_TRUE(request_of(*euro).idempotent);
  const auto page = page_of(*euro, amounts(2, items));
  ASSERT_EQ(page.records.size(), 2U);
  EXPECT_EQ(page.records[0].label, "A");
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","currency":"EUR","amount":"12.5","tax":"included"})");
  EXPECT_EQ(page.records[1].document, R"({"sku":"B","currency":"EUR","amount":"0","tax":"included"})");
  settings.price_currency = "JPY";
  const auto yen = make_amount_survey(settings, Feed::list_price, "");
  const auto other = page_of(*yen, amounts(2, items, "false"));
  ASSERT_EQ(other.records.size(), 1U) << "a variant without a price in yen has none";
  EXPECT_EQ(other.records[0].document, R"({"sku":"A","currency":"JPY","amount":"1200","tax":"excluded"})");
}

TEST(AmountSurvey, ShowsCostsWhereThereAre) {
  const auto settings = test::settings();
  const auto survey = make_amount_survey(settings, Feed::cost, "");
  const auto page = page_of(*survey, amounts(2, R"({"id":"1","sku":"A","customFields":{"costPrice":805}},)"
                                                R"({"id":"2","sku":"B","customFields":{"costPrice":null}})"));
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","currency":"EUR","amount":"8.05"})");
}

TEST(AmountSurvey, WhatCannotBeReadIsReadAgainAndNotTakenForMissing) {
  auto settings = test::settings();
  const auto survey = make_amount_survey(settings, Feed::list_price, "");
  const std::string item = R"({"id":"1","sku":"A","prices":[{"currencyCode":"EUR","price":1}]})";
  EXPECT_EQ(failure_of(*survey, ok(amounts(1, item, "null"))).verdict, Verdict::retry);
  EXPECT_EQ(failure_of(*survey, ok(amounts(1, R"({"id":"1","sku":"A","prices":null})"))).verdict, Verdict::retry);
  EXPECT_EQ(failure_of(*survey, ok(amounts(1, R"({"id":"1","sku":null,"prices":[]})"))).verdict, Verdict::retry);
  settings.cost_field = "a}b";
  const std::vector<std::string> skus = {"A"};
  EXPECT_EQ(std::get<PullFailed>(make_amount_survey(settings, Feed::cost, skus)->start()).verdict.verdict,
            Verdict::rejected);
}

TEST(ProductSurvey, ShowsWhatIsEnabledAndReadsAgainWhatCannotBeRead) {
  auto settings = test::settings();
  const auto item = [](const std::string& sku, const std::string& enabled, const std::string& product_enabled) {
    return R"({"id":"1","sku":")" + sku + R"(","enabled":)" + enabled + R"(,"name":"Saw","product":{"enabled":)" +
           product_enabled + R"(,"description":"d","customFields":{"erpId":"7"},"variants":[{}]}})";
  };
  const auto survey = make_product_survey(settings, "");
  EXPECT_EQ(json::serialize(variables_of(*survey)), R"({"take":200,"skip":0})");
  const auto items = item("A", "true", "true") + "," + item("B", "false", "true") + "," + item("C", "true", "false");
  const auto page = page_of(*survey, variants(3, items));
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","product":"7","name":"Saw","description":"d"})");
  EXPECT_EQ(failure_of(*survey, ok(variants(1, item("A", "null", "true")))).verdict, Verdict::retry);
  settings.product_id_field = "a}b";
  EXPECT_EQ(std::get<PullFailed>(make_product_survey(settings, "")->start()).verdict.verdict, Verdict::rejected);
}

TEST(CustomerSurvey, ShowsThePartiesOfTheErpAndReadsAgainWhatCannotBeRead) {
  auto settings = test::settings();
  EXPECT_EQ(std::get<PullFailed>(make_customer_survey(settings, "")->start()).verdict.verdict, Verdict::rejected)
      << "without the field of the code";
  settings.customer_code_field = "erpPartyCode";
  const auto survey = make_customer_survey(settings, "");
  EXPECT_EQ(json::serialize(variables_of(*survey)), R"({"take":200,"skip":0})");
  const auto customers = [](const std::string& fields) {
    return R"({"data":{"customers":{"totalItems":1,"items":[{"id":"1","firstName":"Anna","lastName":"Muster",)"
           R"("emailAddress":"a@example.com","phoneNumber":null,"customFields":)" +
           fields + R"(,"groups":[{"id":"1","name":"VIP"},{"id":"2","name":"erp:5"}]}]}}})";
  };
  const auto page = page_of(*survey, customers(R"({"erpPartyCode":"P1"})"));
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].label, "P1");
  EXPECT_EQ(page.records[0].document,
            R"({"code":"P1","name":"Anna Muster","email":"a@example.com","phone":"","list":"5"})");
  EXPECT_TRUE(page_of(*survey, customers(R"({"erpPartyCode":null})")).records.empty()) << "no party of the ERP";
  EXPECT_EQ(failure_of(*survey, ok(customers("null"))).verdict, Verdict::retry);
}

TEST(OrderSurvey, ShowsTheNumberThatEachOrderCarries) {
  const auto settings = test::settings();
  const connector::Window window{*from_iso8601("2026-11-01T00:00:00Z"), *from_iso8601("2026-11-21T00:00:00.0001Z")};
  const auto survey = make_order_survey(settings, window, "");
  EXPECT_EQ(
      json::serialize(variables_of(*survey).at("options").at("filter")),
      R"({"orderPlacedAt":{"between":{"start":"2026-11-01T00:00:00.000000Z","end":"2026-11-21T00:00:00.001000Z"}}})");
  const auto page = page_of(
      *survey,
      orders(
          3,
          R"({"id":"4","code":"R4","orderPlacedAt":"2026-11-02T00:00:00.000Z","customFields":{"erpOrderNumber":"SO4"}},)"
          R"({"id":"5","code":"R5","orderPlacedAt":"2026-11-02T00:00:00.000Z","customFields":{"erpOrderNumber":null}},)"
          R"({"id":"6","code":"R6","orderPlacedAt":null,"customFields":{"erpOrderNumber":null}})"));
  ASSERT_EQ(page.records.size(), 2U) << "a basket is no order";
  EXPECT_EQ(page.records[0].label, "R4");
  EXPECT_EQ(page.records[0].document, R"({"order":"4","number":"SO4"})");
  EXPECT_EQ(page.records[1].document, R"({"order":"5","number":""})");
}

TEST(OrderSurvey, AnOrderWithoutCodeOrIdLeavesTheOthersAsTheyAre) {
  const auto settings = test::settings();
  const auto survey = make_order_survey(settings, {Instant{}, Instant{}}, "");
  const auto page = page_of(*survey, orders(3, R"({"id":"4","orderPlacedAt":"2026-11-02T00:00:00.000Z"},)"
                                               R"({"code":"R5","orderPlacedAt":"2026-11-02T00:00:00.000Z"},)"
                                               R"({"id":"6","code":"R6","orderPlacedAt":"2026-11-02T00:00:00.000Z"})"));
  ASSERT_EQ(page.records.size(), 2U) << "without a code it has no name";
  EXPECT_EQ(page.records[0].label, "R5");
  EXPECT_EQ(page.records[0].document, R"({"order":"","number":""})");
  EXPECT_EQ(page.records[1].label, "R6");
}

TEST(OrderSurvey, LooksForOrdersByTheirCodes) {
  const auto settings = test::settings();
  const std::vector<std::string> codes = {"R4", "R5"};
  const auto survey = make_order_survey(settings, codes);
  EXPECT_EQ(json::serialize(variables_of(*survey).at("options").at("filter")), R"({"code":{"in":["R4","R5"]}})");
  EXPECT_TRUE(page_of(*survey, orders(0, "")).records.empty());
  EXPECT_EQ(failure_of(*survey, ok(orders(1, R"({"id":"4","code":null})"))).verdict, Verdict::rejected);
  EXPECT_EQ(failure_of(*survey, status(503)).verdict, Verdict::retry);
}

TEST(OrderSurvey, ANumberFieldThatIsNoFieldNameIsRefusedBeforeAnythingIsSent) {
  auto settings = test::settings();
  settings.order_number_field = "a}b";
  const auto survey = make_order_survey(settings, connector::Window{}, "");
  EXPECT_EQ(std::get<PullFailed>(survey->start()).verdict.verdict, Verdict::rejected);
}

}  // namespace
}  // namespace ferry::vendure
