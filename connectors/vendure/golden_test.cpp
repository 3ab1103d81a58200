// The connector against what a real Vendure said: it must encode exactly these requests and understand these replies.
#include <gmock/gmock.h>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/cancellation.h"
#include "connectors/vendure/customer.h"
#include "connectors/vendure/discount.h"
#include "connectors/vendure/fixed_price.h"
#include "connectors/vendure/order_number.h"
#include "connectors/vendure/orders.h"
#include "connectors/vendure/price.h"
#include "connectors/vendure/probe.h"
#include "connectors/vendure/product.h"
#include "connectors/vendure/refund.h"
#include "connectors/vendure/session.h"
#include "connectors/vendure/shipment.h"
#include "connectors/vendure/stock.h"
#include "connectors/vendure/support/golden.h"
#include "connectors/vendure/support/script.h"
#include "connectors/vendure/survey.h"
#include "connectors/vendure/terms_survey.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;

std::string stock_document(const std::string& sku, const std::string& quantity, const std::string& location = "null") {
  return R"({"sku":")" + sku + R"(","location":)" + location + R"(,"quantity":")" + quantity + "\"}";
}

std::string amount_document(const std::string& sku, const std::string& amount, const std::string& currency = "EUR") {
  return R"({"sku":")" + sku + R"(","currency":")" + currency + R"(","amount":")" + amount + R"(","tax":"excluded"})";
}

// Plays the recorded replies of a case and compares every request with the recorded one.
Played replay(const std::string& name, connector::Exchange& exchange, int steps) {
  const auto file = [&](std::size_t step) { return name + (step < 10 ? "/0" : "/") + std::to_string(step); };
  std::vector<connector::HttpReply> replies;
  for (int i = 1; i <= steps; ++i) replies.push_back(golden_reply(file(static_cast<std::size_t>(i))));
  auto played = play(exchange, replies);
  EXPECT_EQ(played.requests.size(), static_cast<std::size_t>(steps));
  for (std::size_t i = 0; i < played.requests.size(); ++i)
    EXPECT_EQ(played.requests[i].body, golden_request(file(i + 1)));
  return played;
}

TEST(VendureGolden, LogsIn) {
  const auto settings = test::settings();
  const auto login = make_login(settings);
  const auto step = login->start();
  EXPECT_EQ(std::get<connector::Send>(step).request.body, golden_request("login/01"));
  const auto after = login->on_reply(golden_reply("login/01"));
  ASSERT_TRUE(std::holds_alternative<connector::Session>(after));
  EXPECT_EQ(std::get<connector::Session>(after).token, "0123456789abcdef");
}

TEST(VendureGolden, IsRefusedWithAWrongPassword) {
  const auto settings = test::settings();
  const auto login = make_login(settings);
  (void)login->start();
  const auto after = login->on_reply(golden_reply("login_refused/01"));
  ASSERT_TRUE(std::holds_alternative<connector::LoginFailed>(after));
  EXPECT_EQ(std::get<connector::LoginFailed>(after).verdict.verdict, Verdict::unauthorized);
  EXPECT_THAT(std::get<connector::LoginFailed>(after).verdict.reason, HasSubstr("settings username and password"));
}

TEST(VendureGolden, SetsStockOfTwoLocationsAndLeavesAloneWhatIsRight) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {
      {"", stock_document("SKU-000010", "42"), ""},
      {"", stock_document("NOPE", "1"), ""},
      {"", stock_document("SKU-000011", "7", "\"WH2\""), ""},
      {"", stock_document("SKU-000012", "100"), ""},
      {"", stock_document("SKU-000013", "90"), stock_document("SKU-000013", "80")}};
  const auto played = replay("stock", *make_stock_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 5U);
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
  for (const std::size_t i : {0U, 2U, 3U, 4U}) EXPECT_EQ(played.items[i].verdict, Verdict::delivered) << i;
}

