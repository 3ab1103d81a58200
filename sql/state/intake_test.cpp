#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::PulledOrder;
using engine::OrderOutcome;
using engine::OrderState;
using engine::RunMode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;
using testing::unruled;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const Instant kPlaced(std::chrono::microseconds(1'700'000'000'000'001));

class Intake : public testing::StoreTest {
 protected:
  void SetUp() override {
    lease_ = lease(1, "intake");
    run_ = must(store_.begin_intake(lease_));
  }
  static PulledOrder order(const std::string& reference, bool acknowledged = true) {
    PulledOrder order{reference, "id-" + reference, "PaymentSettled", kPlaced, acknowledged, true, false, {}};
    order.document =
        R"({"lines":[{"line":"1","sku":"A","quantity":"3","open_quantity":"2"},)"
        R"({"line":"2","sku":"B","quantity":"1.5","open_quantity":"9"},{"line":"3","sku":"C","quantity":"x"}]})";
    return order;
  }
  engine::StoredPage store(const std::vector<PulledOrder>& orders) {
    return must(store_.store_orders(lease_, run_, unruled(orders)));
  }
  void record(OrderOutcome outcome) { must(store_.record_orders(lease_, run_, std::span(&outcome, 1))); }
  static OrderOutcome linked(const std::string& reference, std::int64_t id = 7) {
    return {reference, OrderState::linked, "", 0, {}, id, "S" + std::to_string(id)};
  }
  std::string order_state(const std::string& reference) {
    return value("SELECT state FROM ferry.portal_order WHERE reference = '" + reference + "'");
  }
  engine::Lease lease_;
  std::int64_t run_ = 0;
};

TEST_F(Intake, AnAcknowledgedOrderBecomesReadyWithItsLines) {
  const auto page = store({order("R1")});
  EXPECT_EQ(page.inbound, 1);
  EXPECT_EQ(page.changed, 1);
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready[0].reference, "R1");
  EXPECT_EQ(ready[0].document, order("R1").document);
  // what cannot be is bounded, what is no number counts as nothing
  EXPECT_EQ(
      value(
          "SELECT string_agg(sku || quantity || '/' || open_quantity, ' ' ORDER BY line) FROM ferry.portal_order_line"),
      "A3/2 B1.5/1.5 C0/0");
  EXPECT_EQ(value("SELECT ferry.micros(placed_at) FROM ferry.portal_order"), "1700000000000001");
}

TEST_F(Intake, TheSamePageTwiceChangesNothing) {
  store({order("R1"), order("R1"), order("R2")});
  const auto again = store({order("R1"), order("R2")});
  EXPECT_EQ(again.inbound, 2);
  EXPECT_EQ(again.changed, 0);
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
  EXPECT_EQ(value("SELECT inbound || '/' || unchanged FROM ferry.run"), "4/2");
}

TEST_F(Intake, B11_WhatComesAgainAfterARestartIsKnown) {
  store({order("R1"), order("R2")});
  ASSERT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(2));
  record(linked("R1"));
  let_leases_run_out();
  const auto again = must(other_.acquire({1, "intake"}, "another", kTtl)).lease;
  const auto run = must(other_.begin_intake(again));
  const auto page = must(other_.store_orders(again, run, unruled({order("R1"), order("R2")})));
  EXPECT_EQ(page.changed, 0) << "the memory is in the database";
  EXPECT_EQ(order_state("R1"), "linked");
  EXPECT_THAT(must(other_.ready_orders(again, 10)), SizeIs(1));
}

TEST_F(Intake, E11_AnOrderThatComesBackFromTheTrashIsTheSameOne) {
  store({order("R1")});
  record(linked("R1"));
  auto trashed = order("R1");
  trashed.cancelled = true;
  trashed.open = false;
  store({trashed});
  EXPECT_EQ(order_state("R1"), "linked") << "the ERP is told that it is cancelled";
  EXPECT_EQ(value("SELECT revision FROM ferry.portal_order"), "due");
  store({order("R1")});
  EXPECT_EQ(order_state("R1"), "linked");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.portal_order"), "1");
  EXPECT_EQ(value("SELECT erp_id FROM ferry.portal_order"), "7");
}

