// The connector against what a real Medusa said: it must encode exactly these requests and understand these replies.
#include <gmock/gmock.h>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/cancellation.h"
#include "connectors/medusa/customer.h"
#include "connectors/medusa/discount.h"
#include "connectors/medusa/discount_survey.h"
#include "connectors/medusa/order_number.h"
#include "connectors/medusa/orders.h"
#include "connectors/medusa/price_list.h"
#include "connectors/medusa/price_list_survey.h"
#include "connectors/medusa/probe.h"
#include "connectors/medusa/product.h"
#include "connectors/medusa/refund.h"
#include "connectors/medusa/session.h"
#include "connectors/medusa/shipment.h"
#include "connectors/medusa/stock.h"
#include "connectors/medusa/support/golden.h"
#include "connectors/medusa/support/script.h"
#include "connectors/medusa/survey.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

Settings recorded_settings() {
  auto settings = test::settings();
  settings.customer_code_key = "erp_code";
  settings.stock_location = "Main warehouse";
  return settings;
}

std::string numbered(const std::string& name, int step) {
  return name + (step < 10 ? "/0" : "/") + std::to_string(step);
}

// Answers every Send of a Pull, a Survey or a Login by the recorded reply to exactly that request.
template <class Step, class Protocol>
Step replay(const std::string& name, Protocol& protocol, int steps) {
  Step step = protocol.start();
  for (int i = 1; i <= steps; ++i) {
    const auto at = numbered(name, i);
    if (!std::holds_alternative<Send>(step)) return step;
    EXPECT_EQ(written(std::get<Send>(step).request), golden_request(at));
    step = protocol.on_reply(golden_reply(at));
  }
  return step;
}
std::vector<ItemVerdict> replay_push(const std::string& name, Exchange& exchange, int steps) {
  std::vector<HttpReply> replies;
  for (int i = 1; i <= steps; ++i) replies.push_back(golden_reply(numbered(name, i)));
  auto played = play(exchange, replies);
  EXPECT_EQ(played.requests.size(), static_cast<std::size_t>(steps));
  for (std::size_t i = 0; i < played.requests.size(); ++i)
    EXPECT_EQ(written(played.requests[i]), golden_request(numbered(name, static_cast<int>(i) + 1)));
  return played.items;
}

TEST(MedusaGolden, LogsIn) {
  const auto settings = recorded_settings();
  const auto login = make_login(settings);
  const auto step = replay<LoginStep>("login", *login, 1);
  ASSERT_TRUE(std::holds_alternative<Session>(step));
  HttpRequest request;
  authorize(request, std::get<Session>(step));
  EXPECT_EQ(request.headers, (Headers{{"authorization", "Bearer 0123456789abcdef"}}));
}

ItemVerdict login_refused(const HttpReply& reply) {
  const auto settings = recorded_settings();
  const auto login = make_login(settings);
  (void)login->start();
  const auto step = login->on_reply(reply);
  return std::holds_alternative<LoginFailed>(step) ? std::get<LoginFailed>(step).verdict : ItemVerdict{};
}

TEST(MedusaGolden, OnlyAWrongPasswordStopsTheChannel) {
  const auto wrong = login_refused(golden_reply("login_refused/01"));
  EXPECT_EQ(wrong.verdict, Verdict::unauthorized);
  EXPECT_THAT(wrong.reason, HasSubstr("settings username and password"));
  // what Medusa said after a minute while its database was down
  const auto away = login_refused(golden_reply("login_database_away/01"));
  EXPECT_EQ(golden_reply("login_database_away/01").status, 401);
  EXPECT_EQ(away.verdict, Verdict::retry);
  EXPECT_THAT(away.reason, HasSubstr("Timeout acquiring a connection"));
  EXPECT_EQ(login_refused(status(401, R"({"message":"Unauthorized"})")).verdict, Verdict::retry) << "a proxy's";
}

