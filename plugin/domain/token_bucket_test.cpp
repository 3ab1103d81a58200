#include "plugin/domain/token_bucket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace ferry {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kStart = Instant(seconds(1'000'000));

// Asks at random moments for two minutes of virtual time; a refused one comes back exactly when told.
std::vector<Instant> granted(TokenBucket bucket, std::uint64_t seed, Duration mean_gap) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::int64_t> gap(0, 2 * mean_gap.count());
  std::vector<Instant> moments;
  for (Instant now = kStart; now < kStart + seconds(120);) {
    const Duration wait = bucket.take(now);
    if (wait == Duration(0)) {
      moments.push_back(now);
      now += Duration(gap(random));
    } else {
      now += wait;
    }
  }
  return moments;
}

std::size_t most_within(const std::vector<Instant>& moments, Duration window) {
  std::size_t most = 0, first = 0;
  for (std::size_t last = 0; last < moments.size(); ++last) {
    while (moments[last] - moments[first] >= window) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(Stories, F1_InNoSecondMoreRequestsThanAllowedWhateverTheLoad) {
  for (const std::int64_t rate : {1, 2, 7, 20, 100, 999}) {
    for (const auto& mean_gap : {Duration(0), Duration(500), Duration(20'000)}) {
      const auto moments = granted(TokenBucket::per_second(rate), static_cast<std::uint64_t>(rate), mean_gap);
      EXPECT_LE(most_within(moments, seconds(1)), static_cast<std::size_t>(rate));
      EXPECT_LE(most_within(moments, seconds(10)), static_cast<std::size_t>(10 * rate));
    }
  }
}

TEST(TokenBucket, UnderFullLoadMostOfTheRateIsUsed) {
  const auto moments = granted(TokenBucket::per_second(20), 1, Duration(0));
  EXPECT_GE(moments.size(), 120U * 17);
}

TEST(Stories, F2_ElapsedTimeIsNotSubtractedTwice) {
  TokenBucket bucket(milliseconds(100), 1);
  EXPECT_EQ(bucket.take(kStart), Duration(0));
  EXPECT_EQ(bucket.take(kStart + milliseconds(30)), milliseconds(70));
  EXPECT_EQ(bucket.take(kStart + milliseconds(60)), milliseconds(40)) << "asking takes nothing";
  EXPECT_EQ(bucket.take(kStart + milliseconds(99)), milliseconds(1));
  EXPECT_EQ(bucket.take(kStart + milliseconds(100)), Duration(0));
}

TEST(TokenBucket, SomeMayGoAtOnceThenTheyComeBackOneByOne) {
  TokenBucket bucket(milliseconds(100), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kStart), Duration(0));
  EXPECT_EQ(bucket.take(kStart), milliseconds(100));
  EXPECT_EQ(bucket.wait(kStart, 2), milliseconds(200));
  EXPECT_EQ(bucket.take(kStart + hours(1), 3), Duration(0)) << "no more than the burst is kept";
  EXPECT_GT(bucket.take(kStart + hours(1)), Duration(0));
}

TEST(TokenBucket, MoreThanTheBurstIsTakenAsTheBurst) {
  TokenBucket bucket(milliseconds(100), 2);
  EXPECT_EQ(bucket.take(kStart, 50), Duration(0));
  EXPECT_EQ(bucket.take(kStart, -1), milliseconds(100)) << "and less than one as one";
}

TEST(TokenBucket, AClockThatWasSetBackDoesNotStopTheFlow) {
  TokenBucket bucket(milliseconds(100), 1);
  EXPECT_EQ(bucket.take(kStart + hours(5)), Duration(0));
  EXPECT_LE(bucket.take(kStart), milliseconds(100));
}

TEST(TokenBucket, OddSettingsAreBroughtIntoRange) {
  TokenBucket bucket(Duration(0), 0);
  EXPECT_EQ(bucket.take(kStart), Duration(0));
  EXPECT_EQ(bucket.take(kStart), Duration(1));
  TokenBucket slow = TokenBucket::per_second(0);
  EXPECT_EQ(slow.take(kStart), Duration(0));
  EXPECT_EQ(slow.take(kStart), seconds(1));
}

}  // namespace
}  // namespace ferry
