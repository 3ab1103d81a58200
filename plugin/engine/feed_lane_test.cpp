#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

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

TEST_F(FeedLaneTest, WorkGoesOnWithinFiveSecondsOfARightBeingGrantedAndTheLeaseIsKeptMeanwhile) {
  for (const auto failure : {Failure::rights, Failure::unavailable}) {
    settle_in();
    wake();
    fail_run(failure);
    stage->take<ReportError>();
    int tries = 0;
    const Instant failed_at = stage->now;
    Instant last = failed_at;
    while (stage->now - failed_at < minutes(2)) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
      EXPECT_FALSE(stage->has<ReportError>()) << "neither repeated nor taken back";
      if (!stage->has<RunFeed>()) continue;
      EXPECT_LE(stage->now - last, Trouble::kLongestWait);
      last = stage->now;
      ++tries;
      fail_run(failure);
    }
    EXPECT_LE(tries, 60) << "and the database is not hammered meanwhile";
    while (!stage->has<RunFeed>()) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
    }
    stage->run_done(0);
    EXPECT_EQ(stage->take<ReportError>().error, "");
  }
}

TEST_F(FeedLaneTest, ADefectIsTriedSeldom) {
  settle_in();
  wake();
  fail_run(Failure::invalid);
  const Instant failed_at = stage->now;
  while (!stage->has<RunFeed>()) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_GE(stage->now - failed_at, seconds(15));
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

TEST_F(FeedLaneTest, ARunKnowsTheLimitsAndWhatIsNotTheErps) {
  ChannelOptions options;
  options.disowned = {{Feed::stock, {"quantity"}}, {Feed::product, {"name"}}};
  build(options);
  stage->lease();
  const auto run = stage->take<RunFeed>().run;
  ASSERT_TRUE(run.guard.has_value());
  EXPECT_EQ(run.guard->changed, 50);
  EXPECT_EQ(run.disowned, std::vector<std::string>{"quantity"});
}

TEST_F(FeedLaneTest, NewsOfWhatIsHeldIsToldAndLooksForWhatIsDue) {
  settle_in();
  wake();
  stage->take<RunFeed>();
  FeedRunReport report;
  report.mode = RunMode::hints;
  report.news = "what was held is within the limits now and is sent";
  stage->give(Ran{report});
  stage->lease();
  EXPECT_TRUE(stage->has<LoadDue>());
  stage->loaded({});
  EXPECT_EQ(stage->take<RunSummary>().news, report.news);
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

TEST_F(FeedLaneTest, PausedByAPersonItSendsNothingMore) {
  sending(due_items(4), {.batch_cap = 1});
  stage->row.paused = true;
  stage->give(Wake{.by_pause = true});
  stage->renewed();  // without waiting until the lease is renewed anyway
  stage->answer(reply(200, "*=delivered"));
  EXPECT_EQ(stage->recorded().exchanges.size(), 1U);
  EXPECT_FALSE(stage->has<Request>());
  EXPECT_FALSE(stage->has<RunFeed>()) << "there is nothing to look at";
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

}  // namespace
}  // namespace ferry::engine
