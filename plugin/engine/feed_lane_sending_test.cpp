#include <gmock/gmock.h>

#include <map>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- sending ------------------------------------------------------------------------------------------------------

TEST(Stories, A12_ExactlyAsManyRequestsAsBatches) {
  for (const auto& [count, batches] : {std::pair{0, 0}, {1, 1}, {9, 1}, {10, 1}, {11, 2}, {20, 2}, {21, 3}}) {
    const auto parts = make_channel({.batch_cap = 10});
    Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
    stage.lease();
    stage.run_done(count, RunMode::watermark, 1);
    stage.loaded(due_items(count));
    int requests = 0;
    std::int64_t items = 0;
    while (stage.has<Request>()) {
      ++requests;
      stage.answer(reply(200, "*=delivered"));
      while (stage.has<Record>()) {
        for (const auto& exchange : stage.recorded().exchanges)
          items += static_cast<std::int64_t>(exchange.items.size());
      }
      if (stage.has<LoadDue>()) stage.loaded({});
    }
    EXPECT_EQ(requests, batches) << count;
    EXPECT_EQ(items, count);
  }
}

TEST_F(FeedLaneTest, BatchesAreBoundedInBytesToo) {
  sending({due_item(1, "A", std::string(60, 'x')), due_item(2, "B", std::string(60, 'x')),
           due_item(3, "C", std::string(500, 'x'))},
          {.max_batch_bytes = 130});
  EXPECT_THAT(stage->answer(reply(200, "*=delivered")).http.body, HasSubstr("B="));
  const auto second = stage->answer(reply(200, "*=delivered")).http.body;
  EXPECT_THAT(second, HasSubstr("C="));
  EXPECT_THAT(second, Not(HasSubstr("B=")));
}

TEST_F(FeedLaneTest, SeveralExchangesAreUnderWayAtOnceAndRecordedTogether) {
  sending(due_items(6), {.batch_cap = 2, .max_in_flight = 3});
  const auto a = stage->take<Request>(), b = stage->take<Request>(), c = stage->take<Request>();
  stage->give(Replied{b.request, reply(200, "*=delivered")});
  const auto first = stage->take<Record>();
  EXPECT_EQ(first.exchanges.size(), 1U);
  stage->give(Replied{a.request, reply(200, "*=delivered")});
  stage->give(Replied{c.request, reply(200, "*=delivered")});
  EXPECT_FALSE(stage->has<Record>()) << "one call on the tables at a time";
  stage->give(Recorded{Result<void>{}});
  EXPECT_EQ(stage->recorded().exchanges.size(), 2U);
}

TEST_F(FeedLaneTest, AKeyIsNeverInTwoExchanges) {
  sending(due_items(2), {.batch_cap = 1, .max_in_flight = 2});
  wake();
  stage->run_done(1, RunMode::hints);
  const auto load = stage->take<LoadDue>();
  EXPECT_EQ(load.except.size(), 2U);
  stage->give(Loaded{DueItems{due_items(2), {}}});
  EXPECT_EQ(stage->take<Request>().http.body, "S1=1");
  EXPECT_EQ(stage->take<Request>().http.body, "S2=1");
  EXPECT_FALSE(stage->has<Request>()) << "even if the tables offer it";
}

TEST_F(FeedLaneTest, ANewRunReplacesWhatHasNotBeenSentYet) {
  sending({due_item(1, "A", "old"), due_item(2, "B", "old")}, {.batch_cap = 1});
  EXPECT_EQ(stage->take<Request>().http.body, "A=old");
  wake();
  stage->run_done(1, RunMode::hints);
  const auto load = stage->take<LoadDue>();
  ASSERT_EQ(load.except.size(), 1U);
  EXPECT_EQ(load.except[0].key, 1);
  stage->give(Loaded{DueItems{{due_item(2, "B", "new")}, {}}});
  stage->give(Replied{1, reply(200, "*=delivered")});
  EXPECT_EQ(stage->take<Request>().http.body, "B=new");
}

TEST(Stories, F14_AnswerMatchedByKeyNotPosition) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.run_done(3);
  stage.loaded(due_items(3));
  stage.answer(reply(200, "S3=delivered,S1=rejected"));  // reordered, and one row is missing
  const auto items = stage.recorded().exchanges.at(0).items;
  EXPECT_EQ(items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(items.at(1).verdict, Verdict::ambiguous);
  EXPECT_EQ(items.at(1).delivery.state, PublicationState::pending);
  EXPECT_EQ(items.at(2).verdict, Verdict::delivered);
}

TEST_F(FeedLaneTest, VerdictsForUnknownItemsAndSecondVerdictsAreIgnored) {
  sending(due_items(1));
  stage->answer(reply(200, "*=delivered", {{"garbage", "yes"}}));
  EXPECT_EQ(only_item(stage->recorded()).verdict, Verdict::delivered);
}

