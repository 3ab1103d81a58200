#include "plugin/engine/feed_lane.h"

#include <gmock/gmock.h>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class FeedLaneTest : public ::testing::Test {
 protected:
  void build(const ChannelOptions& options = {}) {
    parts = make_channel(options);
    stage.emplace(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  }
  // Leased, the first comparison done, nothing due.
  void settle_in(const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    stage->run_done(0);
    stage->loaded({});
    EXPECT_TRUE(stage->is_quiet()) << stage->names();
  }
  // The same, with that many items sent in their first batches.
  void sending(std::vector<DueItem> items, const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    stage->run_done(static_cast<std::int64_t>(items.size()));
    stage->loaded(std::move(items));
  }
  const SettledItem& only_item(const Record& record) {
    EXPECT_EQ(record.exchanges.size(), 1U);
    EXPECT_EQ(record.exchanges.at(0).items.size(), 1U);
    return record.exchanges.at(0).items.at(0);
  }
  void wake() { stage->give(Wake{}); }
  void fail_run(Failure failure) {
    stage->take<RunFeed>();
    stage->give(Ran{Stage::failure<FeedRunReport>(failure)});
  }

  ChannelParts parts;
  std::optional<Stage> stage;
};

// ---- lease --------------------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, AsksForTheLeaseFirstAndDoesNothingWithoutIt) {
  build();
  wake();
  EXPECT_EQ(stage->take<Acquire>().ttl, seconds(15));
  EXPECT_TRUE(stage->is_quiet());
  LeaseAnswer taken;
  taken.remaining = seconds(9);
  stage->give(Leased{taken});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  EXPECT_GE(stage->wake_at, stage->now + seconds(9));
  EXPECT_LT(stage->wake_at, stage->now + seconds(10));
  wake();
  EXPECT_TRUE(stage->is_quiet()) << "a wake is no reason to ask for a lease that somebody else holds";
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(FeedLaneTest, RenewsTheLeaseWhenAThirdOfItHasPassed) {
  settle_in();
  EXPECT_EQ(stage->wake_at, stage->now + seconds(5));
  stage->wait();
  stage->renewed();
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(FeedLaneTest, ALeaseLostDropsWhatIsUnderWayAndIgnoresItsAnswers) {
  sending(due_items(1));
  const auto request = stage->take<Request>();
  stage->pass(seconds(5));
  stage->give(Tick{});
  stage->row.held = false;
  stage->renewed();
  stage->give(Replied{request.request, reply(200, "*=delivered")});
  EXPECT_FALSE(stage->has<Record>());
  EXPECT_FALSE(stage->has<RunFeed>());
}

TEST_F(FeedLaneTest, ALeaseThatRanOutIsNotReliedOnAndWhatWasUnderWayIsReadAgain) {
  sending(due_items(1));
  const auto request = stage->take<Request>();
  stage->pass(seconds(16));
  stage->give(Replied{request.request, reply(200, "*=delivered")});
  EXPECT_FALSE(stage->has<Record>());
  stage->renewed();
  stage->run_done(0);
  EXPECT_TRUE(stage->take<LoadDue>().except.empty());
}

TEST_F(FeedLaneTest, ANewerValueWaitsUntilTheOldOneOfALostLeaseIsAnsweredLestItBeOvertaken) {
  sending(due_items(1), {.max_in_flight = 2});
  const auto old = stage->take<Request>();
  stage->pass(seconds(16));
  stage->give(Tick{});
  stage->renewed();
  stage->run_done(1);
  const auto load = stage->take<LoadDue>();
  EXPECT_EQ(load.except.size(), 1U);
  stage->give(Loaded{DueItems{}});
  stage->give(Replied{old.request, reply(200, "*=delivered")});
  EXPECT_FALSE(stage->has<Record>()) << "what it says is not believed";
  EXPECT_TRUE(stage->take<LoadDue>().except.empty());
}

TEST_F(FeedLaneTest, StoppingDoesNotWaitForARequestOfALostLease) {
  sending(due_items(1));
  stage->pass(seconds(16));
  stage->give(Stop{});
  EXPECT_TRUE(stage->stopped);
}

TEST_F(FeedLaneTest, AFencedWriteStopsTheDrivingAtOnce) {
  sending(due_items(1));
  stage->answer(reply(200, "*=delivered"));
  stage->take<Record>();
  stage->give(Recorded{Stage::failure<void>(Failure::fenced)});
  stage->take<RunSummary>();
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(FeedLaneTest, ADatabaseThatIsAwayIsReportedOnceAndAskedAgainLater) {
  build();
  wake();
  for (int i = 0; i < 3; ++i) {
    stage->take<Acquire>();
    stage->give(Leased{Stage::failure<LeaseAnswer>(Failure::unavailable)});
    EXPECT_EQ(stage->has<ReportError>(), i == 0);
    stage->forget();
    stage->wait();
  }
  stage->lease();
  EXPECT_EQ(stage->take<ReportError>().error, "") << "and its end is told";
}

// ---- runs ---------------------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, TheFirstRunEverComparesEverything) {
  build();
  stage->lease();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark) << "it has compared before";
  build();
  stage->row = {};
  stage->row.held = true;
  stage->row.lease.epoch = 1;
  stage->row.remaining = seconds(15);
  wake();
  stage->renewed();
  const auto run = stage->take<RunFeed>().run;
  EXPECT_EQ(run.mode, RunMode::full);
  EXPECT_EQ(run.profile, "tryton-6.0");
  EXPECT_EQ(run.feed, Feed::stock);
}

