#include "connectors/vendure/cancellation.h"

#include <gmock/gmock.h>

#include "connectors/vendure/order_status.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::HasSubstr;

OutboundItem cancelled_item(const std::string& id, const std::string& shipments = "[]") {
  return {"CODE" + id,
          R"({"order":")" + id + R"(","reference":"CODE)" + id + R"(","number":"SO-)" + id + R"(","state":"cancelled","shipments":)" +
              shipments + "}",
          ""};
}
json::object order_in_state(const std::string& state, const std::vector<std::string>& fulfilments = {}, const std::string& id = "1") {
  json::array list;
  for (const auto& one : fulfilments) list.push_back(json::object{{"id", "f1"}, {"state", one}, {"method", "Post"}, {"lines", json::array()}});
  return {{"id", id}, {"code", "CODE" + id}, {"state", state}, {"lines", json::array()}, {"fulfillments", std::move(list)}};
}
HttpReply shown_as(json::object order) {
  return ok(json::serialize(json::object{
      {"data", {{"orders", json::object{{"totalItems", 1}, {"items", json::array{std::move(order)}}}}}}}));
}
const HttpReply kCancelled = ok(R"({"data":{"cancelOrder":{"__typename":"Order","id":"1"}}})");
HttpReply no_cancellation(const std::string& message) {
  return ok(json::serialize(json::object{
      {"data", {{"cancelOrder", {{"errorCode", "ORDER_STATE_TRANSITION_ERROR"}, {"message", "no"}, {"transitionError", message}}}}}}));
}

class VendureCancellation : public testing::Test {
 protected:
  Played push(std::vector<HttpReply> replies) {
    items_ = {cancelled_item("1")};
    return play(*make_cancellation_push(settings_, items_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureCancellation, CancelsTheWholeOrderWithItsDelivery) {
  const auto played = push({shown_as(order_in_state("PaymentSettled")), kCancelled, shown_as(order_in_state("Cancelled"))});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.operation(1), "FerryCancelOrder");
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":{"orderId":"1","reason":"Cancelled in the ERP","cancelShipping":true}})");
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(VendureCancellation, OfAnOrderThatIsCancelledThereWritesNothing) {
  const auto played = push({shown_as(order_in_state("Cancelled"))});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(VendureCancellation, OfWhichTheAnswerWasLostIsLookedForFirst) {
  EXPECT_EQ(push({shown_as(order_in_state("PaymentSettled")), lost(true)}).items.at(0).verdict, Verdict::ambiguous);
  EXPECT_EQ(push({shown_as(order_in_state("Cancelled"))}).requests.size(), 1U);
}

TEST_F(VendureCancellation, OfWhatIsFulfilledThereIsForAPerson) {
  for (const auto* state : {"Pending", "Shipped", "Delivered"}) {
    const auto played = push({shown_as(order_in_state("PartiallyShipped", {state}))});
    EXPECT_EQ(played.requests.size(), 1U) << state;
    EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
    EXPECT_THAT(played.items[0].reason, AllOf(HasSubstr("\"CODE1\""), HasSubstr("is fulfilled there"), HasSubstr("replay")));
  }
  const auto taken_back = push({shown_as(order_in_state("PaymentSettled", {"Cancelled"})), kCancelled, shown_as(order_in_state("Cancelled"))});
  EXPECT_EQ(taken_back.items.at(0).verdict, Verdict::delivered);
}

TEST_F(VendureCancellation, ThatThePortalRefusesSaysWhichAndWhy) {
  const auto settled = shown_as(order_in_state("PaymentSettled"));
  const auto played = push({settled, no_cancellation("Cannot transition Order"), settled});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(played.items[0].reason,
            "portal order \"CODE1\", which was cancelled in the ERP: the portal refused it: \"Cannot transition Order\"; settle "
            "it there by hand, then replay this or discard it");
}

TEST_F(VendureCancellation, WaitsWhileSomebodyIsEditingTheOrder) {
  const auto played = push({shown_as(order_in_state("Modifying"))});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::snooze);
}

TEST_F(VendureCancellation, IsNotDecidedByAnAnswerThatCannotBeRead) {
  for (const auto* path : {"/state", "/fulfillments", "/fulfillments/0/state"}) {
    json::value broken = order_in_state("PaymentSettled", {"Cancelled"});
    broken.at_pointer(path) = nullptr;
    const auto played = push({shown_as(broken.as_object())});
    EXPECT_EQ(played.requests.size(), 1U) << path;
    EXPECT_EQ(played.items.at(0).verdict, Verdict::retry) << path;
  }
}

TEST_F(VendureCancellation, IsLeftToAPersonUnlessTheChannelSaysSo) {
  const auto numbered = ok(R"({"data":{"orders":{"totalItems":1,"items":[{"id":"1","code":"CODE1","customFields":{"erpOrderNumber":"SO-1"}}]}}})");
  items_ = {cancelled_item("1")};
  EXPECT_EQ(play(*make_order_status_push(settings_, items_), {numbered}).requests.size(), 1U);
  settings_.cancels_orders = true;
  const auto played = play(*make_order_status_push(settings_, items_),
                           {numbered, shown_as(order_in_state("PaymentSettled")), kCancelled, shown_as(order_in_state("Cancelled"))});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.operation(2), "FerryCancelOrder");
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  // a part of it was sent
  items_ = {cancelled_item("1", R"([{"number":"S-1","carrier":"","tracking":"","lines":[{"sku":"A","quantity":"1"}]}])")};
  const auto sent = play(*make_order_status_push(settings_, items_), {numbered, shown_as(order_in_state("PaymentSettled"))});
  EXPECT_NE(sent.operation(1), "FerryCancelOrder");
  EXPECT_NE(sent.items.at(0).verdict, Verdict::delivered);
}

}  // namespace
}  // namespace ferry::vendure