TEST(VendureGolden, ReadsBackTheStockOfSkusAtEitherLocation) {
  auto settings = test::settings();
  const std::vector<std::string> skus = {"NOPE", "SKU-000010", "SKU-000011", "SKU-000012", "SKU-000013"};
  for (const auto* const location : {"", "WH2"}) {
    settings.stock_location = location;
    const auto survey = make_stock_survey(settings, skus);
    EXPECT_EQ(std::get<connector::Send>(survey->start()).request.body, golden_request("stock/01"));
    const auto step = survey->on_reply(golden_reply("stock/01"));
    ASSERT_TRUE(std::holds_alternative<connector::SurveyPage>(step));
    const auto& page = std::get<connector::SurveyPage>(step);
    ASSERT_EQ(page.records.size(), 4U) << "the portal does not have NOPE";
    EXPECT_EQ(page.next_cursor, "");
    EXPECT_EQ(page.records[0].document,
              R"({"sku":"SKU-000010","quantity":")" + std::string(*location == 0 ? "100" : "10") + "\"}");
  }
}

TEST(VendureGolden, NamesThePermissionThatIsMissing) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"", stock_document("SKU-000001", "46"), ""}};
  const auto played = replay("stock_lacks_permission", *make_stock_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::unauthorized);
  EXPECT_THAT(played.items[0].reason, HasSubstr("UpdateCatalog"));
  EXPECT_FALSE(is_session_refused(golden_reply("stock_lacks_permission/02")));
}

TEST(VendureGolden, SetsThePriceThatDiffersAndLeavesAloneWhatIsRight) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"", amount_document("SKU-000010", "12.34"), ""},
                                                      {"", amount_document("NOPE", "1"), ""},
                                                      {"", amount_document("SKU-000011", "10.11"), ""},
                                                      {"", amount_document("SKU-000012", "9.995"), ""},
                                                      {"", "", amount_document("SKU-000013", "7")}};
  const auto played = replay("list_price", *make_price_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 5U);
  for (const std::size_t i : {0U, 2U, 4U}) EXPECT_EQ(played.items[i].verdict, Verdict::delivered) << i;
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
  EXPECT_EQ(played.items[3].verdict, Verdict::rejected);
}

TEST(VendureGolden, SetsAPriceInYenBesideTheOneInEuro) {
  auto settings = test::settings();
  settings.price_currency = "JPY";
  const std::vector<connector::OutboundItem> items = {{"", amount_document("SKU-000010", "1200", "JPY"), ""}};
  const auto played = replay("list_price_yen", *make_price_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST(VendureGolden, NamesThePermissionThatPricesLack) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"", amount_document("SKU-000010", "12.35"), ""}};
  const auto played = replay("list_price_lacks_permission", *make_price_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::unauthorized);
  EXPECT_THAT(played.items[0].reason, HasSubstr("UpdateCatalog"));
}

TEST(VendureGolden, SetsACostAndTakesAnotherOff) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"", amount_document("SKU-000010", "8.5"), ""},
                                                      {"SKU-000011", "", amount_document("SKU-000011", "8")}};
  const auto played = replay("cost", *make_cost_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 2U);
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
}

TEST(VendureGolden, ReadsBackPricesAndCosts) {
  const auto settings = test::settings();
  const std::vector<std::string> skus = {"NOPE", "SKU-000010", "SKU-000011"};
  std::vector<std::string> documents;
  for (const auto feed : {Feed::list_price, Feed::cost}) {
    const auto survey = make_amount_survey(settings, feed, skus);
    const auto golden = std::string(name_of(feed)) + "_survey/01";
    EXPECT_EQ(std::get<connector::Send>(survey->start()).request.body, golden_request(golden));
    const auto step = survey->on_reply(golden_reply(golden));
    ASSERT_TRUE(std::holds_alternative<connector::SurveyPage>(step));
    for (const auto& record : std::get<connector::SurveyPage>(step).records) documents.push_back(record.document);
  }
  EXPECT_THAT(documents,
              testing::ElementsAre(R"({"sku":"SKU-000010","currency":"EUR","amount":"12.34","tax":"excluded"})",
                                   R"({"sku":"SKU-000011","currency":"EUR","amount":"10.11","tax":"excluded"})",
                                   R"({"sku":"SKU-000010","currency":"EUR","amount":"8.5"})"))
      << "what has no cost shows none";
}

