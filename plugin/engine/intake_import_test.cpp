#include "plugin/engine/intake_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::seconds;

// ---- into the ERP -------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, ReadyOrdersAreEnteredOneByOneAndRecorded) {
  importing({ready("R1"), ready("R2")});
  EXPECT_FALSE(stage->has<RecordOrders>());
  erp(ErpAnswer::linked);
  erp(ErpAnswer::linked);
  const auto outcomes = outcomes_recorded();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reference, "R1");
  EXPECT_EQ(outcomes[0].state, OrderState::linked);
  EXPECT_EQ(outcomes[0].erp_id, 41);
  EXPECT_EQ(outcomes[0].erp_number, "SO41");
  EXPECT_EQ(wakes_of("order_status"), 1);
  EXPECT_NE(finished(), Instant{});
}

TEST_F(IntakeLaneTest, TheSummaryCountsWhatBecameOfTheOrders) {
  begun();
  stage->answer(reply(200, "R1 1 R2 2 R3 3 R4 4"));
  stored(3);
  open_listed();
  ready_listed({ready("R1"), ready("R2"), ready("R3")});
  erp(ErpAnswer::linked);
  erp(ErpAnswer::rejected, "order R2 line 1: unknown SKU X");
  erp(ErpAnswer::busy);
  outcomes_recorded();
  finished();
  EXPECT_EQ(stage->take<RunSummary>().counts, (Counts{4, 3, 1, 1, 1, 1}));
}

TEST(Stories, E7_OneBadOrderGoesToReviewAndTheOthersAreImported) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  stage.answer(reply(200));
  stage.take<ListOpen>();
  stage.give(OpenListed{std::vector<std::string>{}});
  stage.take<ListReady>();
  stage.give(ReadyListed{std::vector<ReadyOrder>{{"BAD", "{}", 0}, {"GOOD", "{}", 0}}});
  stage.take<EnterOrder>();
  stage.give(ErpReplied{"BAD", {ErpAnswer::rejected, {}, "order BAD, line 2: unknown SKU 'X9'"}});
  stage.take<EnterOrder>();
  stage.give(ErpReplied{"GOOD", {ErpAnswer::linked, {5, "SO5"}, ""}});
  const auto outcomes = stage.take<RecordOrders>().outcomes;
  EXPECT_EQ(outcomes.at(0).state, OrderState::review);
  EXPECT_EQ(outcomes.at(0).reason, "order BAD, line 2: unknown SKU 'X9'");
  EXPECT_EQ(outcomes.at(1).state, OrderState::linked);
}

TEST_F(IntakeLaneTest, WhatTheErpTakesNoneLikeOfIsLeftAloneAndNobodyHasToReviewIt) {
  begun();
  stage->answer(reply(200, "R1 1 R2 2"));
  stored(2);
  open_listed();
  ready_listed({ready("R1", 3), ready("R2")});
  erp(ErpAnswer::absent, "order R1 is left alone: its customer is in no category");
  erp(ErpAnswer::absent);
  const auto outcomes = outcomes_recorded();
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.state, OrderState::skipped);
    EXPECT_TRUE(outcome.is_left_alone);
  }
  EXPECT_EQ(outcomes.at(0).reason, "order R1 is left alone: its customer is in no category");
  EXPECT_NE(outcomes.at(1).reason, "");
  EXPECT_EQ(wakes_of("order_status"), 1) << "by the page alone";
  finished();
  EXPECT_EQ(stage->take<RunSummary>().counts, (Counts{2, 2, 0, 2, 0, 0}));
}

TEST_F(IntakeLaneTest, WhatIsLeftAloneIsAskedAgainAndCountedOnce) {
  ReadyOrder again = ready("R1");
  again.was_left_alone = true;
  ReadyOrder in_scope_now = again;
  in_scope_now.reference = "R2";
  importing({again, in_scope_now});
  erp(ErpAnswer::absent, "still");
  erp(ErpAnswer::linked);
  const auto outcomes = outcomes_recorded();
  EXPECT_TRUE(outcomes.at(0).is_left_alone);
  EXPECT_EQ(outcomes.at(1).state, OrderState::linked);
  EXPECT_FALSE(outcomes.at(1).is_left_alone);
  finished();
  EXPECT_FALSE(stage->has<RunSummary>()) << "nothing came in that was not counted";
}

TEST_F(IntakeLaneTest, ABusyErpIsAskedLaterWithoutCountingAnAttempt) {
  importing({ready("R1", 3)});
  erp(ErpAnswer::busy, "locked by Anna");
  const auto outcome = outcomes_recorded().at(0);
  EXPECT_EQ(outcome.state, OrderState::ready);
  EXPECT_EQ(outcome.attempts, 3);
  EXPECT_EQ(outcome.reason, "locked by Anna");
  EXPECT_GT(outcome.next_attempt_at, stage->now);
}

