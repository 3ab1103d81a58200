#include "plugin/engine/reconcile_lane.h"

#include <gmock/gmock.h>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReconcileLaneTest : public ::testing::Test {
 protected:
  void build(const ChannelOptions& options = {}) {
    parts = make_channel(options);
    stage.emplace(std::make_unique<ReconcileLane>(parts.channel));
  }
  // Leased; what another process left open was asked for, and there was nothing.
  void at_rest(const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    given({});
  }
  SurveyWish given(SurveyTask task) {
    const auto wish = stage->take<NextSurvey>().wish;
    stage->give(SurveyGiven{std::move(task)});
    return wish;
  }
  // A page of a round is wanted.
  void listing(std::string cursor = "", std::int64_t reconciliation = 1) {
    if (!stage) {
      build();
      stage->lease();
    }
    SurveyTask task;
    task.kind = SurveyKind::listing;
    task.reconciliation = reconciliation;
    task.feed = Feed::stock;
    task.cursor = std::move(cursor);
    given(std::move(task));
  }
  SurveyResult recorded(SurveyProgress progress = {}) {
    const auto result = stage->take<RecordSurvey>().result;
    stage->give(SurveyRecorded{progress});
    return result;
  }
  // Time passes until the tables are asked again.
  void until_asked(int most = 10'000) {
    for (int i = 0; i < most && !stage->has<NextSurvey>(); ++i) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
    }
  }

  ChannelParts parts;
  std::optional<Stage> stage;
};

TEST_F(ReconcileLaneTest, WhatAnotherProcessLeftOpenIsGoneOnWith) {
  build();
  stage->lease();
  const auto wish = stage->take<NextSurvey>().wish;
  EXPECT_THAT(wish.feeds, ElementsAre(Feed::stock)) << "order_status is no job of this channel";
  EXPECT_FALSE(wish.is_due);
  EXPECT_FALSE(wish.heals);
}

TEST_F(ReconcileLaneTest, BeginsWhenItsIntervalHasPassed) {
  at_rest({.reconcile_interval = hours(6), .reconcile_heals = true});
  until_asked();
  EXPECT_EQ(stage->now, kStart + hours(6));
  const auto wish = stage->take<NextSurvey>().wish;
  EXPECT_TRUE(wish.is_due);
  EXPECT_TRUE(wish.heals);
}

TEST_F(ReconcileLaneTest, AChannelThatWasNeverReconciledWaitsForItsFirstSynchronisation) {
  build();
  stage->lease();
  stage->row.compared_fully_at = Instant{};
  stage->pass(seconds(1));
  stage->give(Wake{});
  given({});
  stage->renewed();
  if (stage->has<NextSurvey>()) given({});
  until_asked();
  EXPECT_GE(stage->now, kStart + ReconcileLane::kFirstWait);
  EXPECT_LE(stage->now, kStart + ReconcileLane::kFirstWait + seconds(10));
}

TEST_F(ReconcileLaneTest, WhereNothingCanBeComparedYetItIsNotAskedAgainAtOnce) {
  at_rest({.reconcile_interval = seconds(60)});
  until_asked();
  EXPECT_TRUE(given({}).is_due);
  const Instant asked = stage->now;
  until_asked();
  EXPECT_GE(stage->now, asked + ReconcileLane::kFirstWait);
}

TEST_F(ReconcileLaneTest, AnIntervalOfZeroMeansOnRequestOnly) {
  at_rest({.reconcile_interval = seconds(0)});
  for (int i = 0; i < 1000; ++i) {
    stage->wait();
    stage->renewed();
    ASSERT_TRUE(stage->is_quiet()) << stage->names();
  }
  stage->row.requested = "full";
  stage->wait();
  stage->renewed();
  EXPECT_TRUE(stage->take<NextSurvey>().wish.is_due);
}

TEST_F(ReconcileLaneTest, ARequestWakesItAtOnce) {
  at_rest();
  stage->give(Wake{});
  stage->renewed();
  EXPECT_TRUE(stage->has<NextSurvey>());
}

