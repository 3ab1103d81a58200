#include "connectors/vendure/orders.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;
using namespace connector;

HttpReply listed(std::size_t count, std::size_t total, Headers headers = {}) {
  json::array items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back(json::object{{"id", std::to_string(i + 1)}, {"code", "C" + std::to_string(i + 1)}});
  return ok(json::serialize(json::object{{"data", {{"orders", {{"totalItems", total}, {"items", items}}}}}}),
            std::move(headers));
}

class VendureOrders : public testing::Test {
 protected:
  VendureOrders() { settings_.page_size = 2; }
  PullStep pull(const std::string& cursor, const HttpReply& reply) {
    const auto pull = make_order_pull(
        settings_, {*from_iso8601("2026-11-21T02:00:00.123456Z"), *from_iso8601("2026-11-21T03:00:00.123456Z")},
        cursor);
    const auto step = pull->start();
    request_ = std::get<Send>(step).request;
    return pull->on_reply(reply);
  }
  json::value options() const { return json::parse(request_.body).at("variables").at("options"); }
  Settings settings_ = settings();
  HttpRequest request_;
};

TEST_F(VendureOrders, WindowIsOverThePlacedAtThatStateChangesDoNotTouch) {
  pull("", listed(0, 0));
  EXPECT_EQ(
      json::serialize(options()),
      R"({"take":2,"skip":0,"filter":{"orderPlacedAt":{"between":{"start":"2026-11-21T02:00:00.123000Z","end":"2026-11-21T03:00:00.124000Z"}}},)"
      R"("sort":{"orderPlacedAt":"ASC","id":"ASC"}})");
  EXPECT_EQ(request_.body.find("updatedAt"), std::string::npos);
}

TEST_F(VendureOrders, PagesGoOnUntilTheTotalIsReached) {
  const auto first = std::get<Page>(pull("", listed(2, 3)));
  EXPECT_EQ(first.next_cursor, "2");
  const auto last = std::get<Page>(pull("2", listed(1, 3)));
  EXPECT_EQ(options().at("skip"), 2);
  EXPECT_EQ(last.next_cursor, "");
}

TEST_F(VendureOrders, TruncatedPageIsAnErrorAndNotTheEnd) {
  const auto step = pull("", listed(1, 3));
  ASSERT_TRUE(std::holds_alternative<PullFailed>(step));
  EXPECT_EQ(std::get<PullFailed>(step).verdict.verdict, Verdict::retry);
}

TEST_F(VendureOrders, ListThatShrankBehindTheCursorEnds) {
  const auto page = std::get<Page>(pull("4", listed(0, 3)));
  EXPECT_TRUE(page.orders.empty());
  EXPECT_EQ(page.next_cursor, "");
}

TEST_F(VendureOrders, TotalsAndCursorsThatNoPortalCanMeanAreRefusedAndNeverOverflow) {
  for (const auto total : {INT64_MIN, std::int64_t{-1}, std::int64_t{1} << 32, INT64_MAX}) {
    const json::object list{{"data", {{"orders", {{"totalItems", total}, {"items", json::array()}}}}}};
    for (const auto* cursor : {"", "9223372036854775807", "-9223372036854775808", "50"}) {
      const auto step = pull(cursor, ok(json::serialize(list)));
      ASSERT_TRUE(std::holds_alternative<PullFailed>(step)) << total;
      EXPECT_EQ(std::get<PullFailed>(step).verdict.reason, "the portal's answer has no list of orders");
    }
  }
  EXPECT_EQ(std::get<Page>(pull("9223372036854775807", listed(0, 3))).next_cursor, "");
}

