#include "plugin/engine/intake_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::minutes;
using std::chrono::seconds;

// ---- when the portal fails
// -------------------------------------------------------------------------------------------

TEST(Stories, A18_AFailedPageLeavesTheWatermarkWhereItWas) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.row.portal_clock = kStart - minutes(1);
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  stage.answer(reply(200, "R1 1", {{"next", "p2"}}));
  stage.take<StoreOrders>();
  stage.give(Stored{StoredPage{1, 1}});
  stage.answer(reply(500));
  stage.take<ListReady>();
  stage.give(ReadyListed{std::vector<ReadyOrder>{}});
  EXPECT_EQ(stage.take<FinishIntake>().window_end, Instant{});
  stage.give(Recorded{Result<void>{}});
  while (!stage.has<BeginIntake>()) {
    stage.wait();
    if (stage.has<Acquire>()) stage.renewed();
  }
  stage.take<BeginIntake>();
  stage.give(Begun{2});
  EXPECT_EQ(parts.connector->windows.back().from, parts.connector->windows.front().from);
}

TEST_F(IntakeLaneTest, APortalThatFailsIsReportedOnceAskedSeldomAndItsReturnIsTold) {
  begun();
  Instant asked{};
  for (int i = 0; i < 14; ++i) {
    asked = stage->now;
    stage->answer(no_reply("connect: connection refused"));
    EXPECT_EQ(stage->has<ReportError>(), i == 0);
    stage->forget();
    if (!stage->has<ListReady>()) stage->give(ReadyListed{std::vector<ReadyOrder>{}});
    stage->give(Recorded{Result<void>{}});
    stage->forget();
    begin();
  }
  EXPECT_GT(stage->now - asked, seconds(14));
  EXPECT_LE(stage->now - asked, Breaker::kLongestCooling + Breaker::kPrecedence);
  empty_run();
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

// A portal that fails again and again is asked seldom; what it gave before must not wait for that.
TEST_F(IntakeLaneTest, WhileAFailingPortalIsLeftAloneOrdersAreEnteredAllTheTime) {
  begun();
  stage->answer(reply(429, "", {{"retry-after", "20"}}));
  ready_listed({ready("R1"), ready("R2"), ready("R3")});
  for (const auto* reference : {"R1", "R2"}) {
    EXPECT_EQ(stage->take<EnterOrder>().reference, reference);
    stage->now += seconds(8);  // longer than looking for more took by far
    stage->give(ErpReplied{reference, {ErpAnswer::linked, {41, "SO41"}, ""}});
    while (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_EQ(stage->take<EnterOrder>().reference, "R3");
  EXPECT_FALSE(stage->has<FinishIntake>());
  stage->now += seconds(8);
  stage->give(ErpReplied{"R3", {ErpAnswer::linked, {41, "SO41"}, ""}});
  while (stage->has<Acquire>()) stage->renewed();
  EXPECT_EQ(outcomes_recorded().size(), 3U);
  EXPECT_EQ(finished(), Instant{});
  begin();
  EXPECT_LE(stage->now, kStart + seconds(25)) << "then the portal is asked at once";
}

TEST_F(IntakeLaneTest, WhoAsksForALookDoesNotWaitForTheOrdersThatAFailingPortalGaveBefore) {
  begun();
  stage->answer(reply(429, "", {{"retry-after", "20"}}));
  ready_listed({ready("R1"), ready("R2")});
  stage->take<EnterOrder>();
  stage->give(Wake{});
  stage->now += seconds(8);
  stage->give(ErpReplied{"R1", {ErpAnswer::linked, {41, "SO41"}, ""}});
  while (stage->has<Acquire>()) stage->renewed();
  EXPECT_FALSE(stage->has<EnterOrder>());
  EXPECT_EQ(outcomes_recorded().size(), 1U);
  finished();
}

TEST_F(IntakeLaneTest, A429HoldsTheCredentialAndTheErpsPartIsDoneMeanwhile) {
  begun();
  stage->answer(reply(429, "", {{"retry-after", "20"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), kStart + seconds(20));
  ready_listed({ready("R1")});
  erp(ErpAnswer::linked);
  outcomes_recorded();
  EXPECT_EQ(finished(), Instant{});
  stage->forget();
  while (!stage->has<BeginIntake>()) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_EQ(stage->now, kStart + seconds(20));
}

TEST_F(IntakeLaneTest, ACredentialBlockedByAnotherJobIsNotWaitedFor) {
  build();
  parts.channel->credential->block_until(kStart + minutes(10));
  stage->lease();
  begin();
  EXPECT_FALSE(stage->has<Request>());
  ready_listed({ready("R1")});
  erp(ErpAnswer::linked);
  outcomes_recorded();
  finished();
  EXPECT_FALSE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, ACredentialBlockedWhilePagesAreReadEndsThePulling) {
  begun();
  parts.channel->credential->block_until(kStart + minutes(10));
  stage->answer(reply(200, "R1 1", {{"next", "p2"}}));
  stored(0);
  EXPECT_FALSE(stage->has<Request>());
  ready_listed();
  EXPECT_EQ(finished(), Instant{});
}

TEST_F(IntakeLaneTest, AShortWaitForTheRateIsWaitedFor) {
  begun({.rate_per_second = 1});
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_FALSE(stage->has<Request>());
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(1));
  EXPECT_TRUE(stage->has<Request>());
}

TEST_F(IntakeLaneTest, A423DelaysTheRunOnly) {
  begun();
  stage->answer(reply(423, "", {{"retry-after", "20"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), Instant{});
  EXPECT_FALSE(stage->has<ReportError>());
}

TEST_F(IntakeLaneTest, RefusedCredentialsPauseTheLane) {
  begun();
  stage->answer(reply(403));
  EXPECT_EQ(stage->take<PauseLane>().reason, "status 403");
  ready_listed();
  finished();
  stage->row.paused = true;
  for (int i = 0; i < 10; ++i) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
    EXPECT_FALSE(stage->has<BeginIntake>());
  }
  stage->give(Wake{});
  stage->row.paused = false;
  stage->renewed();
  EXPECT_TRUE(stage->has<BeginIntake>()) << "resumed by a person, who woke it";
}

// ---- when an order cannot be read
// -------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, AnOrderThatCannotBeReadStopsOnlyItself) {
  begun();
  stage->answer(reply(200, "R1 1 ? 7 R2 2", {{"next", "p2"}}));
  EXPECT_EQ(stage->take<StoreOrders>().orders.size(), 2U);
  stage->give(Stored{StoredPage{2, 2}});
  stage->answer(reply(200, "R3 3"));
  stored(1);
  open_listed();
  ready_listed({ready("R1")});
  erp(ErpAnswer::linked);
  outcomes_recorded();
  const auto finish = stage->take<FinishIntake>();
  EXPECT_EQ(finish.window_end, kStart) << "the watermark passes it";
  EXPECT_EQ(finish.unread.since, parts.connector->windows.front().from) << "and it is not forgotten";
  EXPECT_NE(finish.unread.orders.find("an order without number, id 7"), std::string::npos);
  stage->give(Recorded{Result<void>{}});
  EXPECT_EQ(stage->take<ReportError>().error, finish.unread.orders);
}

class UnreadIntakeTest : public IntakeLaneTest {
 protected:
  // One run whose page says that; what it tells the tables.
  Unread run_with(const std::string& page) {
    stage->answer(reply(200, page));
    if (stage->has<StoreOrders>()) stored(0);
    if (stage->has<ListOpen>()) open_listed();
    ready_listed();
    const auto finish = stage->take<FinishIntake>();
    stage->row.unread_since = finish.unread.since;
    stage->row.portal_clock = finish.window_end;
    stage->give(Recorded{Result<void>{}});
    return finish.unread;
  }
  void run_until(Instant until) {
    while (stage->now < until) {
      begin();
      if (stage->now < until) run_with("");
    }
  }
};

TEST_F(UnreadIntakeTest, IsLookedAtAgainNowAndThenUntilItWasMended) {
  begun();
  const Instant since = parts.connector->windows.front().from;
  EXPECT_EQ(run_with("? 7").since, since);
  const std::string told = stage->take<ReportError>().error;
  run_until(kStart + minutes(9));
  EXPECT_GT(parts.connector->windows.back().from, since) << "not at each poll";
  EXPECT_FALSE(stage->has<ReportError>()) << "and people see it as long as nobody knows better";
  while (parts.connector->windows.back().from != since) {
    ASSERT_LT(stage->now, kStart + minutes(12));
    run_with("");
    begin();
  }
  EXPECT_EQ(run_with("? 7").since, since) << "still there";
  EXPECT_FALSE(stage->has<ReportError>());
  do {
    ASSERT_LT(stage->now, kStart + minutes(24));
    begin();
    if (parts.connector->windows.back().from != since) run_with("");
  } while (parts.connector->windows.back().from != since);
  EXPECT_EQ(run_with("R7 7").since, Instant{});
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

TEST_F(UnreadIntakeTest, IsLookedForAtOnceByWhoTakesTheLaneOver) {
  build();
  stage->row.unread_since = kStart - std::chrono::hours(5);
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows.back().from, kStart - std::chrono::hours(5));
  stage->answer(reply(500));
  ready_listed();
  EXPECT_EQ(stage->take<FinishIntake>().unread.since, kStart - std::chrono::hours(5)) << "it was not read";
  stage->give(Recorded{Result<void>{}});
  begin();
  EXPECT_EQ(parts.connector->windows.back().from, kStart - std::chrono::hours(5));
  const auto unread = run_with("? 7");
  EXPECT_EQ(unread.since, kStart - std::chrono::hours(5));
  EXPECT_NE(unread.orders, "");
}

TEST_F(UnreadIntakeTest, IsLookedForNoFurtherBackThanOrdersAreWantedAndThanAMonth) {
  for (const bool has_since : {true, false}) {
    ChannelOptions options;
    if (has_since) options.order_since = kStart - std::chrono::hours(2);
    build(options);
    stage->row.unread_since = kStart - std::chrono::days(99);
    stage->lease();
    begin();
    EXPECT_EQ(parts.connector->windows.back().from,
              kStart - (has_since ? std::chrono::hours(2) : std::chrono::hours(24 * 30)));
    EXPECT_EQ(run_with("").since, Instant{});
  }
}

TEST_F(UnreadIntakeTest, OneThatWasReadBeforeIsNamedToo) {
  begun();
  stage->answer(reply(200));
  open_listed({"7"});
  stage->answer(reply(200, "? 7"));
  ready_listed();
  EXPECT_NE(stage->take<FinishIntake>().unread.since, Instant{});
}

TEST_F(UnreadIntakeTest, ManyAreCountedAndFewNamed) {
  begun();
  std::string page;
  for (int i = 10; i < 60; ++i) page += "? " + std::to_string(i) + " ";
  const auto unread = run_with(page);
  EXPECT_NE(unread.orders.find("; and 47 more"), std::string::npos) << unread.orders;
}

// ---- when the tables fail
// ----------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, AFailureOfTheTablesEndsTheRunAndIsReportedOnce) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->give(Stored{Stage::failure<StoredPage>(Failure::unavailable)});
  EXPECT_EQ(stage->take<ReportError>().error, "database: connection lost");
  EXPECT_TRUE(stage->is_quiet());
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, EachCallOnTheTablesMayFail) {
  begun();
  stage->answer(reply(200));
  stage->take<ListOpen>();
  stage->give(OpenListed{Stage::failure<std::vector<std::string>>(Failure::unavailable)});
  begin();
  stage->answer(reply(200));
  open_listed();
  stage->take<ListReady>();
  stage->give(ReadyListed{Stage::failure<std::vector<ReadyOrder>>(Failure::conflict)});
  stage->wait();
  stage->take<BeginIntake>();
  stage->give(Begun{Stage::failure<std::int64_t>(Failure::unavailable)});
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, AnOutcomeThatCouldNotBeRecordedIsRecordedByTheNextRun) {
  importing({ready("R1")});
  erp(ErpAnswer::linked);
  stage->take<RecordOrders>();
  stage->give(Recorded{Stage::failure<void>(Failure::unavailable)});
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_EQ(outcomes_recorded().at(0).reference, "R1");
}

TEST_F(IntakeLaneTest, AFencedWriteStopsTheDriving) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->give(Stored{Stage::failure<StoredPage>(Failure::fenced)});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(IntakeLaneTest, ALeaseThatRanOutMakesAnswersWorthless) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->pass(seconds(20));
  stage->give(Stored{StoredPage{1, 1}});
  EXPECT_FALSE(stage->has<WakeJob>());
  stage->renewed();
  EXPECT_TRUE(stage->has<BeginIntake>()) << "and the run begins anew";
}

TEST_F(IntakeLaneTest, AnotherHoldersLeaseEndsTheRun) {
  begun();
  stage->pass(seconds(5));
  stage->give(Tick{});
  stage->row.held = false;
  stage->renewed();
  stage->forget();
  stage->give(Replied{1, reply(200, "R1 1")});
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(IntakeLaneTest, ADatabaseThatIsAwayIsAskedAgainLater) {
  build();
  stage->give(Wake{});
  stage->take<Acquire>();
  stage->give(Leased{Stage::failure<LeaseAnswer>(Failure::unavailable)});
  stage->take<ReportError>();
  stage->wait();
  stage->renewed();
  EXPECT_FALSE(stage->has<BeginIntake>()) << "not ours";
}

TEST_F(IntakeLaneTest, TheLeaseIsRenewedWhileThePortalTakesItsTime) {
  begun();
  const auto request = stage->take<Request>();
  stage->wait();
  stage->take<Acquire>();
  stage->give(Replied{request.request, reply(200, "R1 1")});
  EXPECT_FALSE(stage->has<StoreOrders>()) << "one call on the tables at a time";
  stage->give(Leased{stage->row});
  EXPECT_TRUE(stage->has<StoreOrders>());
}

TEST_F(IntakeLaneTest, AnswersThatNobodyAskedForAreIgnored) {
  begun();
  stage->give(Replied{99, reply(200)});
  stage->give(Stored{StoredPage{}});
  stage->give(OpenListed{std::vector<std::string>{}});
  stage->give(ReadyListed{std::vector<ReadyOrder>{}});
  stage->give(Recorded{Result<void>{}});
  stage->give(Begun{9});
  stage->give(Leased{LeaseAnswer{}});
  stage->give(ErpReplied{"X", {}});
  stage->give(Ran{FeedRunReport{}});
  stage->give(Loaded{DueItems{}});
  EXPECT_EQ(stage->names(), "Request");
}

}  // namespace
}  // namespace ferry::engine
