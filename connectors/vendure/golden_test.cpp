// The connector against what a real Vendure said: it must encode exactly these requests and understand these replies.
#include <gmock/gmock.h>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/order_number.h"
#include "connectors/vendure/orders.h"
#include "connectors/vendure/probe.h"
#include "connectors/vendure/session.h"
#include "connectors/vendure/stock.h"
#include "connectors/vendure/support/golden.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;

std::string stock_document(const std::string& sku, const std::string& quantity, const std::string& location = "null") {
  return R"({"sku":")" + sku + R"(","location":)" + location + R"(,"quantity":")" + quantity + "\"}";
}

// Plays the recorded replies of a case and compares every request with the recorded one.
Played replay(const std::string& name, connector::Exchange& exchange, int steps) {
  std::vector<connector::HttpReply> replies;
  for (int i = 1; i <= steps; ++i) replies.push_back(golden_reply(name + "/0" + std::to_string(i)));
  auto played = play(exchange, replies);
  EXPECT_EQ(played.requests.size(), static_cast<std::size_t>(steps));
  for (std::size_t i = 0; i < played.requests.size(); ++i)
    EXPECT_EQ(played.requests[i].body, golden_request(name + "/0" + std::to_string(i + 1)));
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

TEST(VendureGolden, NamesThePermissionThatIsMissing) {
  const auto settings = test::settings();
  const std::vector<connector::OutboundItem> items = {{"", stock_document("SKU-000001", "46"), ""}};
  const auto played = replay("stock_lacks_permission", *make_stock_push(settings, items), 2);
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::unauthorized);
  EXPECT_THAT(played.items[0].reason, HasSubstr("UpdateCatalog"));
  EXPECT_FALSE(is_session_refused(golden_reply("stock_lacks_permission/02")));
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

}  // namespace
}  // namespace ferry::vendure