TEST_F(ReconcileLaneTest, APageIsReadRecordedAndRestedAfter) {
  listing("200");
  auto asked = stage->take<Request>();
  EXPECT_EQ(asked.http.target, "/survey?cursor=200");
  stage->pass(milliseconds(500));
  stage->give(Replied{asked.request, reply(200, "A=1,B=2", {{"next", "400"}})});
  const auto result = recorded();
  EXPECT_EQ(result.kind, SurveyKind::listing);
  EXPECT_EQ(result.reconciliation, 1);
  EXPECT_EQ(result.cursor, "400");
  ASSERT_EQ(result.records.size(), 2U);
  EXPECT_EQ(result.records[1].label, "B");
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  const Instant read = stage->now;
  until_asked();
  EXPECT_EQ(stage->now, read + milliseconds(2000)) << "a fifth of the time at most";
}

TEST_F(ReconcileLaneTest, LabelsAreLookedForAndTheirPlaceIsHandedBack) {
  build();
  stage->lease();
  SurveyTask task;
  task.kind = SurveyKind::looking;
  task.feed = Feed::stock;
  task.cursor = "17/0";
  task.labels = {"A", "B"};
  given(std::move(task));
  EXPECT_EQ(stage->answer(reply(200, "A=1")).http.target, "/survey?labels=A,B");
  const auto result = recorded();
  EXPECT_EQ(result.cursor, "17/0");
  EXPECT_THAT(result.labels, ElementsAre("A", "B"));
}

TEST_F(ReconcileLaneTest, BeforeASuspectIsLookedAtAgainTheIntakeLooks) {
  listing();
  stage->answer(reply(200, "A=1"));
  recorded({.suspected = 1});
  EXPECT_EQ(stage->take<WakeJob>().job, "intake");
  EXPECT_TRUE(stage->is_quiet());
  until_asked();
  SurveyTask wait;
  wait.not_before = stage->now + seconds(20);
  given(wait);
  const Instant from = stage->now;
  until_asked();
  EXPECT_EQ(stage->now, from + seconds(20));
}

TEST_F(ReconcileLaneTest, WhatIsHealedIsSentAtOnce) {
  listing();
  stage->answer(reply(200, "A=1"));
  recorded({.resent = 1, .looked_for = 1});
  EXPECT_EQ(stage->take<WakeJob>().job, "intake");
  EXPECT_EQ(stage->take<WakeJob>().job, "stock");
}

TEST_F(ReconcileLaneTest, ARoundThatIsOpenIsFinishedBeforeTheNextIsDue) {
  at_rest({.reconcile_interval = seconds(60)});
  until_asked();
  SurveyTask wait;
  wait.not_before = stage->now + minutes(30);
  given(wait);
  const Instant from = stage->now;
  until_asked();
  EXPECT_EQ(stage->now, from + minutes(30));
}

TEST_F(ReconcileLaneTest, TheEndIsToldAndTheNextRoundAskedFor) {
  at_rest();
  stage->give(Wake{});
  stage->renewed();
  SurveyTask task;
  task.kind = SurveyKind::finished;
  task.reconciliation = 3;
  task.counts.listed = 50;
  task.counts.parity = "99.5";
  given(std::move(task));
  const auto summary = stage->take<ReconciliationSummary>();
  EXPECT_EQ(summary.reconciliation, 3);
  EXPECT_EQ(summary.counts.parity, "99.5");
  stage->renewed();
  EXPECT_TRUE(stage->has<NextSurvey>()) << "there may be another one open";
}

// ---- what goes wrong ----------------------------------------------------------------------------------------------

TEST_F(ReconcileLaneTest, NothingIsConcludedFromAPageThatCannotBeRead) {
  listing();
  stage->answer(reply(503));
  EXPECT_FALSE(stage->has<RecordSurvey>());
  EXPECT_EQ(stage->take<ReportError>().error, "status 503");
  const Instant failed = stage->now;
  until_asked();
  EXPECT_GT(stage->now, failed);
  EXPECT_LE(stage->now, failed + minutes(1));
  listing();
  stage->answer(reply(200, "A=1"));
  recorded();
  EXPECT_EQ(stage->take<ReportError>().error, "") << "and that is over";
}

