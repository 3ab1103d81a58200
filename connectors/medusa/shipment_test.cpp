#include "connectors/medusa/shipment.h"

#include <gmock/gmock.h>

#include "connectors/medusa/order_status.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
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
  return {"7" + order,
          json::serialize(json::object{{"order", "order_" + order}, {"reference", "7" + order}, {"number", "SO-" + order},
                                       {"state", "processing"}, {"shipments", std::move(list)}}),
          ""};
}

enum class Is { there = 1, shipped, canceled };

struct Made {
  std::string id;
  Is state = Is::there;
  std::string shipment;  // empty: not ours
  int of_a = 0, of_b = 0;
};

json::object line(const std::string& id, const json::value& sku, int quantity, int fulfilled, bool ships = true) {
  const json::object part{{"inventory_item_id", "iitem_" + id}, {"required_quantity", 1}};
  return {{"id", id},
          {"variant_sku", sku},
          {"requires_shipping", ships},
          {"raw_quantity", raw(std::to_string(quantity))},
          {"detail", json::object{{"raw_fulfilled_quantity", raw(std::to_string(fulfilled))}}},
          {"variant", json::object{{"inventory_items", json::array{part}}}}};
}

// Order 1: ten of A and two of B.
json::object order(const std::vector<Made>& made, const std::string& status = "pending", const std::string& id = "1") {
  json::array fulfilments;
  int of_a = 0, of_b = 0;
  for (const auto& one : made) {
    json::array items;
    const auto add = [&](const std::string& line, int count) {
      if (count == 0) return;
      items.push_back(json::object{{"line_item_id", line}, {"inventory_item_id", "iitem_" + line}, {"raw_quantity", raw(std::to_string(count))}});
    };
    add("a", one.of_a);
    add("b", one.of_b);
    json::value metadata, shipped, canceled;
    if (!one.shipment.empty()) metadata = json::object{{"erp_shipment", one.shipment}};
    if (one.state == Is::shipped) shipped = "2026-11-29T20:00:00Z";
    if (one.state == Is::canceled) canceled = "2026-11-29T20:00:00Z";
    of_a += one.state == Is::canceled ? 0 : one.of_a;
    of_b += one.state == Is::canceled ? 0 : one.of_b;
    fulfilments.push_back(json::object{{"id", one.id}, {"metadata", metadata}, {"shipped_at", shipped}, {"delivered_at", nullptr},
                                       {"canceled_at", canceled}, {"items", std::move(items)}});
  }
  return {{"id", "order_" + id},
          {"status", status},
          {"items", json::array{line("a", "A", 10, of_a), line("b", "B", 2, of_b)}},
          {"fulfillments", std::move(fulfilments)}};
}
HttpReply shown_order(json::object order) { return listed("orders", {std::move(order)}); }
HttpReply shown(const std::vector<Made>& made, const std::string& status = "pending") { return shown_order(order(made, status)); }
const HttpReply kDone = ok(json::object{{"order", json::object{{"id", "order_1"}}}});
HttpReply refusal(const std::string& message, const std::string& type = "invalid_data") { return refused(400, type, message); }

const Sent kFirst{"S-1", "DHL", "T1", {{"A", "4"}}};
const Sent kSecond{"S-2", "", "", {{"A", "6"}, {"B", "2"}}};
const Made kFirstMade{"ful_1", Is::shipped, "S-1", 4, 0};
const Made kSecondMade{"ful_2", Is::shipped, "S-2", 6, 2};
const std::string kFulfilments = "POST /admin/orders/order_1/fulfillments";

class MedusaShipment : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> items, std::vector<HttpReply> replies) {
    items_ = std::move(items);
    auto played = play(*make_shipment_push(settings_, items_), std::move(replies));
    written_.clear();
    for (const auto& request : played.requests) {
      if (request.method == "POST") written_.push_back(request.method + " " + request.target.substr(0, request.target.find('?')) + " " + request.body);
    }
    return played;
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
  std::vector<std::string> written_;  // by the last push
};

