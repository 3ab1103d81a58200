#include "plugin/domain/refunding.h"

#include <gmock/gmock.h>

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Decimal money(const char* text) { return *Decimal::parse(text); }
Return returned(const char* number, const char* total) { return {number, "EUR", "", money(total), {}}; }
KnownRefund refund(const char* number, const char* amount, RefundState state = RefundState::made, const char* payment = "p1") {
  static int count = 0;
  return {"r" + std::to_string(++count), payment, number, money(amount), state};
}
PortalRefunds paid(std::vector<SettledPayment> payments, std::vector<KnownRefund> refunds = {}) {
  return {"EUR", 2, std::move(payments), std::move(refunds)};
}

TEST(Refunding, PaysAReturnBackFromThePaymentThatHasEnoughLeft) {
  const std::vector returns{returned("R-1", "12")};
  const auto plan = plan_refund("7", returns, paid({{"p1", money("10")}, {"p2", money("20")}}));
  ASSERT_EQ(plan.returned, returns.data());
  EXPECT_EQ(plan.payment + " " + plan.amount.text(), "p2 12");
  EXPECT_TRUE(plan.is_first);
}

TEST(Refunding, TakesItFromSeveralPaymentsWhereNoneHasEnough) {
  const std::vector returns{returned("R-1", "25")};
  auto portal = paid({{"p1", money("10")}, {"p2", money("20")}}, {refund("", "1")});
  auto plan = plan_refund("7", returns, portal);
  EXPECT_EQ(plan.payment + " " + plan.amount.text(), "p2 20");
  portal.refunds.push_back(refund("R-1", "20", RefundState::made, "p2"));
  plan = plan_refund("7", returns, portal);
  EXPECT_EQ(plan.payment + " " + plan.amount.text(), "p1 5");
  EXPECT_FALSE(plan.is_first) << "its goods are named once";
  portal.refunds.push_back(refund("R-1", "5"));
  EXPECT_EQ(plan_refund("7", returns, portal).returned, nullptr);
}

TEST(Refunding, WhatIsThereIsNotMadeAgain) {
  const std::vector returns{returned("R-1", "12"), returned("R-2", "3")};
  const auto plan = plan_refund("7", returns, paid({{"p1", money("30")}}, {refund("R-1", "12")}));
  ASSERT_EQ(plan.returned, &returns[1]);
  EXPECT_EQ(plan.amount.text(), "3");
}

TEST(Refunding, APersonsRefundOfTheSameAmountIsNoneOfOurs) {
  const std::vector returns{returned("R-1", "12")};
  EXPECT_NE(plan_refund("7", returns, paid({{"p1", money("30")}}, {refund("", "12")})).returned, nullptr);
}

TEST(Refunding, OneOfTheSameAmountThatSaysNoReasonMayBeOurs) {
  const std::vector returns{returned("R-1", "12"), returned("R-2", "3")};
  auto unnamed = refund("", "12");
  unnamed.has_reason = false;
  const auto portal = paid({{"p1", money("40")}}, {unnamed});
  auto plan = plan_refund("7", returns, portal);
  EXPECT_EQ(plan.returned, &returns[1]) << "which says nothing of the other";
  plan = plan_refund("7", std::span(returns).first(1), portal);
  EXPECT_EQ(plan.returned, nullptr);
  EXPECT_THAT(plan.problems, IsEmpty());
  EXPECT_THAT(plan.doubt, HasSubstr("return \"R-1\" is of 12 EUR, and a refund of as much is there that has no reason"));
  plan = plan_refund("7", std::span(returns).first(1), paid({{"p1", money("15")}}, {unnamed}));
  EXPECT_THAT(plan.problems, IsEmpty()) << "too little is left because it is ours";
  EXPECT_THAT(plan.doubt, HasSubstr("may be for it"));
}

TEST(Refunding, OnlyPromisedItIsSettledBeforeAnythingElse) {
  const std::vector returns{returned("R-1", "12")};
  const auto due = refund("R-1", "5", RefundState::due);
  const auto plan = plan_refund("7", returns, paid({{"p1", money("30")}}, {due}));
  EXPECT_EQ(plan.settled, due.id);
}

std::vector<std::string> problems(const std::vector<Return>& returns, const PortalRefunds& portal) {
  const auto plan = plan_refund("7", returns, portal);
  EXPECT_EQ(plan.returned, nullptr);
  return plan.problems;
}

TEST(Refunding, MoreThanWasPaidIsForAPersonAndNothingOfItIsRefunded) {
  EXPECT_THAT(problems({returned("R-1", "12")}, paid({{"p1", money("20")}}, {refund("", "10")})),
              ElementsAre(R"(portal order "7": return "R-1": 12 EUR are to be paid back, and the order's payments have 10 EUR left there; )"
                          "pay the customer otherwise and discard this"));
  EXPECT_THAT(problems({returned("R-1", "12")}, paid({})), ElementsAre(HasSubstr("no payment of the order is settled there")));
}

TEST(Refunding, AnotherReturnIsRefundedAllTheSame) {
  const std::vector returns{returned("R-1", "120"), returned("R-2", "3")};
  const auto plan = plan_refund("7", returns, paid({{"p1", money("20")}}));
  EXPECT_EQ(plan.returned, &returns[1]);
}

TEST(Refunding, ARefundThatFailedIsForAPersonAndNotTriedForEver) {
  EXPECT_THAT(problems({returned("R-1", "12")}, paid({{"p1", money("20")}}, {refund("R-1", "12", RefundState::failed)})),
              ElementsAre(AllOf(HasSubstr("could not pay back 12 EUR"), HasSubstr("with [R-1] at the end"))));
  EXPECT_THAT(problems({returned("R-1", "12")}, paid({{"p1", money("20")}}, {refund("R-1", "12", RefundState::failed), refund("R-1", "12")})),
              IsEmpty())
      << "a person has done it";
}

TEST(Refunding, TwiceIsSaidAloud) {
  EXPECT_THAT(problems({returned("R-1", "12")}, paid({{"p1", money("30")}}, {refund("R-1", "12"), refund("R-1", "12")})),
              ElementsAre(HasSubstr("is of 12 EUR, and 24 EUR were paid back for it there")));
}

TEST(Refunding, AnotherCurrencyOrMoreDigitsThanThePortalHasAreForAPerson) {
  auto portal = paid({{"p1", money("30")}});
  EXPECT_THAT(problems({returned("R-1", "12.005")}, portal), ElementsAre(HasSubstr("more digits than the portal's money")));
  portal.currency = "USD";
  EXPECT_THAT(problems({returned("R-1", "12")}, portal), ElementsAre(HasSubstr(R"(is in "EUR", and the order in "USD")")));
}

}  // namespace
}  // namespace ferry