TEST_F(IntakeLaneTest, ATransientFailureCountsAndEndsInReviewAfterTheLastAttempt) {
  importing({ready("R1", 0), ready("R2", 2)}, {.max_attempts = 3});
  erp(ErpAnswer::retry, "deadlock");
  erp(ErpAnswer::retry, "deadlock");
  const auto outcomes = outcomes_recorded();
  EXPECT_EQ(outcomes.at(0).state, OrderState::ready);
  EXPECT_EQ(outcomes.at(0).attempts, 1);
  EXPECT_GT(outcomes.at(0).next_attempt_at, stage->now);
  EXPECT_EQ(outcomes.at(1).state, OrderState::review);
  EXPECT_EQ(outcomes.at(1).reason, "given up after 3 attempts: deadlock");
}

TEST_F(IntakeLaneTest, AReviewAlwaysHasAReason) {
  importing({ready("R1"), ready("R2", 99)});
  erp(ErpAnswer::rejected);
  erp(ErpAnswer::retry);
  for (const auto& outcome : outcomes_recorded()) EXPECT_NE(outcome.reason, "");
}

// ---- changed by the portal after the ERP has it -------------------------------------------------------------------------

TEST_F(IntakeLaneTest, WhatThePortalChangesOfALinkedOrderIsRevisedInTheErpAndNeverEntered) {
  importing({changed("R1"), ready("R2")});
  EXPECT_FALSE(stage->has<EnterOrder>());
  revised("R1", ErpAnswer::linked);
  erp(ErpAnswer::linked);
  const auto outcomes = outcomes_recorded();
  EXPECT_TRUE(outcomes.at(0).is_revision);
  EXPECT_EQ(outcomes.at(0).state, OrderState::linked);
  EXPECT_FALSE(outcomes.at(1).is_revision);
}

TEST_F(IntakeLaneTest, AChangeThatTheErpRefusesIsForAPersonAndABusyErpIsAskedAgain) {
  importing({changed("R1"), changed("R2"), changed("R3"), changed("R4", 99), changed("R5")});
  revised("R1", ErpAnswer::rejected, "order R1: shipment OUT-5 has left; take it back, then retry");
  revised("R2", ErpAnswer::busy);
  revised("R3", ErpAnswer::retry, "deadlock");
  revised("R4", ErpAnswer::retry, "deadlock");
  revised("R5", ErpAnswer::absent);
  const auto outcomes = outcomes_recorded();
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.is_revision) << outcome.reference;
  EXPECT_EQ(outcomes.at(0).state, OrderState::review);
  EXPECT_EQ(outcomes.at(0).reason, "order R1: shipment OUT-5 has left; take it back, then retry");
  EXPECT_EQ(outcomes.at(1).state, OrderState::ready);
  EXPECT_EQ(outcomes.at(1).attempts, 0);
  EXPECT_EQ(outcomes.at(2).state, OrderState::ready);
  EXPECT_EQ(outcomes.at(2).attempts, 1);
  EXPECT_EQ(outcomes.at(3).state, OrderState::review);
  EXPECT_EQ(outcomes.at(4).state, OrderState::review);
  EXPECT_NE(outcomes.at(4).reason.find("order R5"), std::string::npos);
}

// ---- cancelled, and perhaps in the ERP already
// -----------------------------------------------------------------------------

TEST_F(IntakeLaneTest, ACancelledOrderIsLookedForInTheErpAndLinkedWhereItIsThere) {
  importing({cancelled("R1", seconds(1)), ready("R2")});
  EXPECT_FALSE(stage->has<EnterOrder>()) << "what is cancelled is not entered";
  looked_for("R1", ErpAnswer::linked);
  erp(ErpAnswer::linked);
  const auto outcomes = outcomes_recorded();
  EXPECT_EQ(outcomes.at(0).state, OrderState::linked);
  EXPECT_EQ(outcomes.at(0).erp_number, "SO41");
  EXPECT_EQ(wakes_of("order_status"), 1);
}

TEST_F(IntakeLaneTest, ACancelledOrderIsSkippedOnlyWhenNobodyCanEnterItAnyMore) {
  importing({cancelled("R1", seconds(1)), cancelled("R2", OrderEntry::kLongestEntry)});
  looked_for("R1", ErpAnswer::absent);
  looked_for("R2", ErpAnswer::absent);
  const auto outcomes = outcomes_recorded();
  EXPECT_EQ(outcomes.at(0).state, OrderState::ready);
  EXPECT_EQ(outcomes.at(0).next_attempt_at, stage->now + OrderEntry::kLongestEntry - seconds(1));
  EXPECT_EQ(outcomes.at(1).state, OrderState::skipped);
  EXPECT_EQ(outcomes.at(1).reason, "cancelled on the portal before it was imported");
}