TEST_F(MedusaShipment, BecomesAFulfilmentThatIsMarkedAsShipped) {
  const auto played = push({item("1", {kFirst})}, {shown({}), kDone, shown({{"ful_1", Is::there, "S-1", 4, 0}}), kDone, shown({kFirstMade})});
  EXPECT_THAT(written_,
              testing::ElementsAre(
                  kFulfilments + R"( {"items":[{"id":"a","quantity":4}],"metadata":{"erp_shipment":"S-1","erp_carrier":"DHL"}})",
                  kFulfilments + R"(/ful_1/shipments {"items":[{"id":"a","quantity":4}],)"
                                 R"("labels":[{"tracking_number":"T1","tracking_url":"","label_url":""}]})"));
  ASSERT_EQ(played.items.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, E3_EachParcelIsToldWhenItLeavesAndNotOnlyTheLast) {
  EXPECT_EQ(push({item("1", {kFirst})}, {shown({kFirstMade})}).requests.size(), 1U) << "told before";
  const auto played = push({item("1", {kFirst, kSecond})},
                           {shown({kFirstMade}), kDone, shown({kFirstMade, {"ful_2", Is::there, "S-2", 6, 2}}), kDone,
                            shown({kFirstMade, kSecondMade})});
  EXPECT_THAT(written_, testing::ElementsAre(
                            kFulfilments + R"( {"items":[{"id":"a","quantity":6},{"id":"b","quantity":2}],"metadata":{"erp_shipment":"S-2"}})",
                            kFulfilments + R"(/ful_2/shipments {"items":[{"id":"a","quantity":6},{"id":"b","quantity":2}]})"));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, OfWhichTheAnswerWasLostIsLookedForAndNotRepeated) {
  const auto first = push({item("1", {kFirst})}, {shown({}), lost(true)});
  EXPECT_EQ(first.items.at(0).verdict, Verdict::ambiguous);
  // it was made, and nobody has sent it off
  const auto again = push({item("1", {kFirst})}, {shown({{"ful_1", Is::there, "S-1", 4, 0}}), kDone, shown({kFirstMade})});
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_THAT(written_[0], HasSubstr("/ful_1/shipments"));
  EXPECT_EQ(again.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, ThatIsThereTwiceIsTakenBackOnce) {
  const Made late{"ful_9", Is::there, "S-1", 4, 0};
  const auto played = push({item("1", {kFirst})}, {shown({kFirstMade, late}), kDone, shown({kFirstMade, {"ful_9", Is::canceled, "S-1", 4, 0}})});
  EXPECT_THAT(written_, testing::ElementsAre(kFulfilments + "/ful_9/cancel {}"));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, ThatAPersonHasEnteredIsNotEnteredAgain) {
  const auto played = push({item("1", {kFirst})}, {shown({{"ful_7", Is::there, "", 4, 0}})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, OfWhatAPersonHasFulfilledIsRejectedWithARemedy) {
  const auto played = push({item("1", {kFirst})}, {shown({{"ful_7", Is::shipped, "", 8, 0}})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  for (const auto* part : {"71", "S-1", "\"A\"", "2 left", "replay"}) EXPECT_THAT(played.items[0].reason, HasSubstr(part));
}

TEST_F(MedusaShipment, OfAnOrderThatWasCancelledIsForAPerson) {
  const auto played = push({item("1", {kFirst})}, {shown({}, "canceled")});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, AllOf(HasSubstr("order \"71\": shipment \"S-1\""), HasSubstr("was cancelled there"), HasSubstr("discard")));
}

TEST_F(MedusaShipment, LeavesTheLocationWhereTheChannelsStockIsKept) {
  settings_.stock_location = "WH2";
  push({item("1", {kFirst})}, {shown({}), locations(), kDone, shown({{"ful_1", Is::there, "S-1", 4, 0}}), kDone, shown({kFirstMade})});
  ASSERT_EQ(written_.size(), 2U);
  EXPECT_THAT(written_[0], HasSubstr(R"("location_id":"sloc_2")"));
  settings_.stock_location = "WH3";
  const auto played = push({item("1", {kFirst})}, {shown({}), locations()});
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("no stock location \"WH3\"; it has \"Main\", \"WH2\""));
}

TEST_F(MedusaShipment, KeepsApartWhatHasToBeShippedAndWhatHasNot) {
  auto mixed = order({});
  mixed["items"] = json::array{line("a", "A", 10, 0), line("b", "B", 2, 0, false)};
  push({item("1", {{"S-1", "", "", {{"A", "1"}, {"B", "2"}}}})}, {shown_order(mixed)});
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_THAT(written_[0], HasSubstr(R"("items":[{"id":"a","quantity":1}])"));
  auto half = order({{"ful_1", Is::shipped, "S-1", 1, 0}});
  half["items"] = json::array{line("a", "A", 10, 1), line("b", "B", 2, 0, false)};
  push({item("1", {{"S-1", "", "", {{"A", "1"}, {"B", "2"}}}})}, {shown_order(half)});
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_THAT(written_[0], HasSubstr(R"("items":[{"id":"b","quantity":2}],"metadata":{"erp_shipment":"S-1"})"));
}

// Two of one part and one of another make a piece, and each part is an item of the fulfilment.
TEST_F(MedusaShipment, CountsThePiecesOfASetAndNotItsParts) {
  auto set = order({{"ful_1", Is::shipped, "S-1", 4, 0}});
  const auto part = [](const char* id, int count) { return json::object{{"inventory_item_id", id}, {"required_quantity", count}}; };
  auto& first = set["items"].as_array()[0].as_object();
  first["variant"] = json::object{{"inventory_items", json::array{part("leg", 2), part("top", 1)}}};
  const auto of = [](const char* id, const char* count) {
    return json::object{{"line_item_id", "a"}, {"inventory_item_id", id}, {"raw_quantity", raw(count)}};
  };
  set["fulfillments"].as_array()[0].as_object()["items"] = json::array{of("leg", "8"), of("top", "4")};
  const auto played = push({item("1", {kFirst})}, {shown_order(set)});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, ThatThePortalRefusesSaysWhichAndWhy) {
  const auto no = refusal("No stock reservation found for item a - Cup");
  const auto played = push({item("1", {kFirst})}, {shown({}), no, shown({})});
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(played.items[0].reason,
            "portal order \"71\", shipment \"S-1\": the portal refused it: \"No stock reservation found for item a - Cup\"; look "
            "at the order's fulfilments and its reserved stock there, then replay this or discard it");
}

TEST_F(MedusaShipment, ThatIsRefusedBecauseALateRequestHasMadeItIsThere) {
  const auto no = refusal("Quantity to fulfill exceeds the reserved quantity for the item: a");
  const auto played = push({item("1", {kFirst})}, {shown({}), no, shown({kFirstMade})});
  EXPECT_EQ(written_.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  const auto twice = push({item("1", {kFirst})}, {shown({{"ful_1", Is::there, "S-1", 4, 0}}), refusal("Shipment has already been created", "not_allowed"), shown({kFirstMade})});
  EXPECT_EQ(twice.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaShipment, OfWhatThePortalHasNoStockYetIsTriedAgain) {
  const auto played = push({item("1", {kFirst})}, {shown({}), refusal("Not enough stock available for item iitem_a at location sloc_1", "not_allowed")});
  EXPECT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry);
}

TEST_F(MedusaShipment, WaitsWhileSomebodyIsEditingTheOrder) {
  const auto played = push({item("1", {kFirst})}, {shown({}), refusal("Order (order_1) already has an existing active order change")});
  EXPECT_EQ(played.items.at(0).verdict, Verdict::snooze);
  EXPECT_EQ(played.items[0].scope, SnoozeScope::record);
  EXPECT_THAT(played.items[0].reason, HasSubstr("portal order \"71\", shipment \"S-1\""));
}

TEST_F(MedusaShipment, ThatIsConfirmedAndNotShownIsNotSentTwice) {
  const auto played = push({item("1", {kFirst})}, {shown({}), kDone, shown({})});
  EXPECT_EQ(written_.size(), 1U);
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry);
}

TEST_F(MedusaShipment, IsNotDecidedByAnAnswerThatCannotBeRead) {
  for (const auto* path : {"/fulfillments", "/fulfillments/0/metadata/erp_shipment", "/fulfillments/0/items", "/fulfillments/0/items/0/raw_quantity",
                           "/fulfillments/0/items/0/line_item_id", "/fulfillments/0/id", "/items", "/items/0/raw_quantity",
                           "/items/0/variant_sku", "/items/0/requires_shipping", "/items/0/detail/raw_fulfilled_quantity", "/status"}) {
    json::value broken = order({kFirstMade});
    broken.at_pointer(path) = nullptr;
    const auto played = push({item("1", {kFirst, kSecond})}, {shown_order(broken.as_object())});
    EXPECT_EQ(played.requests.size(), 1U) << path;
    EXPECT_EQ(played.items.at(0).verdict, Verdict::retry) << path;
  }
}

TEST_F(MedusaShipment, IsNotDecidedByAListOfFulfilmentsThatLacksSome) {
  auto cut = order({kFirstMade});
  cut["fulfillments"] = json::array();
  const auto played = push({item("1", {kFirst})}, {shown_order(cut)});
  EXPECT_TRUE(written_.empty());
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry);
}

// A fee that was added to a draft, or a SKU that got lost on the way.
TEST_F(MedusaShipment, DoesNotMindALineWithoutSku) {
  auto with_fee = order({kFirstMade, {"ful_8", Is::there, "", 0, 1}});
  with_fee["items"] = json::array{line("a", "A", 10, 4), line("b", nullptr, 1, 1)};
  EXPECT_EQ(push({item("1", {kFirst})}, {shown_order(with_fee)}).items.at(0).verdict, Verdict::delivered);
  const auto played = push({item("1", {kFirst, {"S-2", "", "", {{"B", "1"}}}})}, {shown_order(with_fee)});
  EXPECT_TRUE(written_.empty());
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry);
  EXPECT_THAT(played.items[0].reason, HasSubstr("\"B\", which is not on the order"));
}

TEST_F(MedusaShipment, OfAnOrderThatIsNotThereIsAbsentAndOneWithoutIdSaysNothing) {
  EXPECT_EQ(push({item("1", {kFirst})}, {listed("orders", {})}).items.at(0).verdict, Verdict::absent);
  auto nameless = order({});
  nameless["id"] = nullptr;
  EXPECT_EQ(push({item("1", {kFirst})}, {shown_order(nameless)}).items.at(0).verdict, Verdict::retry);
}

TEST_F(MedusaShipment, OfPartsOfAPieceIsRejected) {
  const auto played = push({item("1", {{"S-1", "", "", {{"A", "2.5"}}}})}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("portal order \"71\": shipment \"S-1\" sent \"2.5\" of SKU \"A\""));
}

// ---- the whole status ----------------------------------------------------------------------------------------------

HttpReply numbered(const std::vector<std::string>& orders) {
  json::array rows;
  for (const auto& id : orders)
    rows.push_back(json::object{{"id", "order_" + id}, {"metadata", json::object{{"erp_order_number", "SO-" + id}}}});
  return listed("orders", std::move(rows));
}

TEST(MedusaOrderStatus, TellsTheNumberOfAllAndThenTheShipmentsOfThoseThatHaveSome) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {item("2", {}), item("1", {kFirst}), item("3", {kFirst})};
  const auto played = play(*make_order_status_push(settings, items), {numbered({"2", "1"}), shown({kFirstMade})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_THAT(played.requests[0].target, HasSubstr(std::string(kNumbersTarget)));
  EXPECT_EQ(played.requests[1].target, std::string(kShipmentsTarget) + "&limit=1000&id%5B%5D=order_1");
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[2].verdict, Verdict::absent) << "and is asked for no shipments";
}

TEST(MedusaOrderStatus, WithoutShipmentsAsksForNone) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {item("1", {})};
  EXPECT_EQ(play(*make_order_status_push(settings, items), {numbered({"1"})}).requests.size(), 1U);
}

}  // namespace
}  // namespace ferry::medusa
