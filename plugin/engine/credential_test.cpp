#include "plugin/engine/credential.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

connector::Session session(std::string token) { return {std::move(token)}; }

// ---- the rate -----------------------------------------------------------------------------------------------------

TEST(Credential, WhoAsksAloneIsServedAtOnce) {
  Credential credential(20);
  const auto ticket = credential.enter(Priority::stock);
  EXPECT_EQ(credential.ask(ticket, kStart), Duration(0));
}

TEST(Credential, StockGoesBeforeTheRest) {
  Credential credential(1);
  const auto first = credential.enter(Priority::rest), rest = credential.enter(Priority::rest),
             stock = credential.enter(Priority::stock);
  ASSERT_EQ(credential.ask(first, kStart), Duration(0));
  EXPECT_EQ(credential.ask(rest, kStart), seconds(1));
  EXPECT_EQ(credential.ask(stock, kStart + milliseconds(900)), milliseconds(100));
  EXPECT_GT(credential.ask(rest, kStart + seconds(1)), Duration(0)) << "the place is kept for stock";
  EXPECT_EQ(credential.ask(stock, kStart + seconds(1)), Duration(0));
}

TEST(Stories, F4_WithinAPriorityWhoeverWaitsLongestIsServedFirst) {
  Credential credential(1);
  std::vector<Credential::Ticket> tickets;
  for (int i = 0; i < 4; ++i) tickets.push_back(credential.enter(Priority::orders));
  ASSERT_EQ(credential.ask(tickets[0], kStart), Duration(0));
  EXPECT_EQ(credential.ask(tickets[2], kStart + milliseconds(1)), milliseconds(999));
  EXPECT_EQ(credential.ask(tickets[1], kStart + milliseconds(2)), milliseconds(1998)) << "behind the other";
  EXPECT_GT(credential.ask(tickets[1], kStart + seconds(1)), Duration(0));
  EXPECT_EQ(credential.ask(tickets[2], kStart + seconds(1)), Duration(0));
  EXPECT_EQ(credential.ask(tickets[1], kStart + seconds(2)), Duration(0));
}

TEST(Stories, F4_TheWaitIsBoundedAlsoBehindASteadyStreamOfStock) {
  Credential credential(1);
  const auto stock = credential.enter(Priority::stock), rest = credential.enter(Priority::rest);
  ASSERT_EQ(credential.ask(stock, kStart), Duration(0));
  Instant served{};
  for (Instant now = kStart + milliseconds(10); served == Instant{} && now < kStart + minutes(1);
       now += milliseconds(10)) {
    if (credential.ask(rest, now) == Duration(0)) served = now;
    credential.ask(stock, now);
  }
  ASSERT_NE(served, Instant{});
  EXPECT_LE(served - kStart, Credential::kLongestYield + seconds(2));
}

TEST(Credential, AnAskerThatDoesNotReturnHoldsNobodyUp) {
  Credential credential(1);
  const auto gone = credential.enter(Priority::stock), rest = credential.enter(Priority::rest);
  ASSERT_EQ(credential.ask(gone, kStart), Duration(0));
  EXPECT_EQ(credential.ask(gone, kStart), seconds(1));
  credential.ask(rest, kStart);
  EXPECT_GT(credential.ask(rest, kStart + milliseconds(1200)), Duration(0)) << "its place is kept for a moment";
  EXPECT_EQ(credential.ask(rest, kStart + seconds(2)), Duration(0));
}

TEST(Credential, APlaceGivenBackHoldsNobodyUp) {
  Credential credential(1);
  const auto left = credential.enter(Priority::stock), rest = credential.enter(Priority::rest);
  ASSERT_EQ(credential.ask(left, kStart), Duration(0));
  credential.ask(left, kStart);
  credential.leave(left);
  EXPECT_EQ(credential.ask(rest, kStart + seconds(1)), Duration(0));
  EXPECT_GT(credential.ask(left, kStart + seconds(5)), Duration(0)) << "and asks in vain itself";
}

