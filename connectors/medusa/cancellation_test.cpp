#include "connectors/medusa/cancellation.h"

#include <gmock/gmock.h>

#include "connectors/medusa/order_status.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::HasSubstr;

OutboundItem cancelled_item(const std::string& shipments = "[]") {
  return {"71",
          R"({"order":"order_1","reference":"71","number":"SO-1","state":"cancelled","shipments":)" + shipments + "}", ""};
}
json::object order_in_state(const std::string& status, const std::vector<json::value>& canceled_at = {}) {
  json::array list;
  for (const auto& one : canceled_at) list.push_back(json::object{{"id", "ful_1"}, {"canceled_at", one}});
  return {{"id", "order_1"}, {"status", status}, {"fulfillments", std::move(list)}};
}
HttpReply shown_as(json::object order) { return listed("orders", {std::move(order)}); }
const HttpReply kCancelledNow = ok(json::object{{"order", json::object{{"id", "order_1"}}}});
const json::value kThen = "2026-11-29T20:00:00Z";

class MedusaCancellation : public testing::Test {
 protected:
  Played push(std::vector<HttpReply> replies) {
    items_ = {cancelled_item()};
    return play(*make_cancellation_push(settings_, items_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(MedusaCancellation, CancelsTheOrder) {
  const auto played = push({shown_as(order_in_state("pending")), kCancelledNow, shown_as(order_in_state("canceled"))});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.requests[1].method + " " + played.requests[1].target, "POST /admin/orders/order_1/cancel?fields=id");
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaCancellation, OfAnOrderThatIsCancelledThereWritesNothing) {
  const auto played = push({shown_as(order_in_state("canceled"))});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaCancellation, OfWhichTheAnswerWasLostIsLookedForFirst) {
  EXPECT_EQ(push({shown_as(order_in_state("pending")), lost(true)}).items.at(0).verdict, Verdict::ambiguous);
  EXPECT_EQ(push({shown_as(order_in_state("canceled"))}).requests.size(), 1U);
}

TEST_F(MedusaCancellation, OfWhatIsFulfilledThereIsForAPerson) {
  const auto played = push({shown_as(order_in_state("pending", {kThen, nullptr}))});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, AllOf(HasSubstr("\"71\""), HasSubstr("is fulfilled there"), HasSubstr("replay")));
  EXPECT_EQ(push({shown_as(order_in_state("pending", {kThen})), kCancelledNow, shown_as(order_in_state("canceled"))}).items.at(0).verdict,
            Verdict::delivered);
}

TEST_F(MedusaCancellation, ThatThePortalRefusesSaysWhichAndWhy) {
  const auto completed = shown_as(order_in_state("completed"));
  const auto played = push({completed, refused(400, "not_allowed", "Cannot cancel a completed order."), completed});
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(played.items[0].reason,
            "portal order \"71\", which was cancelled in the ERP: the portal refused it: \"Cannot cancel a completed order.\"; "
            "settle it there by hand, then replay this or discard it");
}

TEST_F(MedusaCancellation, WaitsWhileSomebodyIsEditingTheOrder) {
  const auto edited = refused(400, "invalid_data", "Order (order_1) already has an existing active order change");
  EXPECT_EQ(push({shown_as(order_in_state("pending")), edited}).items.at(0).verdict, Verdict::snooze);
}

TEST_F(MedusaCancellation, IsNotDecidedByAnAnswerThatCannotBeRead) {
  for (const auto* path : {"/status", "/fulfillments", "/id"}) {
    json::value broken = order_in_state("pending", {kThen});
    broken.at_pointer(path) = nullptr;
    const auto played = push({shown_as(broken.as_object())});
    EXPECT_EQ(played.requests.size(), 1U) << path;
    EXPECT_EQ(played.items.at(0).verdict, Verdict::retry) << path;
  }
}

TEST_F(MedusaCancellation, IsLeftToAPersonUnlessTheChannelSaysSo) {
  const auto numbered = shown_as({{"id", "order_1"}, {"metadata", json::object{{"erp_order_number", "SO-1"}}}});
  items_ = {cancelled_item()};
  EXPECT_EQ(play(*make_order_status_push(settings_, items_), {numbered}).requests.size(), 1U);
  settings_.cancels_orders = true;
  const auto played = play(*make_order_status_push(settings_, items_),
                           {numbered, shown_as(order_in_state("pending")), kCancelledNow, shown_as(order_in_state("canceled"))});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_THAT(played.requests[2].target, HasSubstr("/order_1/cancel"));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  // a part of it was sent
  items_ = {cancelled_item(R"([{"number":"S-1","carrier":"","tracking":"","lines":[{"sku":"A","quantity":"1"}]}])")};
  const auto sent = play(*make_order_status_push(settings_, items_), {numbered, shown_as(order_in_state("pending"))});
  EXPECT_EQ(sent.requests.size(), 2U);
  EXPECT_NE(sent.items.at(0).verdict, Verdict::delivered);
}

}  // namespace
}  // namespace ferry::medusa
