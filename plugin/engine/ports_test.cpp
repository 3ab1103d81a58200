#include "plugin/engine/ports.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "plugin/engine/lease_keeper.h"
#include "plugin/engine/order_entry.h"
#include "plugin/engine/testing.h"
#include "plugin/engine/trouble.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::seconds;

TEST(Counts, BalanceWhenEverythingAddsUp) {
  EXPECT_TRUE(balanced({}));
  EXPECT_TRUE(balanced({10, 4, 6, 1, 2, 1}));
  EXPECT_FALSE(balanced({10, 4, 5, 1, 2, 1}));
  EXPECT_FALSE(balanced({10, 4, 6, 1, 2, 2}));
  for (const Counts& negative : {Counts{-1, -1, 0, 0, 0, -1}, Counts{0, -1, 1, 0, 0, -1}, Counts{0, 1, -1, 1, 0, 0},
                                 Counts{0, 0, 0, -1, 0, 1}, Counts{0, 0, 0, 0, -1, 1}, Counts{0, 0, 0, 1, 0, -1}}) {
    EXPECT_FALSE(balanced(negative));
  }
}

TEST(Names, OfRunsAndOrdersAreSpelledAsInTheTables) {
  EXPECT_EQ(name_of(RunMode::hints), "hints");
  EXPECT_EQ(name_of(RunMode::watermark), "watermark");
  EXPECT_EQ(name_of(RunMode::full), "full");
  EXPECT_EQ(name_of(OrderState::waiting), "waiting");
  EXPECT_EQ(name_of(OrderState::ready), "ready");
  EXPECT_EQ(name_of(OrderState::review), "review");
  EXPECT_EQ(name_of(OrderState::linked), "linked");
  EXPECT_EQ(name_of(OrderState::skipped), "skipped");
  EXPECT_EQ(name_of(static_cast<RunMode>(0)), "unknown");
  EXPECT_EQ(name_of(static_cast<OrderState>(0)), "unknown");
}

TEST(Result, AskingAFailureForItsValueThrowsItsMessage) {
  const Result<int> failed = Problem{Failure::rights, "no rights"};
  try {
    static_cast<void>(failed.value());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no rights");
  }
}

TEST(LeaseKeeper, CountsTheLeaseFromTheMomentOfAsking) {
  Credential credential(20);
  LeaseKeeper keeper(seconds(15), credential);
  EXPECT_TRUE(keeper.is_due(kStart));
  keeper.ask(kStart);
  LeaseAnswer answer;
  answer.held = true;
  answer.remaining = seconds(15);
  EXPECT_EQ(keeper.on_answer(answer, kStart + seconds(4), 0), LeaseKeeper::Change::gained);
  EXPECT_TRUE(keeper.is_held(kStart + seconds(14)));
  EXPECT_FALSE(keeper.is_held(kStart + seconds(15)));
  EXPECT_FALSE(keeper.has_run_out(kStart + seconds(14)));
  EXPECT_TRUE(keeper.has_run_out(kStart + seconds(15)));
  EXPECT_FALSE(keeper.has_run_out(kStart + seconds(16))) << "once";
}

TEST(LeaseKeeper, AnotherEpochIsALeaseNewlyGained) {
  Credential credential(20);
  LeaseKeeper keeper(seconds(15), credential);
  LeaseAnswer answer;
  answer.held = true;
  answer.remaining = seconds(15);
  answer.lease.epoch = 1;
  keeper.ask(kStart);
  EXPECT_EQ(keeper.on_answer(answer, kStart, 0), LeaseKeeper::Change::gained);
  EXPECT_EQ(keeper.on_answer(answer, kStart, 0), LeaseKeeper::Change::kept);
  answer.lease.epoch = 2;
  EXPECT_EQ(keeper.on_answer(answer, kStart, 0), LeaseKeeper::Change::gained);
  answer.held = false;
  EXPECT_EQ(keeper.on_answer(answer, kStart, 0), LeaseKeeper::Change::lost);
  EXPECT_EQ(keeper.on_answer(answer, kStart, 0), LeaseKeeper::Change::missed);
}

TEST(LeaseKeeper, SeveralWaitingProcessesDoNotAskAtOneMoment) {
  Credential credential(20);
  LeaseKeeper keeper(seconds(15), credential);
  LeaseAnswer taken;
  taken.remaining = seconds(10);
  keeper.on_answer(taken, kStart, 0.0);
  const auto first = keeper.ask_at();
  keeper.on_answer(taken, kStart, 0.9);
  EXPECT_GT(keeper.ask_at(), first);
  taken.remaining = Duration(0);
  keeper.on_answer(taken, kStart, 0.0);
  EXPECT_GT(keeper.ask_at(), kStart) << "nor at once";
}

TEST(Trouble, KeepingTheLeaseDoesNotHideThatTheWorkFails) {
  Trouble trouble;
  trouble.store_failed(Trouble::Part::work, {Failure::invalid, "no such table"}, kStart, 0.5);
  EXPECT_EQ(trouble.news(), "no such table");
  trouble.store_succeeded(Trouble::Part::lease);
  EXPECT_FALSE(trouble.news());
  trouble.store_succeeded(Trouble::Part::work);
  EXPECT_EQ(trouble.news(), "");
  EXPECT_EQ(trouble.retry_at(), Instant{});
}

TEST(Trouble, TheTablesTroubleIsShownBeforeThePortals) {
  Trouble trouble;
  trouble.portal("portal down");
  EXPECT_EQ(trouble.news(), "portal down");
  trouble.store_failed(Trouble::Part::lease, {Failure::unavailable, "database down"}, kStart, 0.5);
  EXPECT_EQ(trouble.news(), "database down");
  trouble.store_succeeded(Trouble::Part::work);
  EXPECT_EQ(trouble.news(), "portal down");
  trouble.portal("");
  EXPECT_EQ(trouble.news(), "");
}

TEST(OrderEntry, ForgetsOnlyWhatIsNotUnderWay) {
  OrderEntry entry{RetryPolicy{}};
  entry.offer({{"R1", "{}", 0}, {"R2", "{}", 0}, {"R1", "{}", 0}});
  EXPECT_EQ(std::get<EnterOrder>(entry.next().value()).reference, "R1");
  EXPECT_FALSE(entry.next()) << "one at a time";
  entry.forget_ready();
  EXPECT_FALSE(entry.has_ready());
  EXPECT_FALSE(entry.on_answer({"R2", {}}, kStart, 0));
  EXPECT_TRUE(entry.on_answer({"R1", {ErpAnswer::linked, {1, "SO1"}, ""}}, kStart, 0));
  EXPECT_TRUE(entry.take_linked());
  EXPECT_FALSE(entry.take_linked());
  entry.offer({{"R1", "{}", 0}});
  EXPECT_FALSE(entry.has_ready()) << "its outcome is not recorded yet";
  entry.recorded(5);
  EXPECT_TRUE(entry.outcomes().empty());
  entry.drop_all();
  EXPECT_FALSE(entry.is_waiting());
}

}  // namespace
}  // namespace ferry::engine