std::string product_document(const std::string& sku, const std::string& product, const std::string& name) {
  return R"({"sku":")" + sku + R"(","product":")" + product + R"(","name":")" + name +
         R"(","description":"Good for nails","unit":"u","digits":0,"categories":["Tools / Hammers"],)"
         R"("attributes":{},"images":[]})";
}

TEST(VendureGolden, CreatesAProductAndShowsItNotBeforeItHasAPrice) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"SAW-1", product_document("SAW-1", "12", "Saw"), ""}};
  const auto played = replay("product_create", *make_product_push(settings, items), 5);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::absent);
}

TEST(VendureGolden, TakesOverTheProductThatAPersonMadeForTheSku) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"SKU-000020", product_document("SKU-000020", "20", "Plane"), ""}};
  const auto played = replay("product_adopt", *make_product_push(settings, items), 7);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST(VendureGolden, MakesASecondVariantAnOptionOfTheProduct) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"AXE-2", product_document("AXE-2", "13", "Axe, large"), ""}};
  const auto played = replay("product_second_variant", *make_product_push(settings, items), 8);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::absent);
}

TEST(VendureGolden, TakesOffAnOptionGroupThatArrivedTwice) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {
      {"SAW-3", R"({"sku":"SAW-3","product":"12","name":"Saw, small","description":""})", ""}};
  const auto played = replay("product_double_group", *make_product_push(settings, items), 7);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::absent);
}

TEST(VendureGolden, PublishesAndWithdrawsVariantsWithTheirProduct) {
  const auto settings = test::settings();
  const auto small = product_document("SAW-1", "12", "Saw"), large = product_document("SAW-2", "12", "Saw, large");
  const std::vector<connector::OutboundItem> published = {{"SAW-1", small, ""}, {"SAW-2", large, ""}};
  for (const auto& item : replay("product_publish", *make_product_push(settings, published), 8).items)
    EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
  const std::vector<connector::OutboundItem> withdrawn = {{"SAW-1", "", small}, {"SAW-2", "", large}};
  for (const auto& item : replay("product_withdraw", *make_product_push(settings, withdrawn), 8).items)
    EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
}

TEST(VendureGolden, ReadsBackProductsThatAreShown) {
  const auto settings = test::settings();
  const std::vector<std::string> skus = {"SAW-1", "SAW-2", "SKU-000020", "NOPE"};
  const auto survey = make_product_survey(settings, skus);
  EXPECT_EQ(std::get<connector::Send>(survey->start()).request.body, golden_request("product_survey/01"));
  const auto step = survey->on_reply(golden_reply("product_survey/01"));
  ASSERT_TRUE(std::holds_alternative<connector::SurveyPage>(step));
  std::vector<std::string> documents;
  for (const auto& record : std::get<connector::SurveyPage>(step).records) documents.push_back(record.document);
  EXPECT_THAT(documents, testing::UnorderedElementsAre(
                             R"({"sku":"SKU-000020","product":"20","name":"Plane","description":"Good for nails"})",
                             R"({"sku":"SAW-1","product":"12","name":"Saw"})",
                             R"({"sku":"SAW-2","product":"12","name":"Saw, large"})"));
}