TEST(MedusaGolden, ALogInWithoutAUsableTokenIsNone) {
  for (const auto* body : {R"({"token":7})", R"({"token":"a\r\nx: y"})", R"({"location":"https://elsewhere"})"})
    EXPECT_EQ(login_refused(status(200, body)).verdict, Verdict::retry) << body;
  EXPECT_EQ(login_refused(status(429)).verdict, Verdict::snooze);
}

TEST(MedusaGolden, ADeadTokenIsARefusedSessionAndNothingElseIs) {
  EXPECT_TRUE(is_session_refused(golden_reply("session_dead/01")));
  EXPECT_FALSE(is_session_refused(golden_reply("refused/01")));
}

TEST(MedusaGolden, ProbesRightsAndLocation) {
  auto settings = recorded_settings();
  const auto well = replay_push("probe", *make_probe(settings), 2);
  ASSERT_EQ(well.size(), 1U);
  EXPECT_EQ(well[0].verdict, Verdict::delivered) << well[0].reason;
  settings.stock_location = "WH9";
  const auto wrong = replay_push("probe_unknown_location", *make_probe(settings), 2);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0].verdict, Verdict::rejected);
  EXPECT_EQ(wrong[0].reason, R"(the portal has no stock location "WH9"; it has "Main warehouse", "WH2")");
  settings.locations = {"Main warehouse", "Bremen", "Kiel"};
  EXPECT_THAT(replay_push("probe", *make_probe(settings), 2)[0].reason, testing::AllOf(HasSubstr("Bremen"), HasSubstr("Kiel")));
}

std::string net_tier(const std::string& quantity, const std::string& amount, const std::string& from = "null",
                     const std::string& until = "null") {
  return R"({"quantity":")" + quantity + R"(","amount":")" + amount + R"(","from":)" + from + R"(,"until":)" + until + "}";
}
OutboundItem net_prices(const std::string& sku, const std::string& tiers) {
  return {sku, R"({"sku":")" + sku + R"(","list":"7","list_name":"Dealers","currency":"EUR","tiers":[)" + tiers + "]}", ""};
}
const std::string kNextYear = R"("2027-01-01T00:00:00Z")";
const std::string kOfTwoYears = net_tier("0", "8.25", "null", kNextYear) + "," + net_tier("0", "8.5", kNextYear);

// Beside a price list of a person, which has a price of the same SKU: it is neither read nor written.
TEST(MedusaGolden, MakesTheGroupAndThePriceListsOfNetPricesAndFillsThem) {
  const auto settings = recorded_settings();
  const std::vector<OutboundItem> items = {net_prices("SKU-000010", net_tier("0", "4.5") + "," + net_tier("10", "4")),
                                           net_prices("SKU-000011", kOfTwoYears), net_prices("NOPE", net_tier("0", "1"))};
  const auto made = replay_push("fixed_net_price", *make_price_list_push(settings, items), 12);
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(made[0].verdict, Verdict::delivered) << made[0].reason;
  EXPECT_EQ(made[1].verdict, Verdict::delivered) << made[1].reason;
  EXPECT_EQ(made[2].verdict, Verdict::absent);
  const std::vector<OutboundItem> again = {net_prices("SKU-000010", net_tier("0", "4.6")), items[1]};
  const auto changed = replay_push("fixed_net_price_changed", *make_price_list_push(settings, again), 9);
  ASSERT_EQ(changed.size(), 2U);
  for (const auto& item : changed) EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
  const std::vector<OutboundItem> gone = {{"SKU-000010", "", again[0].document}};
  const auto withdrawn = replay_push("fixed_net_price_withdrawn", *make_price_list_push(settings, gone), 9);
  ASSERT_EQ(withdrawn.size(), 1U);
  EXPECT_EQ(withdrawn[0].verdict, Verdict::delivered) << withdrawn[0].reason;
}

TEST(MedusaGolden, ReadsNetPricesBackAsTheirDocumentsSayThem) {
  const auto settings = recorded_settings();
  const std::vector<std::string> skus = {"SKU-000010", "SKU-000011", "NOPE"};
  const auto survey = make_price_list_survey(settings, skus);
  const auto step = replay<SurveyStep>("fixed_net_price_survey", *survey, 4);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].identity, R"({"list":"7"})");
  EXPECT_EQ(records[1].document, R"({"sku":"SKU-000011","list":"7","currency":"EUR","tiers":[)" + kOfTwoYears + "]}");
}