TEST_F(FeedLaneTest, TheWatermarkIsLookedAtEveryPollInterval) {
  settle_in();
  Instant began = stage->now;
  while (!stage->has<RunFeed>()) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_EQ(stage->now - began, seconds(30));
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark);
}

TEST_F(FeedLaneTest, AWakeLooksAtTheHints) {
  settle_in();
  wake();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::hints);
}

TEST_F(FeedLaneTest, AWakeThatFoundNothingLooksForARequestOfAPerson) {
  settle_in();
  wake();
  stage->run_done(0, RunMode::hints);
  stage->row.requested = "full";
  stage->renewed();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::full);
}

TEST_F(FeedLaneTest, ARequestedIncrementalRunReadsTheWatermark) {
  settle_in();
  stage->row.requested = "incremental";
  stage->wait();
  stage->renewed();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark);
}

TEST_F(FeedLaneTest, ABoundaryComparesEverythingWithoutAnyWrite) {
  settle_in();
  stage->row.next_boundary = stage->now + seconds(8);
  stage->wait();
  stage->renewed();
  EXPECT_EQ(stage->wake_at, stage->now + seconds(3));
  stage->wait();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::full);
  FeedRunReport report;
  report.mode = RunMode::full;
  report.next_boundary = stage->now - seconds(1);
  stage->give(Ran{report});
  EXPECT_FALSE(stage->has<RunFeed>()) << "a boundary that has passed does not start it over and over";
}

TEST_F(FeedLaneTest, EverythingIsComparedAgainAfterTheFullInterval) {
  settle_in();
  stage->row.compared_fully_at = stage->now - hours(24) + seconds(6);
  stage->wait();
  stage->renewed();
  stage->wait();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::full);
}

TEST_F(FeedLaneTest, WakesDuringARunCoalesceIntoOneMoreRun) {
  settle_in();
  for (int i = 0; i < 5; ++i) wake();
  stage->run_done(0, RunMode::hints, 9);
  stage->run_done(0, RunMode::hints, 10);
  stage->forget();
  EXPECT_FALSE(stage->has<RunFeed>());
}

TEST_F(FeedLaneTest, ARunThatFailedIsRepeatedWithTheWatermarkAfterAWait) {
  settle_in();
  wake();
  fail_run(Failure::unavailable);
  EXPECT_EQ(stage->take<ReportError>().error, "database: connection lost");
  stage->wait();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark) << "what woke it is not forgotten";
}