TEST_F(ReconcileLaneTest, APortalThatCannotBeReachedIsNamed) {
  listing();
  stage->answer(no_reply(""));
  EXPECT_EQ(stage->take<ReportError>().error, "the portal does not answer");
  until_asked();
  listing();
  stage->answer(lost_reply());
  EXPECT_THAT(stage->take<ReportError>().error, HasSubstr("timed out"));
}

TEST_F(ReconcileLaneTest, AnAnswerWithoutAReasonStillSaysSomething) {
  listing();
  auto silent = lost_reply();
  silent.error.clear();
  stage->answer(std::move(silent));
  EXPECT_EQ(stage->take<ReportError>().error, "the portal does not say what it shows");
}

TEST_F(ReconcileLaneTest, PagesThatRunInACircleEnd) {
  listing();
  stage->answer(reply(200, "A=1", {{"next", "200"}}));
  recorded();
  until_asked();
  listing("200");
  stage->answer(reply(200, "B=1", {{"next", "400"}}));
  recorded();
  until_asked();
  listing("400");
  stage->answer(reply(200, "C=1", {{"next", "200"}}));
  EXPECT_FALSE(stage->has<RecordSurvey>());
  EXPECT_EQ(stage->take<ReportError>().error, "the portal's pages of stock run in a circle");
}

TEST_F(ReconcileLaneTest, APageThatIsReadAgainIsNoCircle) {
  listing();
  stage->answer(reply(200, "A=1", {{"next", "200"}}));
  stage->take<RecordSurvey>();
  stage->give(SurveyRecorded{Stage::failure<SurveyProgress>(Failure::unavailable)});
  stage->forget();
  until_asked();
  listing();
  stage->answer(reply(200, "A=1", {{"next", "200"}}));
  EXPECT_TRUE(stage->has<RecordSurvey>());
}

TEST_F(ReconcileLaneTest, EachRoundHasItsOwnPages) {
  listing();
  stage->answer(reply(200, "A=1", {{"next", "200"}}));
  recorded();
  until_asked();
  listing("", 2);
  stage->answer(reply(200, "A=1", {{"next", "200"}}));
  EXPECT_TRUE(stage->has<RecordSurvey>());
}