TEST(Stories, F12_BadRowIsBisected) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.run_done(50);
  stage.loaded(due_items(50));
  std::map<std::int64_t, SettledItem> last;
  int requests = 0;
  while (stage.has<Request>()) {
    ASSERT_LT(++requests, 30);
    const auto request = stage.take<Request>();
    const bool has_bad_row = ("," + request.http.body + ",").find(",S33=1,") != std::string::npos;
    stage.give(Replied{request.request, has_bad_row ? reply(413) : reply(200, "*=delivered")});
    while (stage.has<Record>()) {
      for (const auto& exchange : stage.recorded().exchanges) {
        for (const auto& item : exchange.items) last[item.key.key] = item;
      }
    }
    if (stage.has<LoadDue>()) stage.loaded({});
  }
  ASSERT_EQ(last.size(), 50U);
  for (const auto& [key, item] : last) {
    EXPECT_EQ(item.delivery.state, key == 33 ? PublicationState::dead : PublicationState::settled) << key;
  }
  EXPECT_EQ(last[33].delivery.reason, "status 413");
}

TEST_F(FeedLaneTest, HalvesOfARefusedBatchSurviveANewRun) {
  sending(due_items(4));
  stage->answer(reply(413));
  EXPECT_EQ(stage->take<Request>().http.body, "S1=1,S2=1");
  wake();
  stage->recorded();
  stage->run_done(1, RunMode::hints);
  EXPECT_EQ(stage->take<LoadDue>().except.size(), 4U) << "or a busy catalogue would refuse the whole batch for ever";
}

TEST_F(FeedLaneTest, ItemsWaitingForAnotherAttemptAreLoadedWhenTheirTimeComes) {
  sending(due_items(1));
  stage->answer(reply(500));
  const auto item = only_item(stage->recorded());
  EXPECT_EQ(item.delivery.attempts, 1);
  EXPECT_EQ(stage->take<ReportError>().error, "status 500");
  stage->loaded({}, item.delivery.next_attempt_at);
  stage->wait();
  EXPECT_EQ(stage->now, item.delivery.next_attempt_at);
  stage->loaded(due_items(1));
  stage->answer(reply(200, "*=delivered"));
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

TEST_F(FeedLaneTest, ADatabaseClockBehindOursIsNoReasonToSpin) {
  sending({});
  EXPECT_TRUE(stage->is_quiet());
  settle_in();
  wake();
  stage->run_done(1, RunMode::hints);
  stage->loaded({}, stage->now);
  EXPECT_EQ(stage->wake_at, stage->now + milliseconds(50));
}

TEST_F(FeedLaneTest, WhatComesDueWhileEnoughIsAtHandIsNoReasonToSpin) {
  build({.batch_cap = 1});
  stage->lease();
  stage->run_done(3);
  stage->loaded(due_items(3), stage->now + seconds(1));
  stage->pass(seconds(1));
  stage->give(Tick{});
  EXPECT_GT(stage->wake_at, stage->now);
  EXPECT_FALSE(stage->has<LoadDue>());
}

TEST_F(FeedLaneTest, AFullLoadIsFollowedByTheNext) {
  build({.batch_cap = 10});
  stage->lease();
  stage->run_done(1000);
  const auto most = stage->take<LoadDue>().most;
  EXPECT_EQ(most, 200U);
  stage->give(Loaded{DueItems{due_items(200), {}}});
  int requests = 0;
  while (!stage->has<LoadDue>()) {
    ASSERT_LT(++requests, 30);
    stage->answer(reply(200, "*=delivered"));
    if (stage->has<Record>()) stage->recorded();
  }
  EXPECT_GE(requests, 18) << "only when little is left";
}

// Replaying is no change of the ERP: no run finds it.
TEST_F(FeedLaneTest, AReplayedDeadLetterIsSentWhenItWakesTheLane) {
  settle_in();
  wake();
  stage->run_done(0, RunMode::hints);
  if (stage->has<Acquire>()) stage->renewed();
  stage->loaded(due_items(1));
  EXPECT_TRUE(stage->has<Request>());
}

TEST_F(FeedLaneTest, ABoundaryThatComesWhileARunGoesOnIsLookedAtByTheNext) {
  build();
  stage->lease();
  stage->take<RunFeed>();
  FeedRunReport report;
  report.mode = RunMode::full;
  report.next_boundary = stage->now + std::chrono::seconds(1);
  stage->pass(std::chrono::seconds(2));
  stage->give(Ran{report});
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::full);
}

}  // namespace
}  // namespace ferry::engine