TEST_F(FeedLaneTest, MissingRightsAreTriedSeldomAndTheLeaseIsKeptMeanwhile) {
  settle_in();
  wake();
  fail_run(Failure::rights);
  stage->take<ReportError>();
  const Instant failed_at = stage->now;
  while (!stage->has<RunFeed>()) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
    EXPECT_FALSE(stage->has<ReportError>()) << "neither repeated nor taken back";
  }
  EXPECT_GE(stage->now - failed_at, seconds(15));
  stage->run_done(0);
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

TEST_F(FeedLaneTest, ARunIsSummarisedOnceWithWhatBecameOfIt) {
  sending(due_items(3));
  stage->answer(reply(200, "S1=delivered,S2=rejected,S3=absent"));
  EXPECT_FALSE(stage->has<RunSummary>());
  stage->recorded();
  stage->loaded({});
  const auto summary = stage->take<RunSummary>();
  EXPECT_EQ(summary.mode, "watermark");
  EXPECT_EQ(summary.counts, (Counts{3, 3, 0, 1, 1, 1}));
  EXPECT_TRUE(balanced(summary.counts));
  EXPECT_FALSE(stage->has<RunSummary>());
}

TEST_F(FeedLaneTest, ANewRunTellsTheOneBeforeFirst) {
  settle_in();
  wake();
  stage->run_done(1, RunMode::hints, 4);
  stage->loaded({due_item(1, "A")});
  wake();
  stage->run_done(1, RunMode::hints, 5);
  EXPECT_EQ(stage->take<RunSummary>().run, 4);
}

TEST_F(FeedLaneTest, ARunThatExaminedNothingIsNotTold) {
  settle_in();
  EXPECT_FALSE(stage->has<RunSummary>());
}

// ---- pause --------------------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, APausedLaneNeitherComparesNorSends) {
  build();
  stage->row.paused = true;
  stage->lease();
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  EXPECT_EQ(stage->wake_at, stage->now + seconds(5)) << "but keeps its lease";
  wake();
  stage->row.paused = false;
  stage->renewed();
  EXPECT_TRUE(stage->has<RunFeed>()) << "a wake finds that it was resumed";
}

TEST_F(FeedLaneTest, PausingForgetsWhatWaitsAndResumingReadsItAgain) {
  sending(due_items(4), {.batch_cap = 1});
  stage->pass(seconds(5));
  stage->row.paused = true;
  stage->give(Tick{});
  stage->renewed();
  stage->answer(reply(200, "*=delivered"));
  EXPECT_EQ(stage->recorded().exchanges.size(), 1U) << "what came back is recorded";
  EXPECT_FALSE(stage->has<Request>());
  stage->row.paused = false;
  stage->wait();
  stage->renewed();
  EXPECT_TRUE(stage->has<LoadDue>()) << stage->names();
}

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
        for (const auto& exchange : stage.recorded().exchanges) items += static_cast<std::int64_t>(exchange.items.size());
      }
      if (stage.has<LoadDue>()) stage.loaded({});
    }
    EXPECT_EQ(requests, batches) << count;
    EXPECT_EQ(items, count);
  }
}

