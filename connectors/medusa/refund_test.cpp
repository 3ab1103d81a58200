#include "connectors/medusa/refund.h"

#include <gmock/gmock.h>

#include "connectors/medusa/order_status.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

OutboundItem returned_item(const std::string& total, const std::string& currency = "EUR") {
  return {"7",
          R"({"order":"order_1","reference":"7","number":"SO-1","state":"done","shipments":[],"refunds":[{"number":"R-1","total":")" +
              total + R"(","currency":")" + currency + R"(","reason":"Damaged","lines":[]}]})",
          ""};
}

struct Refunded {
  std::string note, amount;
};

json::object payment(const std::string& id, const std::string& captured, const std::vector<Refunded>& refunds) {
  json::array list, captures;
  for (const auto& one : refunds) list.push_back(json::object{{"id", "ref_1"}, {"raw_amount", raw(one.amount)}, {"note", one.note}});
  if (!captured.empty()) captures.push_back(json::object{{"id", "capt_1"}, {"raw_amount", raw(captured)}});
  return {{"id", id}, {"captures", std::move(captures)}, {"refunds", std::move(list)}};
}
HttpReply shown_paid(json::array payments) {
  return listed("orders", {json::object{{"id", "order_1"},
                                        {"status", "pending"},
                                        {"currency_code", "eur"},
                                        {"payment_collections", json::array{json::object{{"id", "paycol_1"}, {"payments", std::move(payments)}}}}}});
}
HttpReply shown_with(const std::vector<Refunded>& refunds) { return shown_paid({payment("pay_1", "65.964", refunds)}); }
const HttpReply kMade = ok(json::object{{"payment", json::object{{"id", "pay_1"}}}});
const Refunded kPaid{"Damaged [R-1]", "12"};

class MedusaRefund : public testing::Test {
 protected:
  Played push(OutboundItem item, std::vector<HttpReply> replies) {
    items_ = {std::move(item)};
    auto played = play(*make_refund_push(settings_, items_), std::move(replies));
    written_.clear();
    for (const auto& request : played.requests) {
      if (request.method == "POST") written_.push_back(request.target + " " + request.body);
    }
    return played;
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
  std::vector<std::string> written_;  // by the last push
};

TEST_F(MedusaRefund, IsMadeOfAPaymentWithTheNumberOfTheReturn) {
  const auto played = push(returned_item("12"), {shown_with({}), kMade, shown_with({kPaid})});
  EXPECT_THAT(written_, ElementsAre(R"(/admin/payments/pay_1/refund?fields=id {"amount":12,"note":"Damaged [R-1]"})"));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  EXPECT_EQ(push(returned_item("12"), {shown_with({kPaid})}).items.at(0).verdict, Verdict::delivered);
  EXPECT_THAT(written_, IsEmpty()) << "it is there";
}

// The portal keeps 65.964 of what everybody calls 65.96.
TEST_F(MedusaRefund, OfTheWholeOrderIsNoMoreThanWasPaid) {
  EXPECT_EQ(push(returned_item("65.96"), {shown_with({}), kMade, shown_with({{"Damaged [R-1]", "65.96"}})}).items.at(0).verdict,
            Verdict::delivered);
  EXPECT_EQ(push(returned_item("65.97"), {shown_with({})}).items.at(0).verdict, Verdict::rejected);
}

TEST_F(MedusaRefund, TakesWhatIsMissingFromAnotherPayment) {
  const auto first = payment("pay_1", "10", {}), second = payment("pay_2", "5", {});
  const auto done = push(returned_item("12"), {shown_paid({first, second}), kMade, shown_paid({payment("pay_1", "10", {{"Damaged [R-1]", "10"}}), second}),
                                               kMade, shown_paid({payment("pay_1", "10", {{"Damaged [R-1]", "10"}}), payment("pay_2", "5", {{"Damaged [R-1]", "2"}})})});
  EXPECT_THAT(written_, ElementsAre(R"(/admin/payments/pay_1/refund?fields=id {"amount":10,"note":"Damaged [R-1]"})",
                                    R"(/admin/payments/pay_2/refund?fields=id {"amount":2,"note":"Damaged [R-1]"})"));
  EXPECT_EQ(done.items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaRefund, OfWhichTheAnswerWasLostIsLookedForAndNotRepeated) {
  EXPECT_EQ(push(returned_item("12"), {shown_with({}), lost(true)}).items.at(0).verdict, Verdict::ambiguous);
  EXPECT_EQ(push(returned_item("12"), {shown_with({kPaid})}).items.at(0).verdict, Verdict::delivered);
}

TEST_F(MedusaRefund, APersonIsToldWhatThePaymentsCannotPay) {
  EXPECT_THAT(push(returned_item("12"), {shown_paid({payment("pay_1", "", {})})}).items.at(0).reason,
              HasSubstr("no payment of the order is settled there"));
  EXPECT_THAT(push(returned_item("12"), {shown_with({{"by hand", "60"}})}).items.at(0).reason,
              HasSubstr(R"(portal order "7": return "R-1": 12 EUR are to be paid back, and the order's payments have 5.96 EUR left there)"));
  EXPECT_THAT(push(returned_item("12", "USD"), {shown_with({})}).items.at(0).reason, HasSubstr(R"(is in "USD", and the order in "EUR")"));
  const auto refused = test::refused(400, "invalid_data", "You are not allowed to refund more than the captured amount");
  const auto raced = push(returned_item("12"), {shown_with({}), refused, shown_with({})});
  EXPECT_EQ(raced.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(raced.items.at(0).reason, HasSubstr(R"(return "R-1": the portal refused it: "You are not allowed)"));
}

TEST_F(MedusaRefund, AnOrderThatIsBeingEditedThereWaits) {
  const auto busy = test::refused(400, "invalid_data", "Order (order_1) already has an existing active order change");
  EXPECT_EQ(push(returned_item("12"), {shown_with({}), busy}).items.at(0).verdict, Verdict::snooze);
}

TEST_F(MedusaRefund, OneThatSaysNoReasonMayBeOurs) {
  auto unnamed = payment("pay_1", "65.964", {kPaid});
  unnamed.at("refunds").at(0).as_object()["note"] = nullptr;
  const auto held = push(returned_item("12"), {shown_paid({unnamed})}).items.at(0);
  EXPECT_EQ(held.verdict, Verdict::retry);
  EXPECT_THAT(held.reason, HasSubstr("a refund of as much is there that has no reason"));
  unnamed.at("refunds").at(0).as_object()["note"] = json::object{{"value", "Damaged [R-1]"}};
  EXPECT_EQ(push(returned_item("12"), {shown_paid({unnamed})}).items.at(0).verdict, Verdict::retry) << "it cannot be read";
}

TEST_F(MedusaRefund, WhatCannotBeReadIsNotRefunded) {
  for (const auto* member : {"raw_amount", "note"}) {
    auto shown = payment("pay_1", "65.964", {kPaid});
    shown.at("refunds").at(0).as_object().erase(member);
    EXPECT_EQ(push(returned_item("12"), {shown_paid({shown})}).items.at(0).verdict, Verdict::retry) << member;
  }
  for (const auto* member : {"captures", "refunds", "id"}) {
    auto shown = payment("pay_1", "65.964", {});
    shown.erase(member);
    EXPECT_EQ(push(returned_item("12"), {shown_paid({shown})}).items.at(0).verdict, Verdict::retry) << member;
  }
  EXPECT_EQ(push({"7", "{}", ""}, {}).items.at(0).verdict, Verdict::rejected);
}

}  // namespace
}  // namespace ferry::medusa