TEST(Credential, ABlockHoldsEverybodyAndIsNeverShortened) {
  Credential credential(1000);
  const auto a = credential.enter(Priority::stock), b = credential.enter(Priority::rest);
  credential.block_until(kStart + minutes(5));
  credential.block_until(kStart + minutes(1));
  EXPECT_EQ(credential.blocked_until(), kStart + minutes(5));
  EXPECT_EQ(credential.ask(a, kStart), minutes(5));
  EXPECT_EQ(credential.ask(b, kStart + minutes(4)), minutes(1));
  EXPECT_EQ(credential.ask(a, kStart + minutes(5)), Duration(0));
}

TEST(Stories, F1_TheRateIsKeptByAnyMixOfJobs) {
  constexpr std::int64_t kRate = 20;
  Credential credential(kRate);
  struct Job {
    Credential::Ticket ticket;
    Instant at;
  };
  std::mt19937_64 random(3);
  std::vector<Job> jobs;
  for (int i = 0; i < 9; ++i) jobs.push_back({credential.enter(static_cast<Priority>(1 + i % 3)), kStart});
  std::vector<Instant> sent;
  while (sent.size() < 2000) {
    auto& job = *std::min_element(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.at < b.at; });
    const Duration wait = credential.ask(job.ticket, job.at);
    if (wait == Duration(0)) sent.push_back(job.at);
    job.at += wait == Duration(0) ? Duration(random() % 30'000) : wait;
  }
  for (std::size_t i = kRate; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - kRate], seconds(1));
  EXPECT_LE(sent.back() - sent.front(), seconds(2000 / 17)) << "and most of it is used";
}

// ---- spare: what is left over -------------------------------------------------------------------------------------

TEST(Spare, GoesOnlyWhileNobodyWaitsHoweverLongItHasWaited) {
  Credential credential(1);
  const auto stock = credential.enter(Priority::stock), rest = credential.enter(Priority::rest),
             spare = credential.enter(Priority::spare);
  ASSERT_EQ(credential.ask(stock, kStart), Duration(0));
  int served = 0;
  for (Instant now = kStart; now < kStart + minutes(10); now += milliseconds(100)) {
    EXPECT_GT(credential.ask(spare, now), Duration(0)) << "two others use the rate up";
    served += credential.ask(stock, now) == Duration(0) ? 1 : 0;
    served += credential.ask(rest, now) == Duration(0) ? 1 : 0;
  }
  EXPECT_GE(served, 599);
}

TEST(Spare, UsesTheRateThatNobodyElseUses) {
  Credential credential(20);
  const auto spare = credential.enter(Priority::spare);
  int served = 0;
  for (Instant now = kStart; now < kStart + seconds(10);) {
    const Duration wait = credential.ask(spare, now);
    if (wait == Duration(0)) ++served;
    now += wait;
  }
  EXPECT_GE(served, 170);
  EXPECT_LE(served, 200);
}