std::string percents(const std::string& tiers) {
  auto text = tiers;
  for (std::size_t at = 0; (at = text.find("amount", at)) != std::string::npos;) text.replace(at, 6, "percent");
  return text;
}
OutboundItem discount(const std::string& sku, const std::string& tiers) {
  return {sku, R"({"sku":")" + sku + R"(","list":"7","list_name":"Dealers","tiers":[)" + percents(tiers) + "]}", ""};
}
const std::string kWithBreak = net_tier("0", "5") + "," + net_tier("10", "12.5");
const std::string kPercentsOfTwoYears = net_tier("0", "7", "null", kNextYear) + "," + net_tier("0", "8", kNextYear);

// Beside a promotion of a person, which is neither read nor written.
TEST(MedusaGolden, MakesThePromotionsOfDiscountsAndChangesOnlyWhatIsWrong) {
  const auto settings = recorded_settings();
  const std::vector<OutboundItem> items = {discount("SKU-000010", kWithBreak), discount("SKU-000011", kPercentsOfTwoYears),
                                           discount("NOPE", net_tier("0", "1"))};
  const auto made = replay_push("discount", *make_discount_push(settings, items), 11);
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(made[0].verdict, Verdict::delivered) << made[0].reason;
  EXPECT_EQ(made[1].verdict, Verdict::delivered) << made[1].reason;
  EXPECT_EQ(made[2].verdict, Verdict::absent);
  const std::vector<OutboundItem> again = {discount("SKU-000010", net_tier("0", "6") + "," + net_tier("20", "15")), items[1]};
  for (const auto& item : replay_push("discount_changed", *make_discount_push(settings, again), 8))
    EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
  const std::vector<OutboundItem> gone = {{"SKU-000010", "", again[0].document}};
  const auto withdrawn = replay_push("discount_withdrawn", *make_discount_push(settings, gone), 6);
  ASSERT_EQ(withdrawn.size(), 1U);
  EXPECT_EQ(withdrawn[0].verdict, Verdict::delivered) << withdrawn[0].reason;
}

TEST(MedusaGolden, ReadsDiscountsBackAsTheirDocumentsSayThem) {
  const auto settings = recorded_settings();
  const std::vector<std::string> skus = {"SKU-000010", "SKU-000011", "NOPE"};
  const auto survey = make_discount_survey(settings, skus);
  const auto step = replay<SurveyStep>("discount_survey", *survey, 3);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].document, R"({"sku":"SKU-000010","list":"7","tiers":[)" + percents(kWithBreak) + "]}");
  EXPECT_EQ(records[1].document, R"({"sku":"SKU-000011","list":"7","tiers":[)" + percents(kPercentsOfTwoYears) + "]}");
}

OutboundItem party(const std::string& code, const std::string& rest, const std::string& known = "") {
  return {code, rest.empty() ? "" : R"({"code":")" + code + "\"," + rest + "}", known};
}

// Beside a group of a person; Bea had registered by herself, in other letters.
TEST(MedusaGolden, MakesAndTakesOverCustomersAndLetsThemGo) {
  auto settings = recorded_settings();
  settings.tax_identifier_key = "erp_tax_identifier";
  settings.credit_hold_key = "erp_credit_hold";
  const std::string address = R"("addresses":[{"name":"Anna Muster","street":"Gasse 1\nHof 2","postal_code":"80331",)"
                              R"("city":"München","subdivision":"DE-BY","country":"DE","invoice":true,"delivery":true}])";
  const auto anna = party("P1", R"("name":"Anna Muster","email":"anna@example.com","phone":"+49 89 1","tax_identifier":"DE123456789",)"
                                R"("list":"7","list_name":"Dealers","credit_hold":true,)" + address);
  const auto bea = party("P2", R"("name":"Bea Curie","email":"bea@example.com","phone":"","tax_identifier":"","list":"7",)"
                               R"("list_name":"Dealers","credit_hold":false,"addresses":[])");
  const auto nobody = party("P3", R"("name":"Nobody","email":"nobody@example","phone":"","tax_identifier":"","list":"",)"
                                  R"("list_name":"","credit_hold":false,"addresses":[])");
  const std::vector<OutboundItem> all = {anna, bea, nobody};
  const auto made = replay_push("customer", *make_customer_push(settings, all), 11);
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(made[0].verdict, Verdict::delivered) << made[0].reason;
  EXPECT_EQ(made[1].verdict, Verdict::delivered) << made[1].reason;
  EXPECT_EQ(made[2].verdict, Verdict::rejected);
  EXPECT_THAT(made[2].reason, HasSubstr("Invalid email address"));
  const auto other = R"("name":"Anna Muster GmbH","email":"office@example.com","phone":"","tax_identifier":"","list":"",)"
                     R"("list_name":"","credit_hold":false,)" + address;
  const std::vector<OutboundItem> again = {party("P1", other, anna.document)}, gone = {party("P2", "", bea.document)};
  EXPECT_EQ(replay_push("customer_changed", *make_customer_push(settings, again), 6).at(0).verdict, Verdict::delivered);
  EXPECT_EQ(replay_push("customer_withdrawn", *make_customer_push(settings, gone), 5).at(0).verdict, Verdict::delivered);
  const std::vector<std::string> codes = {"NOPE", "P1", "P2"};
  const auto survey = make_customer_survey(settings, codes);
  const auto step = replay<SurveyStep>("customer_survey", *survey, 2);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].label, "P2");
  EXPECT_EQ(records[1].document, R"({"code":"P1","name":"Anna Muster GmbH","email":"office@example.com","phone":"",)"
                                 R"("tax_identifier":"","list":"","credit_hold":false})");
}

