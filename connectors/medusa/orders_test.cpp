#include "connectors/medusa/orders.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

json::object row(int number, const std::string& created_at = "2026-11-21T02:30:00.000Z") {
  return {{"id", "order_" + std::to_string(number)}, {"display_id", number}, {"created_at", created_at}};
}
json::array rows(int from, int to) {
  json::array all;
  for (int i = from; i < to; ++i) all.push_back(row(i));
  return all;
}

class MedusaOrders : public testing::Test {
 protected:
  MedusaOrders() { settings_.page_size = 2; }
  PullStep pull(const std::string& cursor, const HttpReply& reply) {
    const auto pull = make_order_pull(
        settings_, {*from_iso8601("2026-11-21T02:00:00.123456Z"), *from_iso8601("2026-11-21T03:00:00.123456Z")}, cursor);
    const auto step = pull->start();
    request_ = std::get<Send>(step).request;
    return pull->on_reply(reply);
  }
  Page page(const std::string& cursor, const HttpReply& reply) { return std::get<Page>(pull(cursor, reply)); }
  ItemVerdict failure(const std::string& cursor, const HttpReply& reply) {
    return std::get<PullFailed>(pull(cursor, reply)).verdict;
  }
  Settings settings_ = settings();
  HttpRequest request_;
};

TEST_F(MedusaOrders, AsksForAWindowThatLosesNoFractionOfAMillisecond) {
  pull("", listed("orders", {}));
  EXPECT_THAT(request_.target, HasSubstr("&created_at%5B%24gte%5D=2026-11-21T02%3A00%3A00.123000Z"
                                         "&created_at%5B%24lt%5D=2026-11-21T03%3A00%3A00.124000Z&limit=2&offset=0"));
  EXPECT_THAT(request_.target, HasSubstr("?order=id&"));
  EXPECT_TRUE(request_.idempotent);
  EXPECT_EQ(request_.target.find(",metadata&"), std::string::npos);
  settings_.customer_reference_key = "po_number";
  pull("", listed("orders", {}));
  EXPECT_THAT(request_.target, HasSubstr(",metadata&created_at"));
}

TEST_F(MedusaOrders, GroupsAndTheSalesChannelAreAskedForOnlyWhereTheScopeNamesSome) {
  pull("", listed("orders", {}));
  EXPECT_EQ(request_.target.find("groups"), std::string::npos);
  settings_.asks_for_groups = settings_.asks_for_channels = true;
  pull("", listed("orders", {}));
  EXPECT_THAT(request_.target, HasSubstr(",customer.groups.name,sales_channel.name&created_at"));
}

TEST_F(MedusaOrders, ReadsToTheEnd) {
  EXPECT_EQ(page("", listed("orders", rows(1, 3), 5)).next_cursor, "2");
  EXPECT_EQ(page("2", listed("orders", rows(3, 5), 5)).next_cursor, "4");
  EXPECT_THAT(request_.target, HasSubstr("&offset=2"));
  EXPECT_EQ(page("4", listed("orders", rows(5, 6), 5)).next_cursor, "");
  EXPECT_EQ(failure("2", listed("orders", rows(3, 4), 5)).verdict, Verdict::retry) << "a page that is cut";
}

TEST_F(MedusaOrders, SaysThePortalsTime) {
  auto reply = listed("orders", {});
  reply.headers = {{"date", "Sat, 21 Nov 2026 02:42:22 GMT"}};
  EXPECT_EQ(page("", reply).portal_clock, from_iso8601("2026-11-21T02:42:22Z"));
}

TEST_F(MedusaOrders, AFilterThatWasIgnoredIsNoticed) {
  const auto verdict = failure("", listed("orders", {row(7, "2020-01-01T00:00:00.000Z")}));
  EXPECT_EQ(verdict.verdict, Verdict::rejected);
  EXPECT_THAT(verdict.reason, HasSubstr("order 7, which was not placed in the time"));
}

TEST_F(MedusaOrders, AnOrderThatCannotBeToldFromAnotherIsNamedAndStopsNoOther) {
  auto nameless = row(1), timeless = row(2), without_id = row(3);
  nameless["display_id"] = nullptr;
  timeless["created_at"] = nullptr;
  without_id["id"] = "a\nb";
  settings_.page_size = 4;
  const auto read = page("", listed("orders", {nameless, timeless, without_id, row(4)}, 5));
  EXPECT_EQ(read.orders.size(), 1U);
  EXPECT_EQ(read.next_cursor, "4");
  EXPECT_EQ(read.unread,
            (std::vector<std::string>{
                R"(an order without number, id "order_1", placed "2026-11-21T02:30:00.000Z")",
                R"(order "2", id "order_2", without a date that can be read)",
                R"(order "3", placed "2026-11-21T02:30:00.000Z", without id)"}));
}

TEST_F(MedusaOrders, IdsAreReadInAsManyRequestsAsTheyNeedAndThoseThatAreGoneAreMissing) {
  std::vector<std::string> ids;
  for (int i = 0; i < 401; ++i) ids.push_back("order_" + std::to_string(i));
  const auto pull = make_order_pull(settings_, ids);
  EXPECT_THAT(std::get<Send>(pull->start()).request.target, HasSubstr("&limit=1000&id%5B%5D=order_0&id%5B%5D=order_1&"));
  const auto second = pull->on_reply(listed("orders", rows(1, 401)));
  EXPECT_THAT(std::get<Send>(second).request.target, testing::EndsWith("&limit=1000&id%5B%5D=order_400"));
  const auto last = pull->on_reply(listed("orders", {}));
  EXPECT_EQ(std::get<Page>(last).orders.size(), 400U);
  EXPECT_EQ(std::get<Page>(last).next_cursor, "");
}

}  // namespace
}  // namespace ferry::medusa
