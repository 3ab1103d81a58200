#include "connectors/vendure/shipment.h"

#include <gmock/gmock.h>

#include "connectors/vendure/order_status.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::HasSubstr;

struct Sent {
  std::string number, carrier, tracking;
  std::vector<std::pair<std::string, std::string>> lines;
};

OutboundItem item(const std::string& order, const std::vector<Sent>& shipments) {
  json::array list;
  for (const auto& sent : shipments) {
    json::array lines;
    for (const auto& [sku, quantity] : sent.lines) lines.push_back(json::object{{"sku", sku}, {"quantity", quantity}});
    list.push_back(json::object{{"number", sent.number}, {"carrier", sent.carrier}, {"tracking", sent.tracking}, {"lines", lines}});
  }
  return {"CODE" + order,
          json::serialize(json::object{{"order", order}, {"reference", "CODE" + order}, {"number", "SO-" + order},
                                       {"state", "processing"}, {"shipments", std::move(list)}}),
          ""};
}

struct Made {
  std::string id, state, method;
  int of_a = 0, of_b = 0;
};

// Order 1: ten of A and two of B.
json::object order(const std::vector<Made>& made, const std::string& state = "PaymentSettled", const std::string& id = "1") {
  json::array fulfilments;
  for (const auto& one : made) {
    json::array lines;
    if (one.of_a > 0) lines.push_back(json::object{{"orderLineId", "11"}, {"quantity", one.of_a}});
    if (one.of_b > 0) lines.push_back(json::object{{"orderLineId", "12"}, {"quantity", one.of_b}});
    fulfilments.push_back(json::object{{"id", one.id}, {"state", one.state}, {"method", one.method}, {"lines", lines}});
  }
  return {{"id", id},
          {"code", "CODE" + id},
          {"state", state},
          {"lines", json::array{json::object{{"id", "11"}, {"quantity", 10}, {"productVariant", json::object{{"sku", "A"}}}},
                                json::object{{"id", "12"}, {"quantity", 2}, {"productVariant", json::object{{"sku", "B"}}}}}},
          {"fulfillments", std::move(fulfilments)}};
}
HttpReply shown_order(json::object order) {
  return ok(json::serialize(json::object{
      {"data", {{"orders", json::object{{"totalItems", 1}, {"items", json::array{std::move(order)}}}}}}}));
}
HttpReply shown(const std::vector<Made>& made, const std::string& state = "PaymentSettled") {
  return shown_order(order(made, state));
}
HttpReply created(const std::string& id) {
  return ok(R"({"data":{"addFulfillmentToOrder":{"__typename":"Fulfillment","id":")" + id + "\"}}}");
}
HttpReply sent_off(const std::string& id) {
  return ok(R"({"data":{"transitionFulfillmentToState":{"__typename":"Fulfillment","id":")" + id + "\"}}}");
}
HttpReply refused_with(const std::string& mutation, const std::string& code, const std::string& message) {
  return ok(json::serialize(json::object{{"data", {{mutation, {{"errorCode", code}, {"message", message}}}}}}));
}

const Sent kFirst{"S-1", "DHL", "T1", {{"A", "4"}}};
const Sent kSecond{"S-2", "", "", {{"A", "6"}, {"B", "2"}}};
const Made kFirstMade{"f1", "Shipped", "DHL [S-1]", 4, 0};
const Made kSecondMade{"f2", "Shipped", "ERP [S-2]", 6, 2};