OutboundItem product(const std::string& sku, const std::string& of, const std::string& name, const std::string& description,
                     const std::string& category, const std::string& attributes, const std::string& image,
                     const std::string& unit = "u") {
  return {sku, R"({"sku":")" + sku + R"(","product":")" + of + R"(","name":")" + name + R"(","description":")" + description +
                   R"(","unit":")" + unit + R"(","digits":0,"categories":[")" + category + R"("],"attributes":{)" + attributes +
                   R"(},"images":["https://img.example/)" + image + R"(.png"]})", ""};
}

// P-1 is a person's, as a draft, with a price, a category and an image of his own.
TEST(MedusaGolden, MakesAndTakesOverProductsAndWithdrawsThem) {
  auto settings = recorded_settings();
  settings.product_keys = {{"unit", "erp_unit"}, {"attributes", "erp_attributes"}};
  settings.category_key = "erp_category";
  const auto red = product("S-1", "7", "Saw", "sharp", "Tools / Saws", R"("colour":"Red")", "s1");
  const auto blue = product("S-2", "7", "Saw", "sharp", "Tools / Saws", R"("colour":"Blue")", "s2");
  const auto hammer = product("P-1", "8", "Hammer", "heavy", "Tools", "", "p1");
  auto larger = product("P-1", "8", "Hammer XL", "", "Tools / Hammers", "", "p2", "kg");
  const auto deliver = [&](const std::string& name, const std::vector<OutboundItem>& items, int steps) {
    for (const auto& item : replay_push(name, *make_product_push(settings, items), steps))
      EXPECT_EQ(item.verdict, Verdict::delivered) << name << " " << item.index << " " << item.reason;
  };
  deliver("product", {red, blue, hammer}, 14);
  deliver("product_changed", {{"P-1", larger.document, hammer.document}, {"S-1", red.document, red.document}}, 6);
  deliver("product_withdrawn", {{"S-1", "", red.document}, {"P-1", "", larger.document}}, 4);
  deliver("product_back", {larger}, 5);
  const std::vector<std::string> skus = {"NOPE", "P-1", "S-1", "S-2"};
  const auto survey = make_product_survey(settings, skus);
  const auto step = replay<SurveyStep>("product_survey", *survey, 1);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 1U) << "the others were withdrawn";
  EXPECT_EQ(records[0].document, R"({"sku":"S-2","product":"7","name":"Saw"})");
}

std::string stock(const std::string& sku, const std::string& quantity, const std::string& location = "null") {
  return R"({"sku":")" + sku + R"(","location":)" + location + R"(,"quantity":")" + quantity + "\"}";
}