std::string party_document(const std::string& code, const std::string& name, const std::string& email,
                           const std::string& list) {
  return R"({"code":")" + code + R"(","name":")" + name + R"(","email":")" + email +
         R"(","phone":"+49 30 1","tax_identifier":"DE1","list":")" + list +
         R"(","list_name":"Trade","credit_hold":false,"addresses":[{"name":"Müller GmbH",)"
         R"("street":"Hauptstraße 5\nHof 2","postal_code":"10115","city":"Berlin","subdivision":"DE-BE",)"
         R"("country":"DE","invoice":true,"delivery":true}]})";
}

TEST(VendureGolden, CreatesTakesOverAndWithdrawsCustomers) {
  auto settings = test::settings();
  settings.customer_code_field = "erpPartyCode";
  const auto created = party_document("P1", "Müller GmbH", "mueller@example.com", "5");
  const std::vector<std::vector<connector::OutboundItem>> batches = {
      {{"P1", created, ""}},
      {{"P2", party_document("P2", "Anna Muster", "anna@example.com", "5"), ""}},
      {{"P1", "", created}}};
  const std::vector<std::pair<std::string, int>> cases = {
      {"customer_create", 9}, {"customer_take_over", 9}, {"customer_withdraw", 3}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto played = replay(cases[i].first, *make_customer_push(settings, batches[i]), cases[i].second);
    ASSERT_EQ(played.items.size(), 1U) << cases[i].first;
    EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
  }
}

TEST(VendureGolden, MovesACustomerToAnotherListAndRejectsWhatIsAmbiguous) {
  auto settings = test::settings();
  settings.customer_code_field = "erpPartyCode";
  const std::vector<connector::OutboundItem> items = {
      {"P1", party_document("P1", "Müller AG", "mueller@example.com", "6"), ""},
      {"P2", party_document("P2", "Anna Muster", "mueller@example.com", "5"), ""},
      {"P3", party_document("P3", "Dritter", "anna@example.com", "5"), ""}};
  const auto played = replay("customer_change", *make_customer_push(settings, items), 11);
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_THAT(played.items[1].reason, HasSubstr("could be the portal's customers 3 and 4"));
  EXPECT_THAT(played.items[2].reason, HasSubstr("who is party \"P2\""));
}

TEST(VendureGolden, ReadsBackCustomersWithTheirList) {
  auto settings = test::settings();
  settings.customer_code_field = "erpPartyCode";
  const std::vector<std::string> codes = {"P1", "P2", "NOPE"};
  const auto survey = make_customer_survey(settings, codes);
  EXPECT_EQ(std::get<connector::Send>(survey->start()).request.body, golden_request("customer_survey/01"));
  const auto step = survey->on_reply(golden_reply("customer_survey/01"));
  ASSERT_TRUE(std::holds_alternative<connector::SurveyPage>(step));
  std::vector<std::string> documents;
  for (const auto& record : std::get<connector::SurveyPage>(step).records) documents.push_back(record.document);
  EXPECT_THAT(
      documents,
      testing::ElementsAre(
          R"({"code":"P2","name":"Anna Muster","email":"anna@example.com","phone":"+49 30 1","list":"5"})",
          R"({"code":"P1","name":"Müller AG","email":"mueller@example.com","phone":"+49 30 1","list":""})"));
}

TEST(VendureGolden, TellsADeadSessionFromAMissingPermission) {
  EXPECT_TRUE(is_session_refused(golden_reply("session_dead/01")));
}

TEST(VendureGolden, WritesTheOrderNumberAndReadsItBack) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {
      {"8WCHHM5QX4XR8GC3", R"({"order":"4","reference":"8WCHHM5QX4XR8GC3","number":"SO-4","state":"processing"})", ""}};
  const auto played = replay("order_number", *make_order_number_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.pauses.size(), 1U);
}

