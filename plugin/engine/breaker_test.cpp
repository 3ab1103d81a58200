#include "plugin/engine/breaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = BreakerState;

class BreakerTest : public ::testing::Test {
 protected:
  std::optional<BreakerChange> exchange(bool is_well, double unit = 0.5) {
    auto pass = breaker.enter(Priority::stock, now);
    if (!pass) {
      ADD_FAILURE() << "nothing may begin";
      return std::nullopt;
    }
    return is_well ? pass->well(now) : pass->ill("status 502", now, unit);
  }
  void open() {
    while (breaker.state() == State::closed) exchange(false);
  }
  bool may_begin(Priority priority = Priority::stock) {
    const auto pass = breaker.enter(priority, now);
    return pass.has_value();
  }

  Breaker breaker;
  Instant now = Instant(seconds(1'700'000'000));
};

TEST_F(BreakerTest, OpensAfterFiveIllExchangesInARowAndSaysSoOnce) {
  for (int i = 1; i < Breaker::kIllInARow; ++i) {
    EXPECT_FALSE(exchange(false));
    EXPECT_EQ(breaker.state(), State::closed);
  }
  const auto change = exchange(false);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->state, State::open);
  EXPECT_TRUE(change->is_news);
  EXPECT_EQ(change->reason, "status 502");
  EXPECT_EQ(change->retry_at, breaker.retry_at());
  EXPECT_FALSE(may_begin());
}

TEST_F(BreakerTest, ASuccessInBetweenStartsTheCountAgain) {
  for (int i = 0; i < 20; ++i) {
    for (int k = 1; k < Breaker::kIllInARow; ++k) exchange(false);
    exchange(true);
    now += minutes(2);
    EXPECT_EQ(breaker.state(), State::closed);
  }
}

TEST_F(BreakerTest, OpensWhenHalfOfTheLastMinuteWasIll) {
  for (int i = 0; i < 40 && breaker.state() == State::closed; ++i) exchange(i % 2 == 0);
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(BreakerTest, WhatIsOlderThanTheWindowDoesNotCount) {
  for (int i = 0; i < 100; ++i) {
    exchange(i % 2 == 0);
    now += seconds(4);  // 15 in the window: too few to judge by
  }
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, HalfOpenLetsExactlyOneExchangeThrough) {
  open();
  now = breaker.retry_at() - milliseconds(1);
  EXPECT_FALSE(may_begin());
  now = breaker.retry_at();
  auto probe = breaker.enter(Priority::stock, now);
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe->is_probe());
  EXPECT_EQ(breaker.state(), State::half_open);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(may_begin());
    EXPECT_GT(breaker.ask_at(Priority::stock, now), now) << "or the others would spin";
    now += seconds(10);
  }
  const auto closed = probe->well(now);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->state, State::closed);
  EXPECT_TRUE(closed->is_news);
  EXPECT_TRUE(may_begin());
  EXPECT_EQ(breaker.ask_at(Priority::rest, now), Instant{});
}

TEST_F(BreakerTest, TheMostUrgentWorkProbesFirst) {
  open();
  now = breaker.retry_at();
  EXPECT_FALSE(may_begin(Priority::rest));
  EXPECT_FALSE(may_begin(Priority::orders));
  EXPECT_EQ(breaker.ask_at(Priority::orders, now), now + Breaker::kPrecedence);
  EXPECT_EQ(breaker.ask_at(Priority::rest, now), now + 2 * Breaker::kPrecedence);
  now += 2 * Breaker::kPrecedence;
  EXPECT_TRUE(may_begin(Priority::rest)) << "nothing more urgent wanted to";
}

TEST_F(BreakerTest, WhoseProbeFailedLetsAllOthersGoFirst) {
  open();
  now = breaker.retry_at();
  exchange(false);  // of the stock
  const auto stock_at = breaker.ask_at(Priority::stock, now);
  EXPECT_EQ(stock_at, breaker.retry_at()) << "by itself it waits no longer than before";
  for (const auto other : {Priority::orders, Priority::rest, Priority::spare}) {
    EXPECT_LT(breaker.ask_at(other, now), stock_at);
  }
  EXPECT_LT(breaker.ask_at(Priority::orders, now), breaker.ask_at(Priority::rest, now));
  now = breaker.ask_at(Priority::orders, now);
  breaker.enter(Priority::orders, now)->ill("status 502", now, 0.5);
  EXPECT_LT(breaker.ask_at(Priority::stock, now), breaker.ask_at(Priority::orders, now));
  EXPECT_LT(breaker.ask_at(Priority::rest, now), breaker.ask_at(Priority::orders, now));
}