class VendureShipment : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> items, std::vector<HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_shipment_push(settings_, items_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureShipment, BecomesAFulfilmentThatIsShipped) {
  const auto played = push({item("1", {kFirst})}, {shown({}), created("f1"), sent_off("f1"), shown({kFirstMade})});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.operation(1), "FerryAddFulfillment");
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":{"lines":[{"orderLineId":"11","quantity":4}],"handler":{"code":"manual-fulfillment","arguments":)"
            R"([{"name":"method","value":"DHL [S-1]"},{"name":"trackingCode","value":"T1"}]}}})");
  EXPECT_EQ(played.operation(2), "FerrySetFulfillment");
  EXPECT_EQ(json::serialize(played.variables(2)), R"({"state":"Shipped","created":"f1"})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureShipment, E3_EachParcelIsToldWhenItLeavesAndNotOnlyTheLast) {
  EXPECT_EQ(push({item("1", {kFirst})}, {shown({kFirstMade})}).requests.size(), 1U) << "told before";
  const auto played = push({item("1", {kFirst, kSecond})}, {shown({kFirstMade}, "PartiallyShipped"), created("f2"),
                                                            sent_off("f2"), shown({kFirstMade, kSecondMade}, "Shipped")});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_THAT(json::serialize(played.variables(1)), HasSubstr(R"("value":"ERP [S-2]")"));
  EXPECT_THAT(json::serialize(played.variables(1)),
              HasSubstr(R"("lines":[{"orderLineId":"11","quantity":6},{"orderLineId":"12","quantity":2}])"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureShipment, OfWhichTheAnswerWasLostIsLookedForAndNotRepeated) {
  const auto first = push({item("1", {kFirst})}, {shown({}), lost(true)});
  EXPECT_EQ(first.items[0].verdict, Verdict::ambiguous);
  // it was made, and nobody has sent it off
  const auto again = push({item("1", {kFirst})}, {shown({{"f1", "Pending", "DHL [S-1]", 4, 0}}), sent_off("f1"), shown({kFirstMade})});
  ASSERT_EQ(again.requests.size(), 3U);
  EXPECT_EQ(again.operation(1), "FerrySetFulfillment");
  EXPECT_EQ(again.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureShipment, ThatIsThereTwiceIsCancelledOnce) {
  const Made late{"f9", "Pending", "DHL [S-1]", 4, 0};
  const auto played = push({item("1", {kFirst})}, {shown({kFirstMade, late}), sent_off("f9"), shown({kFirstMade, {"f9", "Cancelled", "DHL [S-1]", 4, 0}})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"state":"Cancelled","created":"f9"})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureShipment, ThatAPersonHasEnteredIsNotEnteredAgain) {
  const auto played = push({item("1", {kFirst})}, {shown({{"f7", "Delivered", "Post", 4, 0}})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureShipment, OfWhatAPersonHasFulfilledIsRejectedWithARemedy) {
  const auto played = push({item("1", {kFirst})}, {shown({{"f7", "Shipped", "Post", 8, 0}}, "PartiallyShipped")});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  for (const auto* part : {"CODE1", "S-1", "\"A\"", "2 left", "replay"}) EXPECT_THAT(played.items[0].reason, HasSubstr(part));
}

TEST_F(VendureShipment, IsTakenFromAnOrderThatWasCancelledAsNothingThatCouldBeFulfilled) {
  auto cancelled = order({}, "Cancelled");
  for (auto& line : cancelled["lines"].as_array()) line.as_object()["quantity"] = 0;
  const auto played = push({item("1", {kFirst})}, {shown_order(cancelled)});
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, AllOf(HasSubstr("0 left to fulfil"), HasSubstr("was cancelled there")));
}

TEST_F(VendureShipment, WaitsUntilTheOrderIsPaidFor) {
  for (const auto* state : {"PaymentAuthorized", "ArrangingPayment", "Modifying"}) {
    const auto played = push({item("1", {kFirst})}, {shown({}, state)});
    EXPECT_EQ(played.requests.size(), 1U) << state;
    EXPECT_EQ(played.items[0].verdict, Verdict::snooze) << state;
    EXPECT_TRUE(played.items[0].wait.has_value());
    EXPECT_THAT(played.items[0].reason, HasSubstr(state));
  }
}

TEST_F(VendureShipment, ThatThePortalRefusesSaysWhichAndWhy) {
  const auto no = refused_with("addFulfillmentToOrder", "CREATE_FULFILLMENT_ERROR", "Cannot create a Fulfillment");
  const auto played = push({item("1", {kFirst})}, {shown({}), no, shown({})});
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_EQ(played.items[0].reason,
            "portal order \"CODE1\", shipment \"S-1\": the portal refused it: \"Cannot create a Fulfillment\"; look at the "
            "order's fulfilments there, then replay this or discard it");
}

TEST_F(VendureShipment, OfWhatThePortalHasNoStockYetIsTriedAgain) {
  const auto no = refused_with("addFulfillmentToOrder", "INSUFFICIENT_STOCK_ON_HAND_ERROR", "Cannot create a Fulfillment");
  const auto played = push({item("1", {kFirst})}, {shown({}), no});
  EXPECT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::retry);
}

TEST_F(VendureShipment, ThatIsConfirmedAndNotShownIsNotSentTwice) {
  const auto played = push({item("1", {kFirst})}, {shown({}), created("f1"), sent_off("f1"), shown({})});
  EXPECT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.items[0].verdict, Verdict::retry);
}

TEST_F(VendureShipment, IsNotDecidedByAnAnswerThatCannotBeRead) {
  for (const auto* path : {"/fulfillments", "/fulfillments/0/method", "/fulfillments/0/state", "/fulfillments/0/lines",
                           "/fulfillments/0/lines/0/quantity", "/fulfillments/0/lines/0/orderLineId", "/lines",
                           "/lines/0/quantity", "/lines/0/productVariant/sku", "/state"}) {
    json::value broken = order({kFirstMade});
    broken.at_pointer(path) = nullptr;
    const auto played = push({item("1", {kFirst, kSecond})}, {shown_order(broken.as_object())});
    EXPECT_EQ(played.requests.size(), 1U) << path;
    EXPECT_EQ(played.items[0].verdict, Verdict::retry) << path;
  }
}

TEST_F(VendureShipment, OfPartsOfAPieceIsRejected) {
  const auto played = push({item("1", {{"S-1", "", "", {{"A", "2.5"}}}})}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("portal order \"CODE1\": shipment \"S-1\" sent \"2.5\" of SKU \"A\""));
}

// ---- the whole status ----------------------------------------------------------------------------------------------

HttpReply numbered(const std::vector<std::pair<std::string, const char*>>& numbers) {
  json::array items;
  for (const auto& [id, number] : numbers) {
    json::value value;
    if (number) value = number;
    items.push_back(json::object{{"id", id}, {"code", "CODE" + id}, {"customFields", json::object{{"erpOrderNumber", value}}}});
  }
  return ok(json::serialize(json::object{{"data", {{"orders", {{"totalItems", items.size()}, {"items", items}}}}}}));
}

TEST(VendureOrderStatus, TellsTheNumberOfAllAndThenTheShipmentsOfThoseThatHaveSome) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {item("2", {}), item("1", {kFirst}), item("3", {kFirst})};
  const auto played = play(*make_order_status_push(settings, items),
                           {numbered({{"2", "SO-2"}, {"1", "SO-1"}}), shown({}), created("f1"), sent_off("f1"), shown({kFirstMade})});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(played.operation(0), "FerryOrderNumbers");
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"ids":["1"],"take":1})");
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[2].verdict, Verdict::absent) << "and is asked for no shipments";
}

TEST(VendureOrderStatus, WithoutShipmentsAsksForNone) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {item("1", {})};
  EXPECT_EQ(play(*make_order_status_push(settings, items), {numbered({{"1", "SO-1"}})}).requests.size(), 1U);
}

}  // namespace
}  // namespace ferry::vendure