TEST(MedusaGolden, SetsStockAtTwoLocationsAndLeavesAloneWhatIsRight) {
  const auto settings = recorded_settings();
  const std::vector<OutboundItem> items = {{"", stock("SKU-000010", "42"), ""},
                                           {"", stock("NOPE", "1"), ""},
                                           {"", stock("SKU-000011", "7.5", "\"WH2\""), ""},
                                           {"", stock("SKU-000012", "90"), stock("SKU-000012", "100")},
                                           {"", stock("SKU-000013", "100"), ""}};
  const auto settled = replay_push("stock", *make_stock_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 5U);
  for (const std::size_t i : {0U, 2U, 3U, 4U}) EXPECT_EQ(settled[i].verdict, Verdict::delivered) << i << settled[i].reason;
  EXPECT_EQ(settled[1].verdict, Verdict::absent);
}

TEST(MedusaGolden, ReadsBackTheStockOfSkus) {
  const auto settings = recorded_settings();
  const std::vector<std::string> skus = {"NOPE", "SKU-000010", "SKU-000011"};
  const auto survey = make_stock_survey(settings, skus);
  const auto step = replay<SurveyStep>("stock_survey", *survey, 2);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U) << "the portal does not have NOPE";
  EXPECT_EQ(records[0].document, R"({"sku":"SKU-000010","quantity":"42"})");
}

TEST(MedusaGolden, WritesTheOrderNumberAndReadsItBack) {
  const auto settings = recorded_settings();
  const std::vector<OutboundItem> items = {
      {"1", R"({"order":"order_01M8HF4XY86J4W9RXKT0PEXNMX","reference":"1","number":"SO-1","state":"confirmed"})", ""},
      {"9", R"({"order":"order_nope","reference":"9","number":"SO-9","state":"confirmed"})", ""}};
  const auto settled = replay_push("order_number", *make_order_number_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 2U);
  EXPECT_EQ(settled[0].verdict, Verdict::delivered);
  EXPECT_EQ(settled[1].verdict, Verdict::absent);
}

TEST(MedusaGolden, WritesWhatBecameOfAnOrderWithItsNumber) {
  auto settings = recorded_settings();
  settings.order_state_key = "erp_state";
  settings.order_invoices_key = "erp_invoices";
  settings.order_cancelled_key = "erp_cancelled";
  const std::vector<OutboundItem> items = {
      {"1",
       R"({"order":"order_01M8N2HSGZD1G60MQD2JAEYSJP","reference":"1","number":"SO-1","state":"processing","shipments":[],)"
       R"("invoices":[{"number":"INV-1","date":"2026-11-30","kind":"invoice"},)"
       R"({"number":"INV-2","date":"2026-12-02","kind":"credit_note"}],"cancelled":[{"sku":"SKU-000001","quantity":"6"}]})",
       ""}};
  const auto settled = replay_push("order_texts", *make_order_number_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::delivered) << settled[0].reason;
}

// One order's document with these entries of `shipments`.
std::vector<OutboundItem> shipped(const std::string& order, const std::string& number, const std::string& shipments) {
  return {{number,
           R"({"order":")" + order + R"(","reference":")" + number + R"(","number":"SO-1","state":"processing","shipments":[)" +
               shipments + "]}",
           ""}};
}

TEST(MedusaGolden, E3_TellsTwoParcelsOfAnOrderWithTheirLines) {
  const auto settings = recorded_settings();
  const auto items = shipped(
      "order_01M8MH2X7QQYXGT9BHV850M8G5", "6",
      R"({"number":"OUT-1","carrier":"DHL","tracking":"TRACK-1","lines":[{"sku":"SKU-000001","quantity":"4"},)"
      R"({"sku":"SKU-000002","quantity":"3"}]},)"
      R"({"number":"OUT-2","carrier":"","tracking":"","lines":[{"sku":"SKU-000001","quantity":"6"}]})");
  const auto settled = replay_push("shipment", *make_shipment_push(settings, items), 10);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::delivered);
}

TEST(MedusaGolden, TakesBackAParcelThatWasToldTwice) {
  const auto settings = test::settings();
  const auto items = shipped("order_01M8MH35QE9WF7581K71ADA9NE", "7",
                             R"({"number":"OUT-3","carrier":"","tracking":"","lines":[{"sku":"SKU-000003","quantity":"4"}]})");
  const auto settled = replay_push("shipment_twice", *make_shipment_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::delivered);
}