TEST_F(Intake, E6_AnOrderThatIsNotPaidYetWaitsAndIsImportedOnceItIs) {
  store({order("R1", false)});
  EXPECT_EQ(order_state("R1"), "waiting");
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  store({order("R1", true)});
  EXPECT_EQ(order_state("R1"), "ready");
  store({order("R1", false)});
  EXPECT_EQ(order_state("R1"), "waiting");
}

TEST_F(Intake, AnOrderCancelledBeforeImportIsSkipped) {
  store({order("R1", false), order("R2")});
  for (const auto* reference : {"R1", "R2"}) {
    auto cancelled = order(reference);
    cancelled.cancelled = true;
    cancelled.open = false;
    store({cancelled});
    EXPECT_EQ(order_state(reference), "skipped");
  }
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  EXPECT_THAT(must(store_.open_orders(lease_, {})), IsEmpty());
}

// ---- killed between the ERP's commit and the record, and then cancelled ----

class CancelledIntake : public Intake {
 protected:
  static PulledOrder cancelled(const std::string& reference) {
    auto order = Intake::order(reference);
    order.cancelled = true;
    order.open = false;
    return order;
  }
  // As the process left it that was killed.
  void handed_over(const std::string& reference) {
    store({order(reference)});
    ASSERT_THAT(must(store_.ready_orders(lease_, 10)), Not(IsEmpty()));
  }
};

TEST_F(CancelledIntake, IsLookedForAndNeverSkippedUnsought) {
  handed_over("R1");
  store({cancelled("R1")});
  EXPECT_EQ(order_state("R1"), "ready");
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  ASSERT_TRUE(ready[0].unwanted_for);
  EXPECT_GE(*ready[0].unwanted_for, Duration(0));
  EXPECT_LT(*ready[0].unwanted_for, std::chrono::minutes(1));
  record(linked("R1"));
  EXPECT_EQ(order_state("R1"), "linked");
  EXPECT_EQ(counts_of(run_), "2/1/0/1");
}

TEST_F(CancelledIntake, ClaimsNothingMeanwhile) {
  product("A", 10);
  handed_over("R1");
  store({cancelled("R1")});
  const auto stock = lease(1, "stock");
  run(stock, RunMode::full);
  EXPECT_EQ(due(stock).at(0).item.document, R"({"sku":"A","location":null,"quantity":"10"})");
}

TEST_F(CancelledIntake, IsSkippedWhereTheErpDoesNotHaveIt) {
  handed_over("R1");
  store({cancelled("R1")});
  record({"R1", OrderState::ready, "once more", 0, Instant(std::chrono::hours(24 * 365 * 200)), 0, ""});
  store({cancelled("R1")});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty()) << "not before its time";
  record({"R1", OrderState::skipped, "why", 0, {}, 0, ""});
  EXPECT_EQ(value("SELECT state || reason FROM ferry.portal_order"), "skippedwhy");
  store({cancelled("R1")});
  EXPECT_EQ(order_state("R1"), "skipped");
}

TEST_F(CancelledIntake, IsEnteredAfterAllWhereThePortalTakesTheCancellationBack) {
  handed_over("R1");
  store({cancelled("R1")});
  record({"R1", OrderState::ready, "once more", 0, Instant(std::chrono::hours(24 * 365 * 200)), 0, ""});
  store({order("R1")});
  record({"R1", OrderState::skipped, "too late", 0, {}, 0, ""});
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_FALSE(ready[0].unwanted_for);
  EXPECT_EQ(value("SELECT state || coalesce(reason, '-') FROM ferry.portal_order"), "ready-");
}

// ---- changed after the ERP has it ----