TEST_F(IntakeLaneTest, AnErpThatDoesNotSayWhetherItHasACancelledOrderIsAskedOnAndOn) {
  importing({cancelled("R1", std::chrono::hours(9), 99), cancelled("R2", std::chrono::hours(9), 99),
             cancelled("R3", std::chrono::hours(9), 99)});
  looked_for("R1", ErpAnswer::retry);
  looked_for("R2", ErpAnswer::busy);
  looked_for("R3", ErpAnswer::rejected);
  for (const auto& outcome : outcomes_recorded()) {
    EXPECT_EQ(outcome.state, OrderState::ready) << outcome.reference;
    EXPECT_GT(outcome.next_attempt_at, stage->now) << outcome.reference;
    EXPECT_NE(outcome.reason, "");
  }
}

TEST_F(IntakeLaneTest, WhatWasLookedForAndIsNotThereCountsAsDone) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stored(1);
  open_listed();
  ready_listed({cancelled("R1", OrderEntry::kLongestEntry)});
  looked_for("R1", ErpAnswer::absent);
  outcomes_recorded();
  finished();
  EXPECT_EQ(stage->take<RunSummary>().counts, (Counts{1, 1, 0, 1, 0, 0}));
}

TEST_F(IntakeLaneTest, AHostWithoutOrderEntryLeavesTheOrdersToAnotherProcessAndDoesNotSpin) {
  importing({ready("R1"), ready("R2")});
  erp(ErpAnswer::unsupported);
  EXPECT_FALSE(stage->has<EnterOrder>());
  EXPECT_FALSE(stage->has<RecordOrders>());
  finished();
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_FALSE(stage->has<ListReady>());
  EXPECT_TRUE(stage->has<FinishIntake>());
}

TEST_F(IntakeLaneTest, ManyOrdersAreRecordedInSmallGroups) {
  std::vector<ReadyOrder> orders;
  for (int i = 0; i < 50; ++i) orders.push_back(ready("R" + std::to_string(i)));
  importing(orders);
  std::size_t recorded = 0;
  while (recorded < 50) {
    if (stage->has<EnterOrder>()) erp(ErpAnswer::linked);
    if (!stage->has<RecordOrders>()) continue;
    const auto group = outcomes_recorded();
    EXPECT_LE(group.size(), OrderEntry::kMostUnrecorded);
    recorded += group.size();
  }
  ready_listed();  // a full list may not have been all
  EXPECT_TRUE(stage->has<FinishIntake>());
}

TEST_F(IntakeLaneTest, ASlowErpDoesNotHoldUpTheNextLookAtThePortal) {
  importing({ready("R1"), ready("R2")});
  const auto slow = stage->take<EnterOrder>();
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(2));
  finished();
  begin();
  stage->answer(reply(200, "R3 3"));
  stored(1);
  EXPECT_GE(wakes_of("stock"), 1) << "new orders count against stock meanwhile";
  if (stage->has<ListOpen>()) open_listed();
  stage->give(ErpReplied{slow.reference, {ErpAnswer::linked, {41, "SO41"}, ""}});
  EXPECT_EQ(outcomes_recorded().at(0).reference, "R1");
  ready_listed({ready("R1"), ready("R2")});
  EXPECT_EQ(stage->take<EnterOrder>().reference, "R1") << "the tables list it only if it is to be tried again";
}

TEST_F(IntakeLaneTest, AnAnswerBetweenTwoRunsStartsTheNextOneAtOnce) {
  importing({ready("R1")});
  const auto slow = stage->take<EnterOrder>();
  stage->wait();
  finished();
  stage->give(ErpReplied{slow.reference, {ErpAnswer::linked, {41, "SO41"}, ""}});
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, OrdersLeftOverWhenTheTimeIsUpAreEnteredInARunRightBehind) {
  importing({ready("R1"), ready("R2")});
  stage->pass(seconds(3));
  erp(ErpAnswer::linked);
  outcomes_recorded();
  finished();
  EXPECT_TRUE(stage->has<BeginIntake>()) << stage->names();
}

TEST_F(IntakeLaneTest, WhileOrdersAreReadyLookingForMoreTakesAQuarterOfTheTime) {
  begun();
  stage->pass(seconds(2));  // the portal is slow
  stage->answer(reply(200));
  open_listed();
  ready_listed({ready("R1"), ready("R2"), ready("R3")});
  stage->pass(seconds(3));
  erp(ErpAnswer::linked);
  if (stage->has<Acquire>()) stage->renewed();
  EXPECT_EQ(stage->take<EnterOrder>().reference, "R2");
  stage->pass(seconds(3));
  stage->give(ErpReplied{"R2", {ErpAnswer::linked, {41, "SO41"}, ""}});
  if (stage->has<Acquire>()) stage->renewed();
  EXPECT_FALSE(stage->has<EnterOrder>()) << "it is time to look again";
  EXPECT_EQ(outcomes_recorded().size(), 2U);
  finished();
  EXPECT_TRUE(stage->has<BeginIntake>()) << "and then to go on at once";
}

TEST_F(IntakeLaneTest, AnOrderThatIsWithTheErpIsNotEnteredTwice) {
  importing({ready("R1")});
  stage->take<EnterOrder>();
  stage->wait();
  finished();
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_FALSE(stage->has<EnterOrder>());
}

}  // namespace
}  // namespace ferry::engine