// A person fulfils one of two pieces between our look and our write.
TEST(MedusaGolden, TellsAPersonOfAParcelForWhichTooLittleIsLeft) {
  const auto settings = test::settings();
  const auto items = shipped("order_01M8MH3D4TSFT4238GFAJ6C2YX", "8",
                             R"({"number":"OUT-4","carrier":"","tracking":"","lines":[{"sku":"SKU-000004","quantity":"2"}]})");
  const auto settled = replay_push("shipment_refused", *make_shipment_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::rejected);
  EXPECT_THAT(settled[0].reason, HasSubstr(R"(shipment "OUT-4" sent 2 of SKU "SKU-000004", and the portal has 1 left)"));
}

TEST(MedusaGolden, WaitsWithAParcelOfAnOrderThatIsBeingEdited) {
  const auto settings = test::settings();
  const auto items = shipped("order_01M8MH3K2EF1HDBSEJPMY8K1YV", "9",
                             R"({"number":"OUT-5","carrier":"","tracking":"","lines":[{"sku":"SKU-000005","quantity":"2"}]})");
  const auto settled = replay_push("shipment_edited", *make_shipment_push(settings, items), 2);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::snooze);
}

// Medusa leaves the lines of an order as they were when it is cancelled.
TEST(MedusaGolden, TellsAPersonOfAParcelOfAnOrderThatWasCancelled) {
  const auto settings = test::settings();
  const auto items = shipped("order_01M8MH3RQP56Z6TZJ84ANEK5TS", "10",
                             R"({"number":"OUT-6","carrier":"","tracking":"","lines":[{"sku":"SKU-000006","quantity":"2"}]})");
  const auto settled = replay_push("shipment_cancelled", *make_shipment_push(settings, items), 1);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::rejected);
  EXPECT_THAT(settled[0].reason, HasSubstr("cancelled there: settle it with the customer"));
}

OutboundItem cancelled(const std::string& order, const std::string& number) {
  return {number, R"({"order":")" + order + R"(","reference":")" + number + R"(","number":"SO-1","state":"cancelled","shipments":[]})", ""};
}

TEST(MedusaGolden, CancelsWhatIsNeitherCancelledNorFulfilledThere) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {cancelled("order_01M8MJE8FEPPYAPDD12F0FT3KS", "11"),
                                           cancelled("order_01M8MJEJ71J77PNR5DV46S2KBC", "12"),
                                           cancelled("order_01M8MJEW06F4HA0ADK0G6572V3", "13")};
  const auto settled = replay_push("cancellation", *make_cancellation_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 3U);
  EXPECT_EQ(settled[0].verdict, Verdict::delivered);
  EXPECT_EQ(settled[1].verdict, Verdict::delivered);
  EXPECT_EQ(settled[2].verdict, Verdict::rejected);
  EXPECT_THAT(settled[2].reason, HasSubstr("portal order \"13\" was cancelled in the ERP, and something of it is fulfilled there"));
}

TEST(MedusaGolden, TellsAPersonWhatCannotBeCancelledThere) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {cancelled("order_01M8MJF8C5KB9B92Z8P8PE3PTJ", "14")};
  const auto settled = replay_push("cancellation_refused", *make_cancellation_push(settings, items), 3);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].verdict, Verdict::rejected);
  EXPECT_THAT(settled[0].reason, HasSubstr("Cannot cancel a completed order."));
}

TEST(MedusaGolden, FindsOrdersByTheNumberThatPeopleKnow) {
  const auto settings = recorded_settings();
  const std::vector<std::string> numbers = {"2", "5"};
  const auto survey = make_order_survey(settings, numbers);
  const auto step = replay<SurveyStep>("order_survey", *survey, 6);
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 1U) << "5 was a draft";
  EXPECT_EQ(records[0].document, R"({"order":"order_01M8HF7BTXN00YJZXS858Y98W8","number":"SO-1"})");
}