class RevisedIntake : public CancelledIntake {
 protected:
  void SetUp() override {
    Intake::SetUp();
    handed_over("R1");
    record(linked("R1"));
  }
  static PulledOrder edited(const std::string& quantity, const std::string& open = "1") {
    auto order = Intake::order("R1");
    order.document = R"({"lines":[{"line":"1","sku":"A","quantity":")" + quantity + R"(","open_quantity":")" + open + R"("}]})";
    return order;
  }
  OrderOutcome revised(OrderState state, const std::string& reason = "") {
    return {"R1", state, reason, 1, Instant(std::chrono::hours(24 * 365 * 200)), 7, "S7", true};
  }
  std::string shown() {
    return value(
        "SELECT state || '/' || coalesce(revision, '-') || '/' || coalesce(reason, '-') || '/' || erp_id FROM "
        "ferry.portal_order");
  }
};

TEST_F(RevisedIntake, WhatChangesIsHandedOverOnceAndStaysLinked) {
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty()) << "it is in the ERP as it was handed over";
  store({edited("2")});
  const auto changed = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_TRUE(changed[0].is_linked);
  EXPECT_EQ(changed[0].document, edited("2").document);
  EXPECT_EQ(shown(), "linked/due/-/7");
  record(revised(OrderState::linked));
  EXPECT_EQ(shown(), "linked/-/-/7");
  store({edited("2")});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
}

TEST_F(RevisedIntake, WhatChangesMeanwhileIsHandedOverAgain) {
  store({edited("2")});
  must(store_.ready_orders(lease_, 10));
  store({edited("1")});
  record(revised(OrderState::review, "too late"));
  const auto changed = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(changed[0].document, edited("1").document);
}

TEST_F(RevisedIntake, WhatWasShippedThereIsStoredAndNothingToRevise) {
  store({edited("2", "2")});
  must(store_.ready_orders(lease_, 10));
  record(revised(OrderState::linked));
  store({edited("2", "0")});
  EXPECT_EQ(value("SELECT open_quantity FROM ferry.portal_order_line WHERE sku = 'A'"), "0");
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  store({edited("3", "1")});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(1));
  store({edited("3", "0")});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(1)) << "a change that is due stays so";
}

TEST_F(RevisedIntake, AChangeOfAnOldOrderDoesNotHoldUpNewOnes) {
  store({edited("2")});
  auto placed_before_it_changed = order("R2");
  placed_before_it_changed.placed_at += std::chrono::hours(1);
  store({placed_before_it_changed});
  sql("UPDATE ferry.portal_order SET revise_at = placed_at + interval '2 hours' WHERE reference = 'R1'");
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(2));
  EXPECT_EQ(ready[0].reference, "R2");
  EXPECT_TRUE(ready[1].is_linked);
}

TEST_F(RevisedIntake, ACancellationIsAChange) {
  store({cancelled("R1")});
  const auto changed = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_TRUE(changed[0].is_linked);
  EXPECT_FALSE(changed[0].unwanted_for);
}

TEST_F(RevisedIntake, OneThatWasCancelledBeforeItWasFoundInTheErpIsRevisedThere) {
  handed_over("R2");
  store({cancelled("R2")});
  record(linked("R2", 8));
  const auto changed = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(changed[0].reference, "R2");
  EXPECT_TRUE(changed[0].is_linked);
}

TEST_F(RevisedIntake, OneThatChangedWhileItWasEnteredIsRevised) {
  handed_over("R2");
  auto changed = edited("2");
  changed.reference = "R2";
  changed.portal_id = "id-R2";
  store({changed});
  record(linked("R2", 8));
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_TRUE(ready[0].is_linked);
}

TEST_F(RevisedIntake, OneOfWhichSomethingWasPaidBackBeforeItWasEnteredIsRevisedOnce) {
  auto refunded = order("R2");
  refunded.document = R"({"refunds":[{"refund":"1"}],"lines":[]})";
  store({refunded});
  must(store_.ready_orders(lease_, 10));
  record(linked("R2", 8));
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1)) << "an order is entered as it was sold";
  EXPECT_TRUE(ready[0].is_linked);
  EXPECT_EQ(ready[0].document, refunded.document);
  auto outcome = linked("R2", 8);
  outcome.is_revision = true;
  record(outcome);
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
}

TEST_F(RevisedIntake, WhatIsToBeTriedAgainWaitsAndStaysLinked) {
  store({edited("2")});
  must(store_.ready_orders(lease_, 10));
  record(revised(OrderState::ready, "the ERP is busy"));
  EXPECT_EQ(shown(), "linked/due/the ERP is busy/7");
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty()) << "not before its time";
}