TEST_F(ReconcileLaneTest, AThrottlingPortalIsLeftAloneByEverybody) {
  listing();
  stage->answer(reply(429, "", {{"retry-after", "60"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), stage->now + seconds(60));
  const Instant asked = stage->now;
  until_asked();
  EXPECT_GE(stage->now, asked + seconds(60));
  listing();
  stage->answer(reply(423));
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(ReconcileLaneTest, RefusedCredentialsPauseTheLaneUntilAPersonResumesIt) {
  listing();
  stage->answer(reply(403));
  EXPECT_THAT(stage->take<PauseLane>().reason, HasSubstr("403"));
  stage->row.paused = true;
  for (int i = 0; i < 500; ++i) {
    stage->wait();
    stage->renewed();
    ASSERT_TRUE(stage->is_quiet()) << stage->names();
  }
  stage->row.paused = false;
  stage->give(Wake{});
  stage->renewed();
  EXPECT_TRUE(stage->has<NextSurvey>());
}

TEST_F(ReconcileLaneTest, ThePageOfAPausedLaneIsDropped) {
  listing();
  const auto asked = stage->take<Request>();
  stage->row.paused = true;
  stage->wait();
  stage->renewed();
  stage->give(Replied{asked.request, reply(200, "A=1")});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
}

TEST_F(ReconcileLaneTest, TablesThatFailAreAskedAgainForTheSamePage) {
  listing();
  stage->answer(reply(200, "A=1"));
  stage->take<RecordSurvey>();
  stage->give(SurveyRecorded{Stage::failure<SurveyProgress>(Failure::unavailable)});
  EXPECT_EQ(stage->take<ReportError>().error, "database: connection lost");
  until_asked();
  stage->take<NextSurvey>();
  stage->give(SurveyGiven{Stage::failure<SurveyTask>(Failure::conflict, "deadlock")});
  EXPECT_EQ(stage->take<ReportError>().error, "deadlock");
  until_asked();
  listing();
  EXPECT_TRUE(stage->has<Request>());
}

TEST_F(ReconcileLaneTest, ALeaseThatCannotBeAskedForIsAskedForLater) {
  build();
  stage->give(Tick{});
  stage->take<Acquire>();
  stage->give(Leased{Stage::failure<LeaseAnswer>(Failure::unavailable)});
  EXPECT_TRUE(stage->has<ReportError>());
  stage->forget();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(ReconcileLaneTest, ALaneThatSomebodyElseDrivesIsLeftToHim) {
  build();
  stage->row.remaining = seconds(10);
  stage->give(Tick{});
  stage->take<Acquire>();
  stage->give(Leased{stage->row});
  EXPECT_TRUE(stage->is_quiet());
  EXPECT_GT(stage->wake_at, stage->now);
}

TEST_F(ReconcileLaneTest, AFencedPageIsForgotten) {
  listing();
  stage->answer(reply(200, "A=1"));
  stage->take<RecordSurvey>();
  stage->give(SurveyRecorded{Stage::failure<SurveyProgress>(Failure::fenced)});
  EXPECT_TRUE(stage->is_quiet()) << "another process does it: " << stage->names();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(ReconcileLaneTest, AnswersToALostLeaseAreNotUsed) {
  listing();
  const auto asked = stage->take<Request>();
  stage->pass(seconds(30));
  stage->give(Replied{asked.request, reply(200, "A=1")});
  EXPECT_FALSE(stage->has<RecordSurvey>());
  stage->renewed();
  EXPECT_TRUE(stage->has<NextSurvey>());
  stage->pass(seconds(30));
  SurveyTask task;
  task.kind = SurveyKind::listing;
  stage->give(SurveyGiven{task});
  EXPECT_FALSE(stage->has<Request>()) << "asked for under the old lease";
}

TEST_F(ReconcileLaneTest, StoppingDropsThePageAndFreesTheLane) {
  listing();
  const auto asked = stage->take<Request>();
  stage->give(Stop{});
  EXPECT_TRUE(stage->has<Release>());
  EXPECT_TRUE(stage->stopped);
  stage->give(Replied{asked.request, reply(200, "A=1")});
  EXPECT_FALSE(stage->has<RecordSurvey>());
}

TEST_F(ReconcileLaneTest, StoppingWaitsForTheTables) {
  build();
  stage->lease();
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  SurveyTask task;
  task.kind = SurveyKind::listing;
  given(task);
  EXPECT_FALSE(stage->has<Request>());
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->has<Release>());
}

TEST_F(ReconcileLaneTest, AnswersThatNobodyAskedForAreIgnored) {
  at_rest();
  stage->give(SurveyGiven{SurveyTask{}});
  stage->give(SurveyRecorded{SurveyProgress{}});
  stage->give(Leased{LeaseAnswer{}});
  stage->give(Replied{9, reply(200)});
  stage->give(Begun{1});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
}

// ---- spare budget -------------------------------------------------------------------------------------------------

TEST_F(ReconcileLaneTest, ThePortalIsAskedOnlyWhileNobodyElseWaits) {
  build({.rate_per_second = 1});
  auto& credential = *parts.channel->credential;
  const auto busy = credential.enter(Priority::rest);
  stage->lease();
  ASSERT_EQ(credential.ask(busy, stage->now), Duration(0));
  ASSERT_GT(credential.ask(busy, stage->now), Duration(0)) << "and waits for its next request";
  SurveyTask task;
  task.kind = SurveyKind::listing;
  task.feed = Feed::stock;
  given(task);
  EXPECT_FALSE(stage->has<Request>());
  credential.leave(busy);
  for (int i = 0; i < 100 && !stage->has<Request>(); ++i) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_TRUE(stage->has<Request>());
  EXPECT_LE(stage->now - kStart, seconds(3));
}

}  // namespace
}  // namespace ferry::engine