TEST(Stories, A9_APageShorterThanItsTotalIsAnErrorAndNotTheEnd) {
  const auto settings = test::settings();
  for (const std::size_t listed_orders : {0U, 1U, 49U}) {
    const auto step = make_order_pull(settings, {Instant{}, Instant{}}, "")->on_reply(listed(listed_orders, 100'001));
    ASSERT_TRUE(std::holds_alternative<PullFailed>(step)) << listed_orders;
    EXPECT_EQ(std::get<PullFailed>(step).verdict.verdict, Verdict::retry);
  }
}

TEST(Stories, A10_OrdersBeyondTheFirstPageComeAndEveryPageAsksForTheSame) {
  const auto settings = test::settings();
  for (const std::size_t total : {0U, 1U, 49U, 50U, 51U, 100U, 101U, 250U}) {
    std::string cursor;
    std::size_t pages = 0, seen = 0;
    std::string first_request;
    do {
      const auto pull = make_order_pull(settings, {Instant{}, Instant{}}, cursor);
      auto asked = json::parse(std::get<Send>(pull->start()).request.body);
      asked.at("variables").at("options").at("skip") = 0;
      if (pages == 0) first_request = json::serialize(asked);
      EXPECT_EQ(json::serialize(asked), first_request) << "page " << pages << " of " << total;
      const auto step = pull->on_reply(listed(std::min<std::size_t>(50, total - seen), total));
      ASSERT_TRUE(std::holds_alternative<Page>(step));
      seen += std::get<Page>(step).orders.size();
      cursor = std::get<Page>(step).next_cursor;
      ++pages;
    } while (!cursor.empty() && pages < 100);
    EXPECT_EQ(seen, total);
    EXPECT_EQ(pages, std::max<std::size_t>(1, (total + 49) / 50)) << "no empty request behind a full page";
  }
}

TEST_F(VendureOrders, PageCarriesThePortalsClock) {
  const auto page = std::get<Page>(pull("", listed(0, 0, {{"date", "Sat, 21 Nov 2026 02:18:44 GMT"}})));
  EXPECT_EQ(page.portal_clock, from_iso8601("2026-11-21T02:18:44Z"));
  EXPECT_FALSE(std::get<Page>(pull("", listed(0, 0))).portal_clock);
}

TEST_F(VendureOrders, OrdersThatAreGoneAreMissingWhenAskedForById) {
  const std::vector<std::string> ids = {"1", "2", "99"};
  const auto pull = make_order_pull(settings_, ids);
  const auto step = pull->start();
  EXPECT_THAT(std::get<Send>(step).request.body, HasSubstr(R"("filter":{"id":{"in":["1","2","99"]}})"));
  const auto page = std::get<Page>(pull->on_reply(listed(2, 2)));
  EXPECT_EQ(page.orders.size(), 2U);
  EXPECT_EQ(page.next_cursor, "");
}

TEST_F(VendureOrders, TroubleOfThePortalIsTheVerdictOfThePull) {
  EXPECT_EQ(std::get<PullFailed>(pull("", lost(true))).verdict.verdict, Verdict::retry);
  EXPECT_EQ(std::get<PullFailed>(pull("", status(429, "", {{"retry-after", "3"}}))).verdict.wait,
            std::chrono::seconds(3));
  EXPECT_EQ(std::get<PullFailed>(pull("", refused("no", "FORBIDDEN", "orders"))).verdict.verdict,
            Verdict::unauthorized);
  EXPECT_EQ(std::get<PullFailed>(pull("", ok(R"({"data":{}})"))).verdict.verdict, Verdict::retry);
}

TEST_F(VendureOrders, OrdersThatCannotBeToldFromOthersAreNamedAndTheRestOfThePageIsPassedOn) {
  const auto page = std::get<Page>(pull("", ok(R"({"data":{"orders":{"totalItems":5,"items":[)"
                                               R"({"id":"1","code":"A"},)"
                                               R"({"id":"2","orderPlacedAt":"2026-03-02","state":"Pay\nment"},)"
                                               R"({"id":")" + std::string(101, '7') + R"(","code":"B"},)"
                                               R"(null,{"id":"3","code":"C"}]}}})")));
  ASSERT_EQ(page.orders.size(), 2U);
  EXPECT_EQ(page.orders[0].reference, "A");
  EXPECT_EQ(page.orders[1].reference, "C");
  EXPECT_THAT(page.unread, testing::ElementsAre(
                               testing::AllOf(HasSubstr("an order without code, id \"2\", placed \"2026-03-02\""),
                                              testing::Not(HasSubstr("\n"))),
                               "order \"B\" without id", "an order without code"));
  EXPECT_EQ(page.next_cursor, "");
}

TEST_F(VendureOrders, CustomersCodeIsAskedForOnlyWhereAFieldIsNamed) {
  pull("", listed(0, 0));
  EXPECT_EQ(request_.body.find("customFields"), std::string::npos);
  settings_.customer_code_field = "erpPartyCode";
  pull("", listed(0, 0));
  EXPECT_THAT(request_.body, HasSubstr("customFields{erpPartyCode}"));
  settings_.customer_code_field = "x}evil";
  pull("", listed(0, 0));
  EXPECT_EQ(request_.body.find("evil"), std::string::npos);
  settings_.customer_code_field = "erpPartyCode";
  settings_.tax_identifier_field = "vat";
  settings_.customer_reference_field = "poNumber";
  pull("", listed(0, 0));
  EXPECT_THAT(request_.body, HasSubstr("totalWithTax customFields{poNumber} customer{"));
  EXPECT_THAT(request_.body, HasSubstr("phoneNumber customFields{erpPartyCode vat}}"));
}

// A document that says more than before is a changed one, of each order that is looked at.
TEST_F(VendureOrders, GroupsAndChannelsAreAskedForOnlyWhereTheScopeNamesSome) {
  pull("", listed(0, 0));
  EXPECT_EQ(request_.body.find("groups"), std::string::npos);
  EXPECT_EQ(request_.body.find("channels"), std::string::npos);
  settings_.asks_for_groups = settings_.asks_for_channels = true;
  pull("", listed(0, 0));
  EXPECT_THAT(request_.body, HasSubstr("totalWithTax channels{code} customer{"));
  EXPECT_THAT(request_.body, HasSubstr("phoneNumber groups{name}}"));
}

}  // namespace
}  // namespace ferry::vendure