TEST_F(RevisedIntake, APersonRetriesOrSettlesWhatTheErpRefused) {
  store({edited("2")});
  must(store_.ready_orders(lease_, 10));
  record(revised(OrderState::review, "shipment OUT-5 has left"));
  EXPECT_EQ(shown(), "linked/review/shipment OUT-5 has left/7");
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  EXPECT_EQ(must(store_.retry_orders(1, "R1")).retried, 1);
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(1));
  record(revised(OrderState::review, "shipment OUT-5 has left"));
  EXPECT_EQ(must(store_.retry_orders(1, "")).retried, 1) << "all that is to be reviewed";
  must(store_.ready_orders(lease_, 10));
  record(revised(OrderState::review, "shipment OUT-5 has left"));
  const auto settled = must(store_.skip_order(1, "R1", "returned by hand"));
  EXPECT_EQ(settled.skipped, 1);
  EXPECT_EQ(settled.state, "linked");
  EXPECT_EQ(shown(), "linked/-/-/7");
  EXPECT_EQ(must(store_.retry_orders(1, "R1")).retried, 0);
  EXPECT_EQ(counts_of(run_), "2/2/0/0") << "a change was counted when it was seen";
}

TEST_F(RevisedIntake, WhatThePortalHasFinishedIsLookedAtEveryHourForAWhile) {
  auto delivered = order("R1");
  delivered.open = false;
  store({delivered});
  const auto looked_at = [&](Duration ago) { return must(store_.open_orders(lease_, ago > Duration(0) ? kPlaced - ago : Instant{})); };
  EXPECT_THAT(looked_at(std::chrono::hours(1)), IsEmpty()) << "it was seen just now";
  sql("UPDATE ferry.portal_order SET last_seen_at = clock_timestamp() - interval '61 minutes'");
  EXPECT_THAT(looked_at(std::chrono::hours(1)), ElementsAre("id-R1"));
  EXPECT_THAT(looked_at(-std::chrono::hours(1)), IsEmpty()) << "nothing is watched";
  EXPECT_THAT(must(store_.open_orders(lease_, kPlaced + std::chrono::hours(1))), IsEmpty()) << "it was placed before";
}

TEST_F(RevisedIntake, AnAnswerWithoutTheMomentItWasPlacedHidesNothing) {
  const auto placed = [&](const std::string& reference) {
    return value("SELECT ferry.micros(placed_at) FROM ferry.portal_order WHERE reference = '" + reference + "'");
  };
  auto garbled = edited("2");
  garbled.placed_at = Instant{};
  store({garbled});
  EXPECT_EQ(placed("R1"), "1700000000000001") << "it was known already";
  garbled.reference = "R2";
  garbled.portal_id = "id-R2";
  store({garbled});
  EXPECT_EQ(value("SELECT placed_at > now() - interval '1 minute' FROM ferry.portal_order WHERE reference = 'R2'"), "1");
  auto whole = order("R2");
  store({whole});
  EXPECT_EQ(placed("R2"), "1700000000000001");
}

// ---- skipped by a person ----

class SkippedIntake : public CancelledIntake {
 protected:
  OdbcStore::Skipped skip(const std::string& reference) { return must(store_.skip_order(1, reference, "by Ann")); }
  std::string told() { return value("SELECT state || ': ' || coalesce(reason, '-') FROM ferry.portal_order"); }
};

TEST_F(SkippedIntake, IsOverAtOnceWhereTheErpCannotHaveIt) {
  store({order("R1", false)});
  const auto done = skip("R1");
  EXPECT_EQ(done.old_state + " " + done.state, "waiting skipped");
  EXPECT_EQ(told(), "skipped: by Ann");
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
  EXPECT_EQ(skip("R1").skipped, 0);
}