TEST_F(FeedLaneTest, BatchesAreBoundedInBytesToo) {
  sending({due_item(1, "A", std::string(60, 'x')), due_item(2, "B", std::string(60, 'x')), due_item(3, "C", std::string(500, 'x'))},
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

// ---- what the portal says ------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, A429HoldsEverythingThatUsesTheCredential) {
  sending(due_items(3), {.batch_cap = 1});
  stage->answer(reply(429, "", {{"retry-after", "60"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), stage->now + seconds(60));
  const auto item = only_item(stage->recorded());
  EXPECT_EQ(item.delivery.attempts, 0);
  EXPECT_EQ(item.delivery.snoozes, 1);
  EXPECT_EQ(item.delivery.next_attempt_at, stage->now + seconds(60));
  EXPECT_FALSE(stage->has<Request>());
}

TEST_F(FeedLaneTest, A423HoldsTheRecordOnly) {
  sending(due_items(2), {.batch_cap = 1});
  stage->answer(reply(423, "", {{"retry-after", "60"}}));
  EXPECT_TRUE(stage->has<Request>()) << "the next record goes out at once";
  EXPECT_EQ(only_item(stage->recorded()).delivery.snoozes, 1);
}

TEST_F(FeedLaneTest, AnUnreachablePortalCountsNoAttemptsAndIsAskedSeldom) {
  sending(due_items(2), {.batch_cap = 1});
  stage->answer(no_reply("connect: connection refused"));
  EXPECT_FALSE(stage->has<Request>());
  EXPECT_EQ(stage->take<ReportError>().error, "connect: connection refused");
  const auto item = only_item(stage->recorded());
  EXPECT_EQ(item.delivery.state, PublicationState::pending);
  EXPECT_EQ(item.delivery.attempts, 0) << "a night without network must not leave a catalogue of dead letters";
  EXPECT_EQ(item.delivery.reason, "connect: connection refused");
  EXPECT_GT(parts.channel->credential->blocked_until(), stage->now);
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    while (!stage->has<Request>()) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
      if (stage->has<RunFeed>()) stage->run_done(0);
      if (stage->has<LoadDue>()) stage->loaded(due_items(2));
    }
    const Instant asked = stage->now;
    stage->answer(no_reply("connect: connection refused"));
    EXPECT_FALSE(stage->has<ReportError>()) << "once is enough";
    if (stage->has<Record>()) stage->recorded();
    longest = std::max(longest, parts.channel->credential->blocked_until() - asked);
    if (stage->has<LoadDue>()) stage->loaded({});
  }
  EXPECT_LE(longest, minutes(1));
  EXPECT_GE(longest, seconds(20));
}

TEST_F(FeedLaneTest, ALostAnswerCountsAndIsSentAgain) {
  sending(due_items(1));
  stage->answer(lost_reply());
  const auto item = only_item(stage->recorded());
  EXPECT_EQ(item.verdict, Verdict::ambiguous);
  EXPECT_EQ(item.delivery.attempts, 1);
}

TEST_F(FeedLaneTest, RefusedCredentialsPauseTheLaneWithAnAlertAndLoseNothing) {
  sending(due_items(3), {.batch_cap = 1});
  stage->answer(reply(403));
  EXPECT_EQ(stage->take<PauseLane>().reason, "status 403");
  const auto item = only_item(stage->recorded());
  EXPECT_EQ(item.delivery.state, PublicationState::pending);
  EXPECT_EQ(item.delivery.attempts, 0);
  EXPECT_FALSE(stage->has<Request>());
  EXPECT_FALSE(stage->has<PauseLane>()) << "once";
}

TEST_F(FeedLaneTest, DriftWakesTheIntakeAndIsSetWithoutComparingWhenOrdersDoNotExplainIt) {
  DueItem item = due_item(1, "A", "5");
  item.item.acknowledged = "7";
  sending({item});
  for (int i = 0; i < kDriftsBelieved; ++i) {
    EXPECT_EQ(stage->answer(reply(200, "*=drifted")).http.body, "A=5<7");
    const auto wake_job = stage->take<WakeJob>();
    EXPECT_EQ(wake_job.channel, 7);
    EXPECT_EQ(wake_job.job, "intake");
    item.delivery = only_item(stage->recorded()).delivery;
    EXPECT_EQ(item.delivery.attempts, 0);
    stage->loaded({item});
  }
  EXPECT_EQ(stage->answer(reply(200, "*=delivered")).http.body, "A=5");
}

TEST_F(FeedLaneTest, ABulkJobIsPolledAfterItsPause) {
  sending(due_items(1));
  stage->answer(reply(202));
  EXPECT_FALSE(stage->has<Request>());
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(1));
  EXPECT_EQ(stage->answer(reply(200, "*=delivered")).http.target, "/poll");
  EXPECT_EQ(stage->recorded().exchanges.at(0).requests, 2);
}