// How long each request waits that comes at one of the `arrivals`, with or without somebody who takes all that is
// spare.
std::vector<Duration> waits(std::int64_t rate, const std::vector<Instant>& arrivals, bool has_spare) {
  Credential credential(rate);
  const auto spare = credential.enter(Priority::spare);
  struct Asker {
    Credential::Ticket ticket;
    Instant at;
  };
  std::map<std::size_t, Asker> askers;
  std::vector<Duration> found(arrivals.size());
  Instant spare_at = kStart;
  for (std::size_t arrived = 0, served = 0; served < arrivals.size();) {
    const auto first = std::min_element(askers.begin(), askers.end(),
                                        [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    const bool none_waits = first == askers.end();
    if (arrived < arrivals.size() && (none_waits || arrivals[arrived] <= first->second.at)) {
      askers.emplace(arrived, Asker{credential.enter(Priority::rest), arrivals[arrived]});
      ++arrived;
      continue;
    }
    if (has_spare && spare_at < first->second.at) {
      spare_at += std::max(credential.ask(spare, spare_at), Duration(1000));
      continue;
    }
    const Duration wait = credential.ask(first->second.ticket, first->second.at);
    if (wait > Duration(0)) {
      first->second.at += wait;
      continue;
    }
    found[first->first] = first->second.at - arrivals[first->first];
    credential.leave(first->second.ticket);
    askers.erase(first);
    ++served;
  }
  return found;
}

TEST(Spare, DelaysNobodyByMoreThanOneTurnOfTheBucket) {
  for (const std::int64_t rate : {20, 100}) {
    const Duration turn(1'000'000 / (rate - rate / 10));
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      std::mt19937_64 random(seed);
      std::vector<Instant> arrivals{kStart};
      while (arrivals.size() < 2000) {  // in bursts, which use 70 % of the rate
        const auto gap =
            arrivals.size() % 10 == 0 ? 14'000'000 / rate : 1'000 + static_cast<std::int64_t>(random() % 1000);
        arrivals.push_back(arrivals.back() + Duration(gap));
      }
      const auto with = waits(rate, arrivals, true), without = waits(rate, arrivals, false);
      for (std::size_t i = 0; i < with.size(); ++i) {
        ASSERT_LE(with[i], without[i] + turn + milliseconds(2)) << "rate " << rate << ", seed " << seed << ", " << i;
      }
    }
  }
}

TEST(Spare, SomebodyWhoComesAloneFindsATokenRightAfterIt) {
  Credential credential(20);
  const auto spare = credential.enter(Priority::spare), stock = credential.enter(Priority::stock);
  for (Instant now = kStart; now < kStart + minutes(1); now += milliseconds(330)) {
    credential.ask(spare, now);
    EXPECT_EQ(credential.ask(stock, now), Duration(0));
  }
}

// ---- the session --------------------------------------------------------------------------------------------------

TEST(Credential, OneLogsInAndTheOthersWaitAndShareTheSession) {
  Credential credential(20);
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart)));
  EXPECT_TRUE(std::holds_alternative<Credential::Wait>(credential.session(kStart)));
  credential.logged_in(session("a"));
  EXPECT_EQ(std::get<connector::Session>(credential.session(kStart)).token, "a");
}

TEST(Credential, ARefusedSessionIsDroppedUnlessANewerOneIsThere) {
  Credential credential(20);
  credential.refuse(session("none"));
  credential.logged_in(session("a"));
  credential.refuse(session("a"));
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart)));
  credential.logged_in(session("b"));
  credential.refuse(session("a"));
  EXPECT_EQ(std::get<connector::Session>(credential.session(kStart)).token, "b") << "a late answer to the old session";
}

TEST(Credential, RefusedCredentialsAreNotRepeatedByEveryJob) {
  Credential credential(20);
  credential.session(kStart);
  credential.login_failed(verdict_of("unauthorized", "wrong password"), kStart);
  const auto answer = credential.session(kStart + seconds(1));
  EXPECT_EQ(std::get<Credential::Refused>(answer).verdict.reason, "wrong password");
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart + Credential::kRefusalRemembered)));
}

TEST(Credential, APortalThatWasNotReadyIsAskedAgain) {
  Credential credential(20);
  credential.session(kStart);
  credential.login_failed(verdict_of("retry", "502"), kStart);
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart)));
  credential.login_dropped();
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart)));
}

TEST(Credential, MayBeUsedFromAnyThread) {
  Credential credential(1000);
  std::vector<std::thread> threads;
  std::atomic<int> logins = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto ticket = credential.enter(Priority::rest);
      for (int k = 0; k < 500; ++k) {
        credential.ask(ticket, kStart + milliseconds(k));
        if (std::holds_alternative<Credential::LogIn>(credential.session(kStart))) {
          ++logins;
          credential.logged_in(session("t"));
        }
        credential.block_until(kStart);
      }
      credential.leave(ticket);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(logins, 1);
}

}  // namespace
}  // namespace ferry::engine
