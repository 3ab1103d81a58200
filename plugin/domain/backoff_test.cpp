#include "plugin/domain/backoff.h"

#include <gtest/gtest.h>

#include <limits>

namespace ferry {
namespace {

using std::chrono::seconds;

constexpr Backoff kPolicy{seconds(1), seconds(60)};
constexpr double kNearlyOne = 0.999999;

TEST(Backoff, TheLongestWaitDoublesUpToTheCap) {
  for (const auto& [attempt, longest] : {std::pair{1, 1}, {2, 2}, {3, 4}, {6, 32}, {7, 60}, {1000, 60}}) {
    EXPECT_NEAR(static_cast<double>(backoff(kPolicy, attempt, kNearlyOne).count()), longest * 1e6, 100.0) << attempt;
  }
}

TEST(Backoff, FullJitterReachesDownToZero) {
  EXPECT_EQ(backoff(kPolicy, 5, 0.0), Duration(0));
  EXPECT_EQ(backoff(kPolicy, 5, 0.5), seconds(8));
}

TEST(Backoff, NeverOverflows) {
  const Backoff endless{seconds(1), Duration::max()};
  const auto wait = backoff(endless, std::numeric_limits<std::int32_t>::max(), 0.5);
  EXPECT_GT(wait, Duration(0));
}

TEST(Backoff, OddArgumentsAreBroughtIntoRange) {
  EXPECT_EQ(backoff(kPolicy, 0, 0.5), backoff(kPolicy, 1, 0.5));
  EXPECT_EQ(backoff(kPolicy, -5, 0.5), backoff(kPolicy, 1, 0.5));
  EXPECT_EQ(backoff(kPolicy, 1, 7.0), backoff(kPolicy, 1, 0.5));
  EXPECT_EQ(backoff(kPolicy, 1, -1.0), backoff(kPolicy, 1, 0.5));
  EXPECT_EQ(backoff(kPolicy, 1, std::numeric_limits<double>::quiet_NaN()), backoff(kPolicy, 1, 0.5));
  EXPECT_LE(backoff({seconds(10), seconds(2)}, 1, kNearlyOne), seconds(2)) << "a cap below the base still caps";
}

}  // namespace
}  // namespace ferry