TEST_F(FeedLaneTest, TheRateLimitIsWaitedForNotBrokenAndNotSpunOn) {
  sending(due_items(3), {.batch_cap = 1, .rate_per_second = 1});
  stage->answer(reply(200, "*=delivered"));
  EXPECT_FALSE(stage->has<Request>());
  stage->recorded();
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(1));
  EXPECT_TRUE(stage->has<Request>());
}

TEST_F(FeedLaneTest, WhatWaitsForTheRateIsReplacedByANewerValue) {
  sending({due_item(1, "A", "1"), due_item(2, "B", "old")}, {.batch_cap = 1, .rate_per_second = 1});
  stage->answer(reply(200, "*=delivered"));
  wake();
  stage->recorded();
  stage->run_done(1, RunMode::hints);
  stage->loaded({due_item(2, "B", "new")});
  stage->wait();
  EXPECT_EQ(stage->take<Request>().http.body, "B=new");
}

TEST_F(FeedLaneTest, TheExchangeRecordShowsWhatWasSaidWithoutCredentials) {
  sending(due_items(1), {.has_login = true});
  stage->answer(reply(200, "token-1"));
  stage->answer(reply(200, "*=delivered"));
  const auto exchange = stage->recorded().exchanges.at(0);
  EXPECT_EQ(exchange.requests, 2);
  EXPECT_EQ(exchange.status, 200);
  EXPECT_THAT(exchange.request, HasSubstr("POST /push"));
  EXPECT_THAT(exchange.request, HasSubstr("S1=1"));
  EXPECT_THAT(exchange.request, Not(HasSubstr("token-1")));
  EXPECT_THAT(exchange.reply, HasSubstr("*=delivered"));
}

TEST_F(FeedLaneTest, AFailedLogInIsRecordedWithoutItsBody) {
  sending(due_items(1), {.has_login = true});
  stage->answer(reply(403, "you sent s3cret"));
  const auto exchange = stage->recorded().exchanges.at(0);
  EXPECT_THAT(exchange.request + exchange.reply, Not(HasSubstr("s3cret")));
  EXPECT_TRUE(stage->has<PauseLane>());
}

// ---- records ------------------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, ARecordThatFailedIsTriedAgainTogetherWithWhatCameSince) {
  sending(due_items(2), {.batch_cap = 1, .max_in_flight = 2});
  stage->answer(reply(200, "*=delivered"));
  stage->take<Record>();
  stage->give(Recorded{Stage::failure<void>(Failure::conflict)});
  stage->take<ReportError>();
  stage->answer(reply(200, "*=delivered"));
  EXPECT_FALSE(stage->has<Record>());
  stage->wait();
  EXPECT_EQ(stage->recorded().exchanges.size(), 2U);
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

TEST_F(FeedLaneTest, ALoadThatFailedIsTriedAgain) {
  build();
  stage->lease();
  stage->run_done(1);
  stage->take<LoadDue>();
  stage->give(Loaded{Stage::failure<DueItems>(Failure::unavailable)});
  stage->wait();
  EXPECT_TRUE(stage->has<LoadDue>());
}

TEST_F(FeedLaneTest, AStreamOfRecordsDoesNotKeepARunWaiting) {
  sending(due_items(3), {.batch_cap = 1, .max_in_flight = 3});
  stage->answer(reply(200, "*=delivered"));
  wake();
  stage->answer(reply(200, "*=delivered"));
  stage->recorded();
  EXPECT_TRUE(stage->has<RunFeed>()) << stage->names();
  stage->run_done(0, RunMode::hints, 9);
  EXPECT_TRUE(stage->has<Record>());
}