TEST_F(SkippedIntake, IsLookedForWhereTheErpMayHaveIt) {
  handed_over("R1");
  record({"R1", OrderState::review, "unknown SKU", 0, {}, 0, ""});
  const auto done = skip("R1");
  EXPECT_EQ(done.old_state + " " + done.state, "review ready");
  EXPECT_EQ(told(), "ready: to be skipped; it is looked for in the ERP first: by Ann");
  EXPECT_EQ(counts_of(run_), "1/0/0/1");
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_TRUE(ready[0].unwanted_for);
  record({"R1", OrderState::skipped, "cancelled on the portal before it was imported", 0, {}, 0, ""});
  EXPECT_EQ(told(), "skipped: by Ann");
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
}

TEST_F(SkippedIntake, IsLinkedWhereTheErpHasIt) {
  handed_over("R1");
  skip("R1");
  record(linked("R1"));
  EXPECT_EQ(order_state("R1"), "linked");
}

TEST_F(SkippedIntake, StaysSoWhateverThePortalChangesMeanwhile) {
  handed_over("R1");
  skip("R1");
  store({order("R1", false)});
  EXPECT_EQ(told(), "ready: to be skipped; it is looked for in the ERP first: by Ann");
  record({"R1", OrderState::review, "an answer from before", 0, {}, 0, ""});
  EXPECT_EQ(order_state("R1"), "ready") << "no case for a person any more";
  EXPECT_TRUE(must(store_.ready_orders(lease_, 10)).at(0).unwanted_for);
}

TEST_F(SkippedIntake, IsTakenBackByARetry) {
  handed_over("R1");
  skip("R1");
  must(store_.retry_orders(1, "R1"));
  record({"R1", OrderState::skipped, "too late", 0, {}, 0, ""});
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_FALSE(ready[0].unwanted_for);
}

TEST_F(CancelledIntake, IsNoCaseForAPerson) {
  handed_over("R1");
  store({cancelled("R1")});
  record({"R1", OrderState::review, "unknown SKU", 0, {}, 0, ""});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(1)) << "the answer to its entering, asked before";
  handed_over("R2");
  record({"R2", OrderState::review, "given up after 3 attempts", 0, {}, 0, ""});
  store({cancelled("R2")});
  EXPECT_EQ(order_state("R2"), "ready");
}

TEST_F(Intake, ALinkedOrderStaysLinkedWhateverThePortalDoes) {
  store({order("R1")});
  record(linked("R1"));
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
  EXPECT_EQ(value("SELECT erp_id || erp_number || (linked_at IS NOT NULL) FROM ferry.portal_order"), "7S7true");
  auto cancelled = order("R1");
  cancelled.cancelled = true;
  store({cancelled});
  EXPECT_EQ(order_state("R1"), "linked");
  EXPECT_EQ(counts_of(run_), "2/2/0/0");
  record({"R1", OrderState::review, "too late", 0, {}, 0, ""});
  EXPECT_EQ(order_state("R1"), "linked");
}

TEST_F(Intake, TheErpsAnswerWinsOverACancellationThatCameMeanwhile) {
  store({order("R1")});
  auto cancelled = order("R1");
  cancelled.cancelled = true;
  store({cancelled});
  record({"R1", OrderState::ready, "busy", 1, {}, 0, ""});
  EXPECT_EQ(order_state("R1"), "skipped");
  record(linked("R1"));
  EXPECT_EQ(order_state("R1"), "linked");
}

TEST_F(Intake, AnOrderInReviewIsTriedAgainWhenAPersonOrThePortalMendsIt) {
  store({order("R1"), order("R2")});
  record({"R1", OrderState::review, "order R1, line 1: unknown SKU 'A'", 0, {}, 0, ""});
  record({"R2", OrderState::review, "", 0, {}, 0, ""});
  EXPECT_EQ(counts_of(run_), "2/0/2/0");
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  EXPECT_EQ(must(store_.retry_orders(1, "R1")).retried, 1);
  EXPECT_EQ(counts_of(run_), "2/0/1/1");
  auto mended = order("R2");
  mended.document = "{\"lines\":[]}";
  store({mended});
  EXPECT_EQ(order_state("R2"), "ready");
  EXPECT_EQ(value("SELECT sum(quantity + open_quantity) FROM ferry.portal_order_line WHERE reference = 'R2'"), "0");
}

