// Orders that the ERP takes none like of, because of what only it knows of their customer.
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::PulledOrder;
using engine::Admission;
using engine::OrderOutcome;
using engine::OrderState;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::must;

class IntakeScope : public testing::StoreTest {
 protected:
  void SetUp() override {
    lease_ = lease(1, "intake");
    run_ = must(store_.begin_intake(lease_));
  }
  static PulledOrder order(const std::string& state = "PaymentSettled") {
    return {"R1", "id-R1", state, Instant(std::chrono::seconds(1'700'000'000)), true, true, false,
            R"({"lines":[{"line":"1","sku":"A","quantity":"3","open_quantity":"2"}]})"};
  }
  std::int64_t store(const PulledOrder& order, Admission admission = Admission::import) {
    return must(store_.store_orders(lease_, run_, std::vector<engine::RuledOrder>{{order, {admission, "a rule says so"}}})).changed;
  }
  static OrderOutcome outcome(OrderState state, const std::string& reason) { return {"R1", state, reason, 0, {}, 0, ""}; }
  void record(OrderOutcome outcome) { must(store_.record_orders(lease_, run_, std::span(&outcome, 1))); }
  void leave_alone(const std::string& reason = "its customer is in no category") {
    auto answer = outcome(OrderState::skipped, reason);
    answer.is_left_alone = true;
    record(std::move(answer));
  }
  std::vector<engine::ReadyOrder> ready() { return must(store_.ready_orders(lease_, 10)); }
  std::string state() { return value("SELECT state || coalesce(': ' || reason, '') FROM ferry.portal_order"); }
  std::string order_state() { return value("SELECT state FROM ferry.portal_order"); }
  void let_an_hour_pass() { sql("UPDATE ferry.portal_order SET ask_again_at = ask_again_at - interval '61 minutes'"); }
  // As it is when the ERP has just left it alone.
  void left_alone() {
    store(order());
    ASSERT_THAT(ready(), SizeIs(1));
    leave_alone();
  }

  engine::Lease lease_;
  std::int64_t run_ = 0;
};

TEST_F(IntakeScope, IsSkippedWithTheErpsReasonAndNeitherFailedNorHeldBack) {
  left_alone();
  EXPECT_EQ(state(), "skipped: its customer is in no category");
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
  EXPECT_THAT(ready(), IsEmpty());
  EXPECT_EQ(store(order()), 0) << "seen again as it is";
}

TEST_F(IntakeScope, IsAskedAgainEveryHourWhileItIsOpenAndCountedOnce) {
  left_alone();
  let_an_hour_pass();
  auto asked = ready();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_TRUE(asked[0].was_left_alone);
  EXPECT_FALSE(asked[0].is_linked);
  EXPECT_THAT(ready(), IsEmpty()) << "whoever asked and was killed does so again in an hour";
  leave_alone("still in no category");
  EXPECT_EQ(state(), "skipped: still in no category");
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
  let_an_hour_pass();
  sql("UPDATE ferry.portal_order SET open = false");
  EXPECT_THAT(ready(), IsEmpty()) << "shipped or cancelled there long ago";
}

TEST_F(IntakeScope, WhoIsInScopeMeanwhileIsLinkedOrReviewedOrTriedAgain) {
  left_alone();
  let_an_hour_pass();
  ready();
  record(outcome(OrderState::review, "unknown SKU"));
  EXPECT_EQ(state(), "review: unknown SKU");
  EXPECT_EQ(counts_of(run_), "1/0/1/0");
  must(store_.retry_orders(1, "R1"));
  ASSERT_THAT(ready(), SizeIs(1));
  leave_alone();
  let_an_hour_pass();
  ready();
  record(outcome(OrderState::ready, "the ERP is busy"));
  EXPECT_EQ(counts_of(run_), "1/0/0/1");
  ASSERT_THAT(ready(), SizeIs(1));
  record({"R1", OrderState::linked, "", 0, {}, 7, "S7"});
  EXPECT_EQ(state(), "linked");
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
}

TEST_F(IntakeScope, ComesInWhenThePortalChangesItOrAPersonRetriesIt) {
  left_alone();
  EXPECT_EQ(store(order("Shipped")), 1);
  EXPECT_EQ(state(), "ready");
  ASSERT_THAT(ready(), SizeIs(1));
  leave_alone();
  EXPECT_EQ(must(store_.retry_orders(1, "R1")).retried, 1);
  EXPECT_EQ(state(), "ready");
  EXPECT_FALSE(ready().at(0).was_left_alone);
}

TEST_F(IntakeScope, AnAnswerToAnOlderDocumentIsAskedForAnew) {
  store(order());
  ready();
  store(order("Shipped"));
  leave_alone();
  EXPECT_EQ(order_state(), "ready");
  ASSERT_THAT(ready(), SizeIs(1));
  leave_alone();
  EXPECT_EQ(order_state(), "skipped");
}

TEST_F(IntakeScope, TheRulesOfTheChannelAreAskedAgainAsWell) {
  left_alone();
  for (const auto& [admission, expected] : {std::pair(Admission::wait, "waiting"), {Admission::review, "review"}, {Admission::never, "skipped"}}) {
    store(order("held"), admission);
    EXPECT_EQ(order_state(), expected);
    store(order("held again"), admission);
    EXPECT_EQ(order_state(), expected) << "the ERP does not have it, so it is not too late";
    let_an_hour_pass();
    EXPECT_THAT(ready(), IsEmpty());
  }
  store(order());
  EXPECT_EQ(order_state(), "ready");
  ASSERT_THAT(ready(), SizeIs(1));
  store(order("held"), Admission::never);
  EXPECT_EQ(order_state(), "ready") << "the ERP may have it";
}

TEST_F(IntakeScope, WhatIsCancelledOrSkippedMeanwhileIsLookedForAllTheSame) {
  left_alone();
  PulledOrder cancelled = order("Cancelled");
  cancelled.cancelled = true;
  store(cancelled);
  EXPECT_EQ(order_state(), "ready");
  EXPECT_TRUE(ready().at(0).unwanted_for.has_value());
  leave_alone();
  EXPECT_EQ(order_state(), "ready") << "an answer from before";
  record(outcome(OrderState::skipped, "cancelled on the portal before it was imported"));
  EXPECT_EQ(state(), "skipped: cancelled on the portal before it was imported");
  store(order());
  EXPECT_EQ(order_state(), "skipped") << "for good";
}

}  // namespace
}  // namespace ferry::sql