TEST(VendureGolden, WritesWhatBecameOfAnOrderWithItsNumber) {
  auto settings = test::settings();
  settings.order_state_field = "erpStatus";
  settings.order_invoices_field = "erpInvoiceNumber";
  settings.order_cancelled_field = "erpCancelled";
  const std::vector<connector::OutboundItem> items = {
      {"6F367JGNQJH9R9CQ",
       R"({"order":"1","reference":"6F367JGNQJH9R9CQ","number":"SO-1","state":"processing","shipments":[],)"
       R"("invoices":[{"number":"INV-1","date":"2026-11-30","kind":"invoice"},)"
       R"({"number":"INV-2","date":"2026-12-02","kind":"credit_note"}],"cancelled":[{"sku":"SKU-000001","quantity":"6"}]})",
       ""}};
  const auto played = replay("order_fields", *make_order_number_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
}

TEST(VendureGolden, NamesBothOrdersThatClaimOneNumber) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {
      {"JKAVUNHPEQ3C58AX", R"({"order":"2","reference":"JKAVUNHPEQ3C58AX","number":"SO-4","state":"processing"})", ""}};
  const auto played = replay("order_number_taken", *make_order_number_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_EQ(
      played.items[0].reason,
      R"(the ERP number "SO-4" of portal order "JKAVUNHPEQ3C58AX" is already on portal order "8WCHHM5QX4XR8GC3")");
}

// One order's document with these entries of `shipments`.
std::vector<connector::OutboundItem> shipped(const std::string& order, const std::string& code, const std::string& shipments) {
  return {{code,
           R"({"order":")" + order + R"(","reference":")" + code + R"(","number":"SO-1","state":"processing","shipments":[)" +
               shipments + "]}",
           ""}};
}

TEST(VendureGolden, E3_TellsTwoParcelsOfAnOrderWithTheirLines) {
  const auto settings = test::settings();
  const auto items = shipped(
      "1", "PAS8P1LTC6XKC72Z",
      R"({"number":"OUT-1","carrier":"DHL","tracking":"TRACK-1","lines":[{"sku":"SKU-000001","quantity":"4"},)"
      R"({"sku":"SKU-000002","quantity":"3"}]},)"
      R"({"number":"OUT-2","carrier":"","tracking":"","lines":[{"sku":"SKU-000001","quantity":"6"}]})");
  const auto played = replay("shipment", *make_shipment_push(settings, items), 7);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST(VendureGolden, TakesBackAParcelThatWasToldTwice) {
  const auto settings = test::settings();
  const auto items = shipped(
      "2", "Z5PZMTWCF3KS99NC", R"({"number":"OUT-3","carrier":"","tracking":"","lines":[{"sku":"SKU-000003","quantity":"4"}]})");
  const auto played = replay("shipment_twice", *make_shipment_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

// A person fulfils one of two pieces between our look and our write.
TEST(VendureGolden, TellsAPersonOfAParcelForWhichTooLittleIsLeft) {
  const auto settings = test::settings();
  const auto items = shipped(
      "3", "ZPYT21FQDDSWLJRW", R"({"number":"OUT-4","carrier":"","tracking":"","lines":[{"sku":"SKU-000004","quantity":"2"}]})");
  const auto played = replay("shipment_refused", *make_shipment_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr(R"(shipment "OUT-4" sent 2 of SKU "SKU-000004", and the portal has 1 left)"));
}

// Vendure would take the goods off its stock and leave the order as it is.
TEST(VendureGolden, FulfilsNothingThatIsOnlyAuthorised) {
  const auto settings = test::settings();
  const auto items = shipped(
      "4", "TQHP2XZB8M2RZNTR", R"({"number":"OUT-5","carrier":"","tracking":"","lines":[{"sku":"SKU-000005","quantity":"2"}]})");
  const auto played = replay("shipment_unpaid", *make_shipment_push(settings, items), 1);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::snooze);
}

TEST(VendureGolden, CancelsWhatIsNeitherCancelledNorFulfilledThere) {
  const auto settings = test::settings();
  std::vector<connector::OutboundItem> items;
  for (const auto& [order, code] : {std::pair("1", "7D68M97D21JKLBAQ"), std::pair("2", "LSP8RDF39VM2ZQQ9"), std::pair("3", "ZMQFZQ15YWYME873")})
    items.push_back({code, R"({"order":")" + std::string(order) + R"(","state":"cancelled","shipments":[]})", ""});
  const auto played = replay("cancellation", *make_cancellation_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[2].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[2].reason, HasSubstr("was cancelled in the ERP, and something of it is fulfilled there"));
}

std::vector<connector::OutboundItem> returned(const std::string& order, const std::string& code, const std::string& refunds) {
  return {{code, R"({"order":")" + order + R"(","reference":")" + code + R"(","number":"SO-1","state":"done","shipments":[],"refunds":[)" + refunds + "]}", ""}};
}

// Vendure's dummy handler pays nothing back: both stay Pending until they are settled.
TEST(VendureGolden, PaysBackWhatTheErpTookBack) {
  const auto settings = test::settings();
  const auto items = returned("1", "UD5AK3MYTXRFQ3XC",
                              R"({"number":"SO-12","total":"24.02","currency":"EUR","reason":"Damaged","lines":[{"sku":"SKU-000001","quantity":"2"}]},)"
                              R"({"number":"SO-13","total":"5","currency":"EUR","reason":"","lines":[]})");
  const auto played = replay("refund", *make_refund_push(settings, items), 9);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
}

// A person pays most of it back between our look and our write.
TEST(VendureGolden, TellsAPersonOfAReturnForWhichTooLittleWasPaid) {
  const auto settings = test::settings();
  const auto items = returned("2", "PYEHMC8N7SZMAKE1",
                              R"({"number":"SO-14","total":"24.02","currency":"EUR","reason":"Damaged","lines":[{"sku":"SKU-000001","quantity":"2"}]})");
  const auto played = replay("refund_refused", *make_refund_push(settings, items), 3);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("24.02 EUR are to be paid back, and the order's payments have 10 EUR left there"));
}

TEST(VendureGolden, ReadsAPageOfOrdersToTheCent) {
  auto settings = test::settings();
  settings.page_size = 2;
  settings.customer_code_field = "erpPartyCode";
  const auto pull = make_order_pull(settings, {Instant{}, *from_iso8601("2027-01-01T00:00:00Z")}, "2");
  EXPECT_EQ(std::get<connector::Send>(pull->start()).request.body, golden_request("orders/01"));
  const auto step = pull->on_reply(golden_reply("orders/01"));
  ASSERT_TRUE(std::holds_alternative<connector::Page>(step));
  const auto& page = std::get<connector::Page>(step);
  ASSERT_EQ(page.orders.size(), 2U);
  EXPECT_EQ(page.next_cursor, "");
  EXPECT_EQ(page.portal_clock, from_iso8601("2026-11-21T02:42:22Z"));
  const auto& order = page.orders[0];
  EXPECT_EQ(order.reference, "RCDXPYBJBUEWVXSS");
  EXPECT_EQ(order.portal_id, "3");
  EXPECT_EQ(order.placed_at, from_iso8601("2026-11-21T02:19:28.691Z"));
  EXPECT_TRUE(order.acknowledged);
  EXPECT_TRUE(order.open);
  EXPECT_FALSE(order.cancelled);
  EXPECT_EQ(
      order.document,
      R"({"schema":"ferry.order/1","reference":"RCDXPYBJBUEWVXSS","portal_id":"3","placed_at":"2026-11-21T02:19:28.691000Z",)"
      R"("state":"PaymentSettled","currency":"USD","customer":{"name":"Anna Müller","email":"anna@example.com","phone":"+49 30 1",)"
      R"("erp_code":null},"invoice_address":{"name":"Anna Müller","company":"Müller GmbH","street":"Hauptstraße 5\n2. Stock",)"
      R"("postal_code":"10115","city":"Berlin","subdivision":"BE","country":"DE","phone":"+49 30 1"},"delivery_address":{)"
      R"("name":"Anna Müller","company":"Müller GmbH","street":"Hauptstraße 5\n2. Stock","postal_code":"10115","city":"Berlin",)"
      R"("subdivision":"BE","country":"DE","phone":"+49 30 1"},"lines":[{"line":"4","sku":"SKU-000003","name":"Item 000003",)"
      R"("quantity":"3","unit_price":"9.0267","tax_rate":"20","net":"27.08","gross":"32.5","open_quantity":"3"},{"line":"5",)"
      R"("sku":"SKU-000002","name":"Item 000002","quantity":"1","unit_price":"9.02","tax_rate":"20","net":"9.02","gross":"10.82",)"
      R"("open_quantity":"1"}],"shipping":[{"code":"standard-shipping","name":"Standard Shipping","net":"5","gross":"5","tax_rate":"0"}],)"
      R"("surcharges":[],"payments":[{"method":"settle","state":"Settled","amount":"48.32","transaction":"oumgi591js"}],)"
      R"("net":"41.1","gross":"48.32"})");
}

TEST(VendureGolden, ReadsGroupsAndChannelsWhereTheScopeNamesSome) {
  auto settings = test::settings();
  settings.customer_code_field = "erpPartyCode";
  settings.asks_for_groups = settings.asks_for_channels = true;
  const auto pull = make_order_pull(settings, {Instant{}, *from_iso8601("2027-01-01T00:00:00Z")}, "");
  EXPECT_EQ(std::get<connector::Send>(pull->start()).request.body, golden_request("orders_in_scope/01"));
  const auto step = pull->on_reply(golden_reply("orders_in_scope/01"));
  ASSERT_TRUE(std::holds_alternative<connector::Page>(step));
  ASSERT_EQ(std::get<connector::Page>(step).orders.size(), 1U);
  const auto document = json::parse(std::get<connector::Page>(step).orders[0].document);
  EXPECT_EQ(json::serialize(document.at("customer").at("groups")), R"(["Dealers"])");
  EXPECT_EQ(json::serialize(document.at("channels")), R"(["__default_channel__"])");
}

// Two parts of it were given back: one is settled, the other still pending.
TEST(VendureGolden, E2_ARefundCountsOnceItIsSettled) {
  const auto settings = test::settings();
  const std::vector<std::string> ids{"3"};
  const auto pull = make_order_pull(settings, ids);
  EXPECT_EQ(std::get<connector::Send>(pull->start()).request.body, golden_request("orders_refunded/01"));
  const auto step = pull->on_reply(golden_reply("orders_refunded/01"));
  ASSERT_TRUE(std::holds_alternative<connector::Page>(step));
  ASSERT_EQ(std::get<connector::Page>(step).orders.size(), 1U);
  const auto& order = std::get<connector::Page>(step).orders[0];
  EXPECT_THAT(order.document,
              testing::EndsWith(R"("net":"35.04","gross":"42.04","refunds":[{"refund":"1","at":"2026-11-29T20:37:45.176000Z",)"
                                R"("reason":"damaged in transit","gross":"12.01","shipping":"0",)"
                                R"("lines":[{"line":"5","sku":"SKU-000001","quantity":"1"}]}]})"));
}

TEST(VendureGolden, ProbesRightsFieldsAndLocation) {
  const auto settings = test::settings();
  const auto played = replay("probe", *make_probe(settings), 2);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
}

TEST(VendureGolden, ProbeNamesEveryPermissionThatIsMissing) {
  const auto settings = test::settings();
  const auto played = replay("probe_lacks_permissions", *make_probe(settings), 1);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].reason,
            "the portal's user lacks the permissions UpdateCatalog, UpdateOrder; add them to its role");
}