TEST(MedusaGolden, ReadsAPageOfOrdersToTheCent) {
  auto settings = recorded_settings();
  settings.page_size = 2;
  const auto pull = make_order_pull(settings, {Instant{}, *from_iso8601("2026-11-30T01:21:00Z")}, "3");
  const auto step = replay<PullStep>("orders", *pull, 1);
  ASSERT_TRUE(std::holds_alternative<Page>(step));
  const auto& page = std::get<Page>(step);
  ASSERT_EQ(page.orders.size(), 2U);
  EXPECT_EQ(page.next_cursor, "");
  const auto& order = page.orders[1];  // with a promotion of 10 %, a price of four decimals and another invoice address
  EXPECT_EQ(order.reference, "5");
  EXPECT_EQ(order.portal_id, "order_01M8N0MRF98K2CPCDZ9W1T1D7M");
  EXPECT_TRUE(order.acknowledged && order.open && !order.cancelled);
  EXPECT_EQ(
      order.document,
      R"({"schema":"ferry.order/1","reference":"5","portal_id":"order_01M8N0MRF98K2CPCDZ9W1T1D7M",)"
      R"("placed_at":"2026-11-30T01:20:53.246000Z","state":"captured","currency":"EUR","customer":{"name":"Navy Ltd",)"
      R"("email":"grace@example.com","phone":"+1 202 1","erp_code":"10042"},"invoice_address":{"name":"Grace Hopper",)"
      R"("company":"Navy Ltd","street":"Dock 1","postal_code":"75001","city":"Paris","subdivision":"","country":"FR","phone":""},)"
      R"("delivery_address":{"name":"Ada Byron","company":"Engines Ltd","street":"Gasse 1\nHof 2","postal_code":"80331",)"
      R"("city":"München","subdivision":"","country":"DE","phone":"+49 89 1234"},"lines":[{"line":"ordli_01M8N0MRFKFFCTE17PJATW7KVP",)"
      R"("sku":"SKU-000006","name":"Things from 6 / Thing 6","quantity":"1","unit_price":"9.054","tax_rate":"20","net":"9.05",)"
      R"("gross":"10.86","open_quantity":"1"},{"line":"ordli_01M8N0MRFM7HZG1PV6932887KB","sku":"SKU-000005",)"
      R"("name":"Things from 1 / Thing 5","quantity":"3","unit_price":"8.124","tax_rate":"20","net":"24.37","gross":"29.25",)"
      R"("open_quantity":"3"}],"shipping":[{"code":"so_01M8MZKZK4TQBSDVZHCEJ9RK7E","name":"Standard","net":"4.9","gross":"5.88",)"
      R"("tax_rate":"20"}],"surcharges":[],"payments":[{"method":"pp_system_default","state":"captured","amount":"45.99",)"
      R"("transaction":"pay_01M8N0MS9M448WMW3Q2BF2XMQ4"}],"net":"38.33","gross":"45.99"})");
}

TEST(MedusaGolden, ReadsGroupsAndTheSalesChannelWhereTheScopeNamesSome) {
  auto settings = recorded_settings();
  settings.asks_for_groups = settings.asks_for_channels = true;
  const auto pull = make_order_pull(settings, {Instant{}, *from_iso8601("2027-01-01T00:00:00Z")}, "");
  const auto step = replay<PullStep>("orders_in_scope", *pull, 1);
  ASSERT_TRUE(std::holds_alternative<Page>(step));
  ASSERT_EQ(std::get<Page>(step).orders.size(), 1U);
  const auto document = json::parse(std::get<Page>(step).orders[0].document);
  EXPECT_EQ(json::serialize(document.at("customer").at("groups")), R"(["Dealers"])");
  EXPECT_EQ(json::serialize(document.at("channels")), R"(["Default Sales Channel"])");
}

TEST(MedusaGolden, ReadsOrdersAgainByTheirIds) {
  const auto settings = recorded_settings();
  const std::vector<std::string> ids = {"order_nope", "order_01M8N0M42J32P2FKNSBH529534", "order_01M8N0MCZ6EC1MJXA4TGJTMDTS"};
  const auto pull = make_order_pull(settings, ids);
  const auto step = replay<PullStep>("orders_by_id", *pull, 1);
  ASSERT_TRUE(std::holds_alternative<Page>(step));
  const auto& orders = std::get<Page>(step).orders;
  ASSERT_EQ(orders.size(), 2U);
  EXPECT_EQ(orders[0].state, "authorized");
  EXPECT_TRUE(orders[1].cancelled);
}