TEST_F(Intake, AnOrderInReviewThatMayNoLongerBeImportedStaysThere) {
  store({order("R1")});
  record({"R1", OrderState::review, "why", 0, {}, 0, ""});
  store({order("R1", false)});
  EXPECT_EQ(value("SELECT state || reason FROM ferry.portal_order"), "reviewwhy");
}

TEST_F(Intake, RetryingSaysWhatItFound) {
  store({order("R1")});
  ASSERT_THAT(must(store_.ready_orders(lease_, 10)), SizeIs(1));
  record(linked("R1"));
  const auto linked_one = must(store_.retry_orders(1, "R1"));
  EXPECT_EQ(linked_one.retried, 0);
  EXPECT_EQ(linked_one.found, 1);
  EXPECT_EQ(linked_one.state, "linked");
  EXPECT_EQ(must(store_.retry_orders(1, "R9")).found, 0);
}

TEST_F(Intake, AnOrderToBeTriedLaterWaits) {
  store({order("R1")});
  record({"R1", OrderState::ready, "ERP locked", 3, Instant(std::chrono::hours(24 * 365 * 200)), 0, ""});
  EXPECT_THAT(must(store_.ready_orders(lease_, 10)), IsEmpty());
  record({"R1", OrderState::ready, "ERP locked", 4, kPlaced, 0, ""});
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready[0].attempts, 4);
}

TEST_F(Intake, AnOrderThatChangedItsNumberIsNotImportedTwice) {
  store({order("R1")});
  record(linked("R1"));
  auto renamed = order("R1-NEW");
  renamed.portal_id = "id-R1";
  store({renamed, order("R2")});
  EXPECT_EQ(value("SELECT string_agg(reference, ' ' ORDER BY reference) FROM ferry.portal_order"), "R1 R2");
  EXPECT_EQ(value("SELECT reason FROM ferry.portal_order WHERE reference = 'R1'"),
            "the portal now calls this order 'R1-NEW': check both numbers by hand");
}

TEST_F(Intake, OpenOrdersAreThoseThePortalMayStillChange) {
  auto closed = order("R2");
  closed.open = false;
  store({order("R1"), closed});
  EXPECT_THAT(must(store_.open_orders(lease_, {})), ElementsAre("id-R1"));
}

TEST_F(Intake, AFinishedRunMovesTheClockAlsoBackAndAnEmptyOneLeavesNoTrace) {
  store({order("R1")});
  must(store_.finish_intake(lease_, run_, kPlaced));
  EXPECT_EQ(must(store_.acquire({1, "intake"}, "one", kTtl)).portal_clock, kPlaced);
  const auto second = must(store_.begin_intake(lease_));
  must(store_.store_orders(lease_, second, unruled({order("R1")})));
  must(store_.finish_intake(lease_, second, kPlaced - std::chrono::hours(1)));
  must(store_.finish_intake(lease_, must(store_.begin_intake(lease_)), Instant{}));
  EXPECT_EQ(must(store_.acquire({1, "intake"}, "one", kTtl)).portal_clock, kPlaced - std::chrono::hours(1));
  EXPECT_EQ(value("SELECT count(*) || '/' || max(id) FROM ferry.run"), "1/" + std::to_string(run_));
}

TEST_F(Intake, OrdersThatCannotBeReadAreRememberedUntilTheyWereMended) {
  must(store_.finish_intake(lease_, run_, kPlaced, {kPlaced, "an order without code"}));
  must(store_.report(lease_, "an order without code"));
  EXPECT_EQ(must(store_.acquire({1, "intake"}, "one", kTtl)).unread_since, kPlaced);
  // a successor that has not read it yet does not know its name
  must(store_.finish_intake(lease_, run_, kPlaced, {kPlaced, ""}));
  EXPECT_EQ(value("SELECT unread || '/' || last_error FROM ferry.job WHERE job = 'intake'"),
            "an order without code/an order without code");
  must(store_.finish_intake(lease_, run_, kPlaced));
  EXPECT_EQ(must(store_.acquire({1, "intake"}, "one", kTtl)).unread_since, Instant{});
  EXPECT_EQ(value("SELECT coalesce(unread, last_error, '-') FROM ferry.job WHERE job = 'intake'"), "-");
  must(store_.report(lease_, "the portal does not answer"));
  must(store_.finish_intake(lease_, run_, kPlaced));
  EXPECT_EQ(value("SELECT last_error FROM ferry.job WHERE job = 'intake'"), "the portal does not answer");
}