// "Every process has a breaker of its own": an hour of a portal that is down, for as many processes as a channel has
// jobs. Each sends single exchanges only, and not more of them for the others' sake.
TEST(Breakers, OfSeveralProcessesSendTogetherNoMoreThanSingleProbesPerJob) {
  constexpr int kProcesses = 4;
  const Instant begin = Instant(seconds(1'700'000'000)), end = begin + std::chrono::hours(1);
  std::vector<Instant> probes;
  for (int process = 0; process < kProcesses; ++process) {
    Breaker breaker;
    Instant now = begin;
    while (breaker.state() == State::closed) breaker.enter(Priority::stock, now)->ill("down", now, 0.5);
    for (double unit = 0.1 * process; (now = breaker.retry_at()) < end; unit = unit < 0.8 ? unit + 0.17 : 0) {
      auto probe = breaker.enter(Priority::stock, now);
      ASSERT_TRUE(probe);
      EXPECT_TRUE(probe->is_probe());
      probe->ill("down", now, unit);
      probes.push_back(now);
    }
  }
  const auto most = kProcesses * (std::chrono::hours(1) / (Breaker::kLongestCooling / 2) + 6);  // six while it grows
  EXPECT_LE(std::ssize(probes), most);
  for (const Instant from : probes) {  // and once they have cooled down, at no time more than one of each
    if (from < begin + minutes(2)) continue;
    EXPECT_LE(std::count_if(probes.begin(), probes.end(),
                            [&](Instant at) { return at >= from && at < from + Breaker::kLongestCooling / 2; }),
              kProcesses);
  }
}

TEST_F(BreakerTest, AFailedProbeCoolsLongerUpToTheCapAndIsNoNews) {
  for (const double unit : {0.0, 0.5, 0.999}) {
    breaker.~Breaker();
    new (&breaker) Breaker;
    open();
    Duration before{};
    for (int i = 0; i < 12; ++i) {
      now = breaker.retry_at();
      const auto change = exchange(false, unit);
      ASSERT_TRUE(change);
      EXPECT_FALSE(change->is_news) << "one line when it opens, one when it closes";
      const Duration wait = change->retry_at - now;
      EXPECT_GE(wait, Breaker::kShortestCooling);
      EXPECT_LE(wait, Breaker::kLongestCooling);
      EXPECT_GE(wait, before);
      before = wait;
    }
    EXPECT_GE(before, Breaker::kLongestCooling / 2 - seconds(1)) << "the cap is reached";
  }
}

TEST_F(BreakerTest, TheCoolingTimeHasJitter) {
  open();
  now = breaker.retry_at();
  const auto early = exchange(false, 0.0)->retry_at - now;
  now = breaker.retry_at();
  exchange(true);
  open();
  now = breaker.retry_at();
  EXPECT_GT(exchange(false, 0.9)->retry_at - now, early);
}

TEST_F(BreakerTest, AProbeThatIsDroppedLeavesItToTheNext) {
  open();
  now = breaker.retry_at();
  {
    auto dropped = breaker.enter(Priority::stock, now);
    Breaker::Pass moved = std::move(*dropped);
    EXPECT_FALSE(may_begin());
  }
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_TRUE(may_begin()) << "at once";
}

TEST_F(BreakerTest, WhatWasUnderWayWhenItOpenedNeitherProlongsNorIsMistakenForTheProbe) {
  std::vector<Breaker::Pass> under_way;
  for (int i = 0; i < 8; ++i) under_way.push_back(*breaker.enter(Priority::stock, now));
  int changes = 0;
  for (auto& pass : under_way) changes += pass.ill("timed out", now, 0.5) ? 1 : 0;
  EXPECT_EQ(changes, 1);
  const auto retry_at = breaker.retry_at();
  EXPECT_LE(retry_at, now + seconds(2));
}

TEST_F(BreakerTest, ASuccessOfWhatWasUnderWayClosesItAtOnce) {
  auto under_way = *breaker.enter(Priority::stock, now);
  open();
  const auto change = under_way.well(now);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->state, State::closed);
  EXPECT_TRUE(may_begin());
}

TEST_F(BreakerTest, TheFirstSuccessOfAProcessIsWrittenDownButNoNews) {
  const auto first = exchange(true);
  ASSERT_TRUE(first) << "a process before us may have left the table saying otherwise";
  EXPECT_FALSE(first->is_news);
  EXPECT_FALSE(exchange(true));
}

TEST_F(BreakerTest, APassIsToldOfOnce) {
  auto pass = *breaker.enter(Priority::stock, now);
  pass.well(now);
  EXPECT_FALSE(pass.well(now));
  EXPECT_FALSE(pass.ill("late", now, 0.5));
  EXPECT_FALSE(Breaker::Pass().ill("none", now, 0.5));
}

TEST_F(BreakerTest, NothingOfAnOutageIsRememberedAfterIt) {
  open();
  now = breaker.retry_at();
  exchange(true);
  for (int i = 1; i < Breaker::kIllInARow; ++i) EXPECT_FALSE(exchange(false));
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, StatesHaveNames) {
  EXPECT_EQ(name_of(State::closed), "closed");
  EXPECT_EQ(name_of(State::open), "open");
  EXPECT_EQ(name_of(State::half_open), "half open");
}

}  // namespace
}  // namespace ferry::engine