// Three pieces came back and were paid back; one more, damaged, by the ERP, to the cent; then goodwill, with a reason and
// without, of which Medusa made credit lines.
TEST(MedusaGolden, E1_WhatCameBackAndWasPaidBackIsNoEditOfTheOrder) {
  const auto settings = recorded_settings();
  const std::vector<std::string> ids{"order_01M8N0NPAKRSJWCRV062QG2TWK"};
  const auto pull = make_order_pull(settings, ids);
  const auto step = replay<PullStep>("orders_refunded", *pull, 1);
  ASSERT_TRUE(std::holds_alternative<Page>(step));
  ASSERT_EQ(std::get<Page>(step).orders.size(), 1U);
  const auto& document = std::get<Page>(step).orders[0].document;
  EXPECT_THAT(document, HasSubstr(R"("sku":"SKU-000001","name":"Things from 1 / Thing 1","quantity":"3","unit_price":"10.01",)"
                                  R"("tax_rate":"20","net":"30.03","gross":"36.04","open_quantity":"0"})"));
  EXPECT_THAT(document, HasSubstr(R"("quantity":"2","unit_price":"10.02","tax_rate":"20","net":"20.04","gross":"24.05")"));
  EXPECT_THAT(
      document,
      testing::EndsWith(
          R"("net":"54.97","gross":"65.96","refunds":[{"refund":"ref_01M8N0P1RZN0XZMNX65BZ20Y7D","at":"2026-11-30T01:21:35.520000Z",)"
          R"("reason":"did not fit","gross":"36.04","shipping":"0","lines":[{"line":"ordli_01M8N0NPANH549P3RX1JEHF8KT",)"
          R"("sku":"SKU-000001","quantity":"3"}]},{"refund":"ref_01M8N0P7Q83FZYH3BNR0HMZ2KV","at":"2026-11-30T01:21:41.609000Z",)"
          R"("reason":"Damaged [SO-12]","gross":"12.02","shipping":"0","lines":[{"line":"ordli_01M8N0NPANPRA8P869B85BGMYD",)"
          R"("sku":"SKU-000002","quantity":"1"}]},{"refund":"ref_01M8N0P8MVPW1W25WPMMVWH7HT","at":"2026-11-30T01:21:42.556000Z",)"
          R"("reason":"Broken: goodwill","gross":"5","shipping":"0","lines":[]},{"refund":"ref_01M8N0PAC8Z0HZKZHDNSKAEF27",)"
          R"("at":"2026-11-30T01:21:44.329000Z","reason":"","gross":"1","shipping":"0","lines":[]}]})"));
  EXPECT_THAT(document, HasSubstr(R"("surcharges":[])"));
}

std::vector<OutboundItem> returned(const std::string& order, const std::string& refunds) {
  return {{"7", R"({"order":")" + order + R"(","reference":"7","number":"SO-1","state":"done","shipments":[],"refunds":[)" + refunds + "]}", ""}};
}

TEST(MedusaGolden, PaysBackWhatTheErpTookBack) {
  const auto settings = recorded_settings();
  const auto items = returned("order_01M8N0S6C9VJ9HQ5Y6ZX2X2YM7",
                              R"({"number":"SO-12","total":"24.02","currency":"EUR","reason":"Damaged","lines":[]},)"
                              R"({"number":"SO-13","total":"5","currency":"EUR","reason":"","lines":[]})");
  const auto played = replay_push("refund", *make_refund_push(settings, items), 5);
  ASSERT_EQ(played.size(), 1U);
  EXPECT_EQ(played[0].verdict, Verdict::delivered) << played[0].reason;
}

// A person pays most of it back between our look and our write.
TEST(MedusaGolden, TellsAPersonOfAReturnForWhichTooLittleWasPaid) {
  const auto settings = recorded_settings();
  const auto items = returned("order_01M8N0SNR7JFD79XAJTKD68BDV",
                              R"({"number":"SO-14","total":"24.02","currency":"EUR","reason":"Damaged","lines":[]})");
  const auto played = replay_push("refund_refused", *make_refund_push(settings, items), 3);
  ASSERT_EQ(played.size(), 1U);
  EXPECT_EQ(played[0].verdict, Verdict::rejected);
  EXPECT_THAT(played[0].reason, HasSubstr("24.02 EUR are to be paid back, and the order's payments have 5.96 EUR left there"));
}

}  // namespace
}  // namespace ferry::medusa
