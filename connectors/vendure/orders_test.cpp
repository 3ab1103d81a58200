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

TEST_F(VendureOrders, OrderWithoutCodeIsNotPassedOn) {
  const auto step = pull("", ok(R"({"data":{"orders":{"totalItems":1,"items":[{"id":"1"}]}}})"));
  EXPECT_EQ(std::get<PullFailed>(step).verdict.verdict, Verdict::rejected);
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
}

}  // namespace
}  // namespace ferry::vendure
