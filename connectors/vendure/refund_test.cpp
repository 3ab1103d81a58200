#include "connectors/vendure/refund.h"

#include <gmock/gmock.h>

#include "connectors/vendure/order_status.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::HasSubstr;

OutboundItem returned_item(const std::string& total, const std::string& reason = "", const std::string& lines = "[]",
                           const std::string& currency = "EUR") {
  return {"CODE1",
          R"({"order":"1","reference":"CODE1","number":"SO-1","state":"done","shipments":[],"refunds":[{"number":"R-1","total":")" +
              total + R"(","currency":")" + currency + R"(","reason":")" + reason + R"(","lines":)" + lines + "}]}",
          ""};
}

struct Refunded {
  std::string id, state, reason;
  int total = 0;
  json::value transaction = nullptr;
  int of_a = 0;
};

json::object payment(const std::string& id, int amount, const std::vector<Refunded>& refunds, const std::string& state = "Settled") {
  json::array list;
  for (const auto& one : refunds) {
    json::array lines;
    if (one.of_a > 0) lines.push_back(json::object{{"orderLineId", "11"}, {"quantity", one.of_a}});
    list.push_back(json::object{{"id", one.id}, {"state", one.state}, {"reason", one.reason}, {"total", one.total},
                                {"transactionId", one.transaction}, {"lines", std::move(lines)}});
  }
  return {{"id", id}, {"state", state}, {"amount", amount}, {"refunds", std::move(list)}};
}
// Three of A on one line, and two on another.
HttpReply shown_paid(json::array payments) {
  const auto sold = [](const char* id, int quantity) {
    return json::object{{"id", id}, {"quantity", quantity}, {"productVariant", json::object{{"sku", "A"}}}};
  };
  json::object order{{"id", "1"},
                     {"code", "CODE1"},
                     {"state", "Shipped"},
                     {"currencyCode", "EUR"},
                     {"lines", json::array{sold("11", 3), sold("12", 2)}},
                     {"payments", std::move(payments)}};
  return ok(json::serialize(json::object{{"data", {{"orders", json::object{{"totalItems", 1}, {"items", json::array{std::move(order)}}}}}}}));
}
HttpReply shown_with(const std::vector<Refunded>& refunds) { return shown_paid({payment("p1", 10'000, refunds)}); }
const HttpReply kMade = ok(R"({"data":{"refundOrder":{"__typename":"Refund","id":"r1"}}})");
const HttpReply kSettled = ok(R"({"data":{"settleRefund":{"__typename":"Refund","id":"r1"}}})");
const Refunded kPending{"r1", "Pending", "Returned [R-1]", 1200};
const Refunded kPaid{"r1", "Settled", "Returned [R-1]", 1200, "R-1"};

class VendureRefund : public testing::Test {
 protected:
  Played push(OutboundItem item, std::vector<HttpReply> replies) {
    items_ = {std::move(item)};
    return play(*make_refund_push(settings_, items_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureRefund, IsMadeAndSettledWithTheNumberOfTheReturn) {
  const auto played = push(returned_item("12", "Damaged", R"([{"sku":"A","quantity":"4"},{"sku":"SHIP","quantity":"1"}])"),
                           {shown_with({}), kMade, shown_with({{"r1", "Pending", "Damaged [R-1]", 1200}}), kSettled,
                            shown_with({{"r1", "Settled", "Damaged [R-1]", 1200, "R-1"}})});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(played.operation(1), "FerryRefundOrder");
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":{"paymentId":"p1","amount":1200,"reason":"Damaged [R-1]","shipping":0,"adjustment":0,)"
            R"("lines":[{"orderLineId":"11","quantity":3},{"orderLineId":"12","quantity":1}]}})");
  EXPECT_EQ(played.operation(3), "FerrySettleRefund");
  EXPECT_EQ(json::serialize(played.variables(3)), R"({"input":{"id":"r1","transactionId":"R-1"}})");
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
}

TEST_F(VendureRefund, WhatAPaymentHandlerPaysIsNotSettledByUs) {
  for (const auto* state : {"Settled", "Pending"}) {
    const auto played = push(returned_item("12"), {shown_with({{"r1", state, "Returned [R-1]", 1200, "re_123"}})});
    EXPECT_EQ(played.requests.size(), 1U) << state;
    EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  }
}

TEST_F(VendureRefund, OfWhichTheAnswerWasLostIsLookedForAndNotRepeated) {
  const auto first = push(returned_item("12"), {shown_with({}), lost(true)});
  EXPECT_EQ(first.items.at(0).verdict, Verdict::ambiguous);
  const auto again = push(returned_item("12"), {shown_with({kPending}), kSettled, shown_with({kPaid})});
  EXPECT_EQ(again.operation(1), "FerrySettleRefund");
  EXPECT_EQ(again.items.at(0).verdict, Verdict::delivered);
}

TEST_F(VendureRefund, APersonIsToldWhatThePaymentsCannotPay) {
  auto reason = push(returned_item("120"), {shown_with({{"r9", "Settled", "goodwill", 100, "x"}})}).items.at(0).reason;
  EXPECT_THAT(reason, HasSubstr(R"(portal order "CODE1": return "R-1": 120 EUR are to be paid back, and the order's payments have 99 EUR left there)"));
  reason = push(returned_item("12"), {shown_paid({payment("p1", 10'000, {}, "Authorized")})}).items.at(0).reason;
  EXPECT_THAT(reason, HasSubstr("no payment of the order is settled there"));
  reason = push(returned_item("12", "", "[]", "USD"), {shown_with({})}).items.at(0).reason;
  EXPECT_THAT(reason, HasSubstr(R"(is in "USD", and the order in "EUR")"));
  const auto failed = push(returned_item("12"), {shown_with({{"r1", "Failed", "Returned [R-1]", 1200, "re_1"}})});
  EXPECT_EQ(failed.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(failed.items.at(0).reason, HasSubstr("could not pay back 12 EUR"));
}

TEST_F(VendureRefund, NamesNoMorePiecesThanAreLeft) {
  const auto played = push(returned_item("12", "", R"([{"sku":"A","quantity":"2.5"},{"sku":"A","quantity":"2.5"}])"),
                           {shown_with({{"r9", "Settled", "by hand", 3000, "x", 3}}), kMade});
  EXPECT_EQ(json::serialize(played.variables(1).at("input").at("lines")), R"([{"orderLineId":"12","quantity":2}])");
}

TEST_F(VendureRefund, RefusedItIsForAPersonUnlessItIsThereByNow) {
  const auto refused = ok(R"({"data":{"refundOrder":{"__typename":"RefundAmountError","errorCode":"REFUND_AMOUNT_ERROR","message":"too much"}}})");
  const auto there = push(returned_item("12"), {shown_with({}), refused, shown_with({kPaid})});
  EXPECT_EQ(there.items.at(0).verdict, Verdict::delivered);
  const auto not_there = push(returned_item("12"), {shown_with({}), refused, shown_with({})});
  EXPECT_EQ(not_there.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(not_there.items.at(0).reason, HasSubstr(R"(return "R-1": the portal refused it: "too much"; look at the order's payments there)"));
}

TEST_F(VendureRefund, OneThatSaysNoReasonMayBeOurs) {
  auto unnamed = payment("p1", 10'000, {kPending});
  unnamed.at("refunds").at(0).as_object()["reason"] = nullptr;
  const auto held = push(returned_item("12"), {shown_paid({unnamed})}).items.at(0);
  EXPECT_EQ(held.verdict, Verdict::retry);
  EXPECT_THAT(held.reason, HasSubstr("a refund of as much is there that has no reason"));
  unnamed.at("refunds").at(0).as_object()["reason"] = json::object{{"value", "Returned [R-1]"}};
  EXPECT_EQ(push(returned_item("12"), {shown_paid({unnamed})}).items.at(0).verdict, Verdict::retry) << "it cannot be read";
}

TEST_F(VendureRefund, WhatCannotBeReadIsNotRefunded) {
  for (const auto* member : {"state", "reason", "total", "id"}) {
    auto order = payment("p1", 10'000, {kPaid});
    order.at("refunds").at(0).as_object().erase(member);
    EXPECT_EQ(push(returned_item("12"), {shown_paid({order})}).items.at(0).verdict, Verdict::retry) << member;
  }
  for (const auto* member : {"state", "amount", "id", "refunds"}) {
    auto order = payment("p1", 10'000, {});
    order.erase(member);
    EXPECT_EQ(push(returned_item("12"), {shown_paid({order})}).items.at(0).verdict, Verdict::retry) << member;
  }
  EXPECT_EQ(push({"CODE1", "{}", ""}, {}).items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(push(returned_item("0"), {}).items.at(0).verdict, Verdict::rejected);
}

}  // namespace
}  // namespace ferry::vendure