TEST_F(FeedLaneTest, AnswersThatNobodyAskedForAreIgnored) {
  settle_in();
  stage->give(Replied{99, reply(200, "*=delivered")});
  stage->give(Ran{FeedRunReport{}});
  stage->give(Loaded{DueItems{due_items(1), {}}});
  stage->give(Recorded{Result<void>{}});
  stage->give(Leased{LeaseAnswer{}});
  stage->give(Begun{1});
  stage->give(Stored{StoredPage{}});
  stage->give(OpenListed{std::vector<std::string>{}});
  stage->give(ReadyListed{std::vector<ReadyOrder>{}});
  stage->give(ErpReplied{"X", {}});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  wake();
  EXPECT_TRUE(stage->has<RunFeed>()) << "still at work";
}

// ---- the end ------------------------------------------------------------------------------------------------------

TEST_F(FeedLaneTest, StoppedAtRestItReleasesTheLease) {
  settle_in();
  stage->give(Stop{});
  EXPECT_TRUE(stage->stopped);
  stage->take<Release>();
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(FeedLaneTest, StoppedBeforeItHadALeaseItIsDoneAtOnce) {
  build();
  stage->give(Stop{});
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(FeedLaneTest, StoppingStartsNothingNewAndRecordsWhatStillComes) {
  sending(due_items(3), {.batch_cap = 1});
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  stage->answer(reply(200, "*=delivered"));
  EXPECT_FALSE(stage->has<Request>());
  EXPECT_FALSE(stage->stopped);
  stage->recorded();
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->has<Release>());
}

TEST_F(FeedLaneTest, StoppingDropsAnExchangeThatWantsToGoOn) {
  sending(due_items(1));
  stage->give(Stop{});
  stage->answer(reply(202));
  EXPECT_TRUE(stage->stopped);
  EXPECT_FALSE(stage->has<Record>());
}

TEST_F(FeedLaneTest, StoppingWaitsForTheTablesAnswer) {
  build();
  stage->lease();
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  stage->run_done(5);
  EXPECT_TRUE(stage->stopped);
}

TEST_F(FeedLaneTest, StoppingDoesNotInsistOnADatabaseThatIsAway) {
  sending(due_items(1));
  stage->answer(reply(200, "*=delivered"));
  stage->give(Stop{});
  stage->take<Record>();
  stage->give(Recorded{Stage::failure<void>(Failure::unavailable)});
  EXPECT_TRUE(stage->stopped);
}

// ---- stories ------------------------------------------------------------------------------------------------------

TEST(Stories, A17_AChangeDuringTheRunIsFoundByTheNext) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.give(Wake{});  // committed while the comparison runs
  stage.run_done(0);
  EXPECT_EQ(stage.take<RunFeed>().run.mode, RunMode::hints);
}

TEST(Stories, A18_ARunThatDiedIsRepeatedByWhoeverTakesOver) {
  const auto parts = make_channel();
  Stage first(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  first.lease();
  first.take<RunFeed>();  // killed here: the watermark moves in the run's own transaction only
  Stage second(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  second.lease();
  EXPECT_EQ(second.take<RunFeed>().run.mode, RunMode::watermark);
  second.give(Ran{FeedRunReport{}});
  EXPECT_TRUE(second.has<LoadDue>()) << "and whatever was left pending is sent";
}

TEST(Stories, F8_ANewerValueReplacesTheQueuedOlderOne) {
  const auto parts = make_channel({.batch_cap = 1});
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.run_done(2);
  stage.loaded({due_item(1, "A", "1"), due_item(2, "B", "1")});
  const auto first = stage.take<Request>();
  stage.give(Wake{});
  stage.run_done(1, RunMode::hints);
  stage.loaded({due_item(2, "B", "2")});
  stage.give(Replied{first.request, reply(200, "*=delivered")});
  EXPECT_EQ(stage.take<Request>().http.body, "B=2");
}

TEST(Stories, F9_AFailingRunIsNotJoinedByASiblingEveryTick) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  for (int i = 0; i < 100; ++i) {
    stage.pass(milliseconds(10));
    stage.give(Wake{});
    stage.give(Tick{});
  }
  stage.take<RunFeed>();
  EXPECT_FALSE(stage.has<RunFeed>());
}

}  // namespace
}  // namespace ferry::engine