std::string tiers_document(const std::string& sku, const std::string& list, const std::string& more) {
  return R"({"sku":")" + sku + R"(","list":")" + list + "\"," + more + "}";
}
std::string tier(const std::string& quantity, const std::string& value, const std::string& from = "null",
                 const std::string& until = "null") {
  return R"({"quantity":")" + quantity + R"(",)" + value + R"(,"from":)" + from + R"(,"until":)" + until + "}";
}

// Plays the recorded replies of a survey's one page.
connector::SurveyPage replay(const std::string& name, connector::Survey& survey, int steps) {
  auto step = survey.start();
  for (int i = 1; i <= steps; ++i) {
    const auto file = name + "/0" + std::to_string(i);
    EXPECT_EQ(std::get<connector::Send>(step).request.body, golden_request(file));
    step = survey.on_reply(golden_reply(file));
  }
  return std::get<connector::SurveyPage>(step);
}

TEST(VendureGolden, MakesChangesAndSwitchesOffTheDiscountsOfAPriceList) {
  auto settings = test::settings();
  settings.promotion_key_field = "erpKey";
  settings.promotion_tiers_field = "erpTiers";
  const auto document = [](const std::string& sku, const std::string& tiers) {
    return tiers_document(sku, "12", R"("list_name":"Retailers","tiers":[)" + tiers + "]");
  };
  const std::string new_year = R"("2027-01-01T00:00:00Z")";
  const auto made = tier("0", R"("percent":"5")", "null", new_year) + "," + tier("0", R"("percent":"8")", new_year) +
                    "," + tier("10", R"("percent":"12.5")");
  const auto before = document("SKU-000010", made), after = document("SKU-000010", tier("0", R"("percent":"6")"));
  const std::vector<connector::OutboundItem> create = {{"", before, ""},
                                                       {"", document("NOPE", tier("0", R"("percent":"5")")), ""}};
  const std::vector<connector::OutboundItem> change = {{"", after, before}}, withdraw = {{"", "", after}};
  const auto created = replay("discount_create", *make_discount_push(settings, create), 12);
  ASSERT_EQ(created.items.size(), 2U);
  EXPECT_EQ(created.items[0].verdict, Verdict::delivered) << created.items[0].reason;
  EXPECT_EQ(created.items[1].verdict, Verdict::absent);
  const auto page = replay("discount_survey", *make_discount_survey(settings, ""), 2);
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].document, tiers_document("SKU-000010", "12", R"("tiers":[)" + made + "]"));
  EXPECT_EQ(replay("discount_change", *make_discount_push(settings, change), 9).items.at(0).verdict,
            Verdict::delivered);
  EXPECT_EQ(replay("discount_withdraw", *make_discount_push(settings, withdraw), 3).items.at(0).verdict,
            Verdict::delivered);
}

