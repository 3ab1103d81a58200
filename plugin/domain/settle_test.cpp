#include "plugin/domain/settle.h"

#include <gtest/gtest.h>

#include <string>

namespace ferry {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kNow = Instant(seconds(1'700'000'000));

ItemVerdict verdict(Verdict what, std::string reason = "") {
  ItemVerdict result;
  result.verdict = what;
  result.reason = std::move(reason);
  return result;
}

ItemVerdict snooze(std::optional<Duration> wait) {
  auto result = verdict(Verdict::snooze, "slow down");
  result.wait = wait;
  return result;
}

Delivery tried(std::int32_t attempts, std::int32_t snoozes = 0) {
  return {PublicationState::pending, attempts, snoozes, kNow, "before"};
}

Delivery settled(const Delivery& before, const ItemVerdict& what) {
  return settle(before, what, RetryPolicy{}, kNow, 0.5);
}

TEST(Settle, DeliveredStartsAllCountersAgain) {
  const auto after = settled(tried(3, 2), verdict(Verdict::delivered));
  EXPECT_EQ(after.state, PublicationState::settled);
  EXPECT_EQ(after.attempts, 0);
  EXPECT_EQ(after.snoozes, 0);
  EXPECT_EQ(after.reason, "");
}

TEST(Settle, RejectedIsADeadLetterWithAReason) {
  const auto after = settled(tried(0), verdict(Verdict::rejected, "SKU is archived"));
  EXPECT_EQ(after.state, PublicationState::dead);
  EXPECT_EQ(after.reason, "SKU is archived");
  EXPECT_NE(settled(tried(0), verdict(Verdict::rejected)).reason, "");
}

TEST(Settle, RetryCountsTheAttemptAndWaitsWithJitter) {
  const auto after = settled(tried(2, 5), verdict(Verdict::retry, "502"));
  EXPECT_EQ(after.state, PublicationState::pending);
  EXPECT_EQ(after.attempts, 3);
  EXPECT_EQ(after.snoozes, 0);
  EXPECT_EQ(after.next_attempt_at, kNow + seconds(2));
  EXPECT_EQ(after.reason, "502");
  EXPECT_NE(settled(tried(0), verdict(Verdict::retry)).reason, "");
}

TEST(Settle, TheLastAttemptMakesADeadLetterNamingTheLastError) {
  RetryPolicy policy;
  policy.max_attempts = 3;
  EXPECT_EQ(settle(tried(1), verdict(Verdict::retry, "502"), policy, kNow, 0).state, PublicationState::pending);
  const auto after = settle(tried(2), verdict(Verdict::retry, "502"), policy, kNow, 0);
  EXPECT_EQ(after.state, PublicationState::dead);
  EXPECT_EQ(after.reason, "given up after 3 attempts: 502");
}

TEST(Stories, B12_ALostAnswerIsSentAgainBecauseTheFeedSetsState) {
  const auto after = settled(tried(0), verdict(Verdict::ambiguous));
  EXPECT_EQ(after.state, PublicationState::pending);
  EXPECT_EQ(after.attempts, 1);
  EXPECT_EQ(after.reason, "sent, but the portal's answer was lost");
}

TEST(Settle, SnoozeWaitsAsLongAsAskedAndCountsNoAttempt) {
  const auto after = settled(tried(2, 1), snooze(seconds(90)));
  EXPECT_EQ(after.state, PublicationState::pending);
  EXPECT_EQ(after.attempts, 2);
  EXPECT_EQ(after.snoozes, 2);
  EXPECT_EQ(after.next_attempt_at, kNow + seconds(90));
}

TEST(Settle, SnoozeWithoutADurationWaitsTheDefault) {
  EXPECT_EQ(settled(tried(0), snooze(std::nullopt)).next_attempt_at, kNow + RetryPolicy{}.default_snooze);
}

TEST(Settle, AWaitFromOutsideIsBoundedOnBothSides) {
  EXPECT_EQ(settled(tried(0), snooze(hours(10'000))).next_attempt_at, kNow + hours(1));
  EXPECT_EQ(settled(tried(0), snooze(Duration(0))).next_attempt_at, kNow + RetryPolicy{}.least_snooze);
  EXPECT_EQ(settled(tried(0), snooze(seconds(-5))).next_attempt_at, kNow + RetryPolicy{}.least_snooze);
}

TEST(Settle, AbsentIsNoFailureAndIsLookedForAgain) {
  const auto after = settled(tried(4), verdict(Verdict::absent));
  EXPECT_EQ(after.state, PublicationState::absent);
  EXPECT_EQ(after.attempts, 0);
  EXPECT_EQ(after.next_attempt_at, kNow + minutes(10));
  EXPECT_EQ(after.reason, "not on the portal");
}

TEST(Settle, DriftedWaitsAMomentForTheIntakeWithoutAnAttempt) {
  const auto after = settled(tried(1, 9), verdict(Verdict::drifted));
  EXPECT_EQ(after.state, PublicationState::pending);
  EXPECT_EQ(after.attempts, 1);
  EXPECT_EQ(after.snoozes, 1) << "waits for other reasons do not count as drifts";
  EXPECT_EQ(after.next_attempt_at, kNow + seconds(1));
}

TEST(Settle, ThreeDriftsInARowAreNotExplainedByOrders) {
  Delivery delivery = tried(0);
  for (int i = 0; i < kDriftsBelieved; ++i) {
    EXPECT_FALSE(drift_is_unexplained(delivery));
    delivery = settled(delivery, verdict(Verdict::drifted));
  }
  EXPECT_TRUE(drift_is_unexplained(delivery));
  EXPECT_FALSE(drift_is_unexplained(tried(0, 5))) << "the portal merely asked to wait";
}

TEST(Settle, LatenessIsFiveTimeoutsAndNeverLessThanAMinute) {
  EXPECT_EQ(lateness_of(seconds(30)), seconds(150));
  EXPECT_EQ(lateness_of(seconds(1)), minutes(1)) << "impatience does not make the portal quicker";
}

TEST(Settle, ADoubtIsOverForADeliveryThatBeganAfterIt) {
  const RetryPolicy policy;
  const auto after = [&](Instant doubt, Verdict verdict, Instant began, Instant lane_doubt = {}) {
    Delivery before = tried(1);
    before.confirm_at = doubt;
    return confirm_at(before, verdict, began, lane_doubt, policy, kNow);
  };
  const Instant soon = kNow + seconds(10), late = kNow + hours(1);
  EXPECT_EQ(after({}, Verdict::ambiguous, kNow), kNow + policy.lateness);
  EXPECT_EQ(after(late, Verdict::ambiguous, kNow), late) << "the one that lasts longer";
  EXPECT_EQ(after(soon, Verdict::delivered, soon - seconds(1)), soon) << "it looked before the doubt was over";
  EXPECT_EQ(after(soon, Verdict::delivered, soon), Instant{});
  EXPECT_EQ(after({}, Verdict::delivered, kNow), Instant{});
  EXPECT_EQ(after(soon, Verdict::delivered, soon, late), late) << "the lane's own";
  EXPECT_EQ(after({}, Verdict::delivered, late, late), Instant{});
  for (const auto what : {Verdict::retry, Verdict::snooze, Verdict::rejected, Verdict::absent, Verdict::drifted}) {
    EXPECT_EQ(after(soon, what, late), soon) << name_of(what);
    EXPECT_EQ(after({}, what, kNow, late), Instant{}) << name_of(what);
  }
}

TEST(Settle, LeavesTheDoubtAsItWas) {
  Delivery before = tried(1);
  before.confirm_at = kNow + hours(1);
  for (const auto what : {Verdict::delivered, Verdict::retry, Verdict::snooze, Verdict::rejected, Verdict::absent,
                          Verdict::drifted, Verdict::split})
    EXPECT_EQ(settled(before, verdict(what)).confirm_at, before.confirm_at) << name_of(what);
}

TEST(Settle, UnauthorizedAndSplitStayPendingWithNothingCounted) {
  for (const auto what : {Verdict::unauthorized, Verdict::split}) {
    const auto after = settled(tried(2, 1), verdict(what, "no"));
    EXPECT_EQ(after.state, PublicationState::pending);
    EXPECT_EQ(after.attempts, 2);
    EXPECT_EQ(after.snoozes, 1);
    EXPECT_EQ(after.next_attempt_at, kNow);
  }
}

}  // namespace
}  // namespace ferry
