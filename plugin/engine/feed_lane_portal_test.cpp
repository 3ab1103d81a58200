#include <gmock/gmock.h>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace ferry::engine