TEST(VendureGolden, SetsAndTakesBackFixedNetPricesInTheChannelOfTheirList) {
  auto settings = test::settings();
  settings.list_channels = {{"7", "list-7"}};
  const auto document = [](const std::string& sku, const std::string& amount) {
    return tiers_document(sku, "7", R"("list_name":"Wholesale","currency":"EUR","tiers":[)" +
                                        tier("0", R"("amount":")" + amount + "\"") + "]");
  };
  const std::vector<connector::OutboundItem> set = {{"", document("SKU-000011", "8.75"), ""},
                                                    {"", document("NOPE", "1"), ""}};
  const std::vector<connector::OutboundItem> withdraw = {{"", "", document("SKU-000011", "8.8")}};
  const auto played = replay("fixed_price_set", *make_fixed_price_push(settings, set), 5);
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
  const auto page = replay("fixed_price_survey", *make_fixed_price_survey(settings, ""), 1);
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].document,
            R"({"sku":"SKU-000011","list":"7","currency":"EUR","tiers":[{"amount":"8.75"}]})");
  EXPECT_EQ(replay("fixed_price_withdraw", *make_fixed_price_push(settings, withdraw), 2).items.at(0).verdict,
            Verdict::delivered);
}

}  // namespace
}  // namespace ferry::vendure
