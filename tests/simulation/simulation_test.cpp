// Some histories, so that the sanitizers play them too; ferry_simulation plays many more.
#include <gtest/gtest.h>

#include "tests/simulation/play.h"

namespace ferry::simulation {
namespace {

TEST(Simulation, WhateverHappensTheLawsHold) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto played = play(seed);
    ASSERT_TRUE(played.broken.empty()) << report(seed, 40);
  }
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  const auto one = play(7, true), other = play(7, true);
  EXPECT_EQ(one.events, other.events);
  EXPECT_EQ(one.figures.text(), other.figures.text());
  EXPECT_NE(one.events, play(8, true).events);
}

// A law that no mistake can break proves nothing: each of these is found within a hundred histories.
testing::AssertionResult is_found(Mutant mutant, std::string_view law) {
  std::string others;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto played = play(seed, false, mutant);
    if (played.broken.starts_with(law)) return testing::AssertionSuccess();
    if (!played.broken.empty()) others = played.broken;
  }
  return testing::AssertionFailure() << "the last that was found: " << others;
}

TEST(Simulation, FindsAWatermarkByWriteDate) {
  EXPECT_TRUE(is_found(Mutant::watermark_by_write_date, "nothing is overlooked"));
}
TEST(Simulation, FindsALeaseThatDoesNotFence) { EXPECT_TRUE(is_found(Mutant::lease_not_fenced, "one drives a lane")); }
TEST(Simulation, FindsACancelledOrderThatWasSkippedUnsought) {
  EXPECT_TRUE(is_found(Mutant::skipped_unsought, "nothing is skipped unsought"));
}
TEST(Simulation, FindsAnOrderThatIsLeftAloneForGood) {
  EXPECT_TRUE(is_found(Mutant::left_alone_for_good, "all is well once the weather clears"));
}
TEST(Simulation, FindsAnAttemptCountedOnASnooze) { EXPECT_TRUE(is_found(Mutant::attempt_on_snooze, "one bad record")); }
// In an order of its own, or with rows missing, the portal answers of other records than are asked for at the place.
TEST(Simulation, FindsAnAnswerThatIsTakenByPosition) {
  EXPECT_TRUE(is_found(Mutant::acknowledged_by_position, "the last value wins"));
}
// The portal applies a request late, or moves a number by itself, and shows something else than it has confirmed.
TEST(Simulation, FindsAnAcknowledgementThatIsBelievedTooSoon) {
  EXPECT_TRUE(is_found(Mutant::doubt_forgotten, "all is well once the weather clears"));
}
TEST(Simulation, FindsAPromotionThatAPriceWasWrittenOver) {
  EXPECT_TRUE(is_found(Mutant::promotion_overwritten, "promotions stay"));
}
TEST(Simulation, FindsAShipmentThatIsToldUnsought) {
  EXPECT_TRUE(is_found(Mutant::fulfilled_unsought, "one bad record"));
}
// The answer to the first refund is lost, or it is made late.
TEST(Simulation, FindsARefundThatIsMadeUnsought) {
  EXPECT_TRUE(is_found(Mutant::refunded_unsought, "money goes back once"));
}
TEST(Simulation, FindsAChangeThatIsNeverHandedOver) {
  EXPECT_TRUE(is_found(Mutant::change_forgotten, "all is well once the weather clears"));
}
TEST(Simulation, FindsARateThatIsNotShared) { EXPECT_TRUE(is_found(Mutant::rate_not_shared, "the rate is kept")); }
TEST(Simulation, FindsAGuardThatSleeps) { EXPECT_TRUE(is_found(Mutant::guard_asleep, "no portal is emptied")); }

}  // namespace
}  // namespace ferry::simulation