TEST_F(Intake, NastyTextStaysText) {
  auto nasty = order("R'1\"; DROP TABLE ferry.job; --");
  nasty.document = R"({"x":"\u0000 '\"{}","lines":[{"line":"'1","sku":"\\\"A'","quantity":"1","open_quantity":"1"}]})";
  EXPECT_EQ(store({nasty}).changed, 1);
  const auto ready = must(store_.ready_orders(lease_, 10));
  ASSERT_THAT(ready, SizeIs(1));
  EXPECT_EQ(ready[0].reference, nasty.reference);
  EXPECT_EQ(ready[0].document, nasty.document);
  EXPECT_EQ(value("SELECT sku FROM ferry.portal_order_line"), "\\\"A'");
}

TEST_F(Intake, ChangedOrdersLeadTheStockFeedToTheirProducts) {
  const auto a = product("A", 10);
  product("Z", 1);
  const auto stock = lease(1, "stock");
  run(stock, RunMode::full);
  deliver_all(stock);
  store({order("R1")});
  EXPECT_EQ(run(stock, RunMode::hints).counts.changed, 1);
  const auto items = due(stock);
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].key.key, a);
  EXPECT_EQ(items[0].item.document, R"({"sku":"A","location":null,"quantity":"7"})");
}

TEST_F(Intake, ALineWhoseSkuChangesLeadsTheStockFeedToItsFormerProductToo) {
  product("A", 10);
  product("D", 10);
  const auto stock = lease(1, "stock");
  auto edited = order("R1");
  edited.document = R"({"lines":[{"line":"1","sku":"A","quantity":"3","open_quantity":"3"}]})";
  store({edited});
  run(stock, RunMode::full);
  deliver_all(stock);
  edited.document = R"({"lines":[{"line":"1","sku":"D","quantity":"2","open_quantity":"2"}]})";
  store({edited});
  EXPECT_EQ(run(stock, RunMode::hints).counts.changed, 2);
  std::vector<std::string> documents;
  for (const auto& item : due(stock)) documents.push_back(item.item.document);
  EXPECT_THAT(documents, UnorderedElementsAre(R"({"sku":"A","location":null,"quantity":"10"})",
                                              R"({"sku":"D","location":null,"quantity":"8"})"));
  edited.document = R"({"lines":[{"line":"1","sku":"A","quantity":"1","open_quantity":"1"}]})";
  store({edited});
  EXPECT_EQ(value("SELECT string_agg(sku || quantity || '/' || open_quantity, ' ' ORDER BY sku) FROM "
                  "ferry.portal_order_line"),
            "A1/1 D0/0") << "and back";
}

TEST_F(Intake, ALinkedOrderLeadsTheStatusFeedToItsNumber) {
  sql("INSERT INTO sale_sale (id, number, state, web_id) VALUES (7, 'SO-7', 'processing', '1:R1')");
  const auto status = lease(1, "order_status");
  run(status, RunMode::full, Feed::order_status);
  store({order("R1")});
  record(linked("R1"));
  EXPECT_EQ(run(status, RunMode::hints, Feed::order_status).counts.changed, 1);
  const auto items = must(store_.due(status, Feed::order_status, 10, {})).items;
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].item.document, R"({"order":"id-R1","reference":"R1","number":"SO-7","state":"processing","shipments":[]})");
  sql("UPDATE sale_sale SET state = 'done'");
  EXPECT_EQ(run(status, RunMode::watermark, Feed::order_status).counts.changed, 1);
}

// ---- rules of the channel -------------------------------------------------------------------------------------------

class RuledIntake : public Intake {
 protected:
  void store_ruled(const PulledOrder& order, engine::Admission admission, const std::string& why = "a rule says so") {
    must(store_.store_orders(lease_, run_, std::vector<engine::RuledOrder>{{order, {admission, why}}}));
  }
  std::string reason() { return value("SELECT reason FROM ferry.portal_order"); }
  void retry() { must(store_.retry_orders(1, "R1")); }
};

TEST_F(RuledIntake, AnOrderWaitsOrIsReviewedOrLeftAloneAsItIsRuledAndPeopleSeeWhy) {
  using enum engine::Admission;
  for (const auto& [admission, state] : {std::pair{wait, "waiting"}, {review, "review"}, {never, "skipped"}, {import, "ready"}}) {
    store_ruled(order("R1"), admission, std::string("rule for ") + state);
    EXPECT_EQ(order_state("R1"), state);
    if (admission != import) {
      EXPECT_EQ(reason(), std::string("rule for ") + state);
    }
  }
  EXPECT_EQ(value("SELECT reason IS NULL FROM ferry.portal_order"), "1");
}

TEST_F(RuledIntake, AnotherRuleForTheSameOrderIsAChange) {
  store_ruled(order("R1"), engine::Admission::never, "country");
  store_ruled(order("R1"), engine::Admission::never, "country and domain");
  EXPECT_EQ(reason(), "country and domain");
  EXPECT_EQ(store({order("R1")}).changed, 1);
  EXPECT_EQ(order_state("R1"), "ready");
}

TEST_F(RuledIntake, E17_AnOrderInReviewForItsPaymentComesInWhenTheRuleIsMended) {
  store_ruled(order("R1"), engine::Admission::review, "its payment by \"klarna\" has no rule of its own");
  EXPECT_EQ(order_state("R1"), "review");
  EXPECT_EQ(store({order("R1")}).changed, 1) << "the same order, looked at under the new rule";
  EXPECT_EQ(order_state("R1"), "ready");
}

TEST_F(RuledIntake, OnlyWhatIsAcknowledgedIsReviewedButWhatIsNeverTakenIsNot) {
  store_ruled(order("R1", false), engine::Admission::review);
  EXPECT_EQ(order_state("R1"), "waiting");
  store_ruled(order("R2", false), engine::Admission::never);
  EXPECT_EQ(order_state("R2"), "skipped");
}

TEST_F(RuledIntake, WhatAPersonAsksForByARetryIsNotRuledAgain) {
  using enum engine::Admission;
  for (const auto admission : {wait, review, never}) {
    sql("DELETE FROM ferry.portal_order_line; DELETE FROM ferry.portal_order");
    store_ruled(order("R1"), admission);
    retry();
    EXPECT_EQ(order_state("R1"), "ready");
    PulledOrder changed = order("R1");
    changed.state = "Shipped";
    store_ruled(changed, admission);
    EXPECT_EQ(order_state("R1"), "ready");
  }
}

TEST_F(RuledIntake, WhatTheErpMayHaveIsNotRuled) {
  store({order("R1")});
  must(store_.ready_orders(lease_, 10));
  store_ruled(order("R1"), engine::Admission::never);
  EXPECT_EQ(order_state("R1"), "ready");
}

TEST_F(RuledIntake, WhatAPersonSkippedStaysSkippedWhateverTheRules) {
  store({order("R1")});
  must(store_.skip_order(1, "R1", "entered by telephone"));
  PulledOrder changed = order("R1");
  changed.state = "Shipped";
  store_ruled(changed, engine::Admission::never);
  EXPECT_EQ(reason(), "entered by telephone");
  store({order("R1")});
  EXPECT_EQ(order_state("R1"), "skipped");
}

TEST_F(RuledIntake, ACancelledOrderThatWasLeftAloneStaysSkippedForGood) {
  store_ruled(order("R1"), engine::Admission::never);
  PulledOrder cancelled = order("R1");
  cancelled.cancelled = true;
  store_ruled(cancelled, engine::Admission::never);
  EXPECT_EQ(reason(), "cancelled on the portal before it was imported");
  store({order("R1")});
  EXPECT_EQ(order_state("R1"), "skipped");
}

}  // namespace
}  // namespace ferry::sql
