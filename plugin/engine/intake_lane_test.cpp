#include <gmock/gmock.h>

#include "plugin/engine/intake_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

// ---- the window ---------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, TheWindowOverlapsTheWatermarkOfThePortalsOwnClock) {
  begun();
  ASSERT_EQ(parts.connector->windows.size(), 1U);
  EXPECT_EQ(parts.connector->windows[0].from, kStart - minutes(1) - seconds(120));
  EXPECT_GT(parts.connector->windows[0].to, kStart + minutes(5)) << "the portal's clock may be ahead";
}

TEST_F(IntakeLaneTest, TheOverlapIsNoShorterThanThePortalsOrdersAreLate) {
  begun({.order_visibility_lag = minutes(30)});
  EXPECT_EQ(parts.connector->windows[0].from, kStart - minutes(1) - minutes(30));
}

TEST(Stories, A19_TheFirstRunWithoutStateLooksBackADay) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  EXPECT_EQ(parts.connector->windows.at(0).from, kStart - hours(24));
}

TEST_F(IntakeLaneTest, OrdersBeforeTheAgreedMomentAreLeftAlone) {
  build({.order_since = kStart - hours(2)});
  stage->row.portal_clock = Instant{};
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows[0].from, kStart - hours(2));
  begun({.order_since = kStart - seconds(90)});
  EXPECT_EQ(parts.connector->windows[0].from, kStart - seconds(90));
}

TEST_F(IntakeLaneTest, AFullRunOnRequestLooksBackAsTheFirstOneDid) {
  build();
  stage->row.requested = "full";
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows[0].from, kStart - hours(24));
}

TEST_F(IntakeLaneTest, TheWatermarkMovesToThePortalsClockWhenTheFirstPageWasTaken) {
  begun();
  stage->answer(reply(200, "R1 1", {{"next", "p2"}, {"clock", "2023-11-14T22:10:00Z"}}));
  stored(1);
  stage->answer(reply(200, "R2 2", {{"clock", "2023-11-14T22:12:00Z"}}));
  stored(1);
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), from_iso8601("2023-11-14T22:10:00Z"))
      << "orders placed while the pages were read are looked for again";
}

TEST_F(IntakeLaneTest, AClockAheadOfOursDoesNotMoveTheWatermarkBeyondNow) {
  begun();
  stage->pass(seconds(1));
  stage->answer(reply(200, "", {{"clock", to_iso8601(stage->now + minutes(10))}}));
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), kStart) << "orders placed in the next ten minutes would lie before it";
}

TEST_F(IntakeLaneTest, AnAnswerThatIsLaterThanItsWindowDoesNotMoveTheWatermarkBeyondIt) {
  begun();
  const Instant end = parts.connector->windows[0].to;
  while (stage->now < end + minutes(10)) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  stage->answer(reply(200, "", {{"clock", to_iso8601(stage->now)}}));
  if (stage->has<ListOpen>()) open_listed();
  ready_listed();
  EXPECT_EQ(finished(), end) << "orders placed since would lie before it";
}

TEST_F(IntakeLaneTest, APortalWithoutAClockIsTakenToHaveOurs) {
  begun();
  stage->pass(seconds(1));
  stage->answer(reply(200));
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), kStart);
}

TEST_F(IntakeLaneTest, PagesAreFollowedToTheEndAndStoredOneByOne) {
  begun();
  EXPECT_EQ(stage->answer(reply(200, "R1 1 R2 2", {{"next", "p2"}})).http.target, "/orders?cursor=");
  const auto page = stage->take<StoreOrders>();
  EXPECT_EQ(page.run, 1);
  EXPECT_EQ(page.orders.size(), 2U);
  stage->give(Stored{StoredPage{2, 2}});
  EXPECT_EQ(stage->answer(reply(200, "R3 3")).http.target, "/orders?cursor=p2");
  stored(1);
  EXPECT_TRUE(stage->has<ListOpen>());
}

TEST_F(IntakeLaneTest, AnEmptyPageIsFollowedTooButNotStored) {
  begun();
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_FALSE(stage->has<StoreOrders>());
  EXPECT_EQ(stage->answer(reply(200)).http.target, "/orders?cursor=p2");
  EXPECT_TRUE(stage->has<ListOpen>());
}

TEST_F(IntakeLaneTest, PagesThatRunInACircleAreAnErrorAndTheWatermarkStays) {
  begun();
  stage->answer(reply(200, "", {{"next", "p2"}}));
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_THAT(stage->take<ReportError>().error, HasSubstr("circle"));
  ready_listed();
  EXPECT_EQ(finished(), Instant{});
}

TEST(Stories, A9_AListOfOrdersWithoutEndIsAnErrorAndNotCutSilently) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.row.portal_clock = kStart - minutes(1);
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  int pages = 0;
  while (!stage.has<ReportError>() && pages < 30'000) {
    if (stage.has<Acquire>()) {
      stage.renewed();
    } else if (stage.has<Request>()) {
      stage.answer(reply(200, "", {{"next", "p" + std::to_string(pages++)}}));
    } else {
      stage.wait();  // for the rate
    }
  }
  EXPECT_EQ(pages, 20'000);
  EXPECT_EQ(stage.take<ReportError>().error,
            "the portal's list of orders has more than 20000 pages; what is behind them was not read: set 'order_since' to "
            "a later moment");
  stage.take<ListReady>();
  stage.give(ReadyListed{std::vector<ReadyOrder>{}});
  EXPECT_EQ(stage.take<FinishIntake>().window_end, Instant{}) << "the watermark stays";
}

TEST_F(IntakeLaneTest, AClockOfThePortalThatIsAheadHidesNoOrderOnceItIsMended) {
  begun();
  stage->answer(reply(200, "", {{"clock", "2099-01-01T00:00:00Z"}}));
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), kStart) << "not ahead of ours";
  begin();
  EXPECT_LE(parts.connector->windows.back().from, kStart - seconds(120));
  EXPECT_GT(parts.connector->windows.back().to, from_iso8601("2099-01-01T00:30:00Z")) << "where it dates its orders";
  empty_run();
  build();
  stage->row.portal_clock = *from_iso8601("2099-01-01T00:00:00Z");  // left behind by an older release
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows.back().from, kStart - seconds(120));
}

TEST_F(IntakeLaneTest, APageThatIsGivenTwiceIsAnErrorAndTheWatermarkStays) {
  begun();
  stage->answer(reply(200, "R1 1\nR2 2", {{"next", "p2"}}));
  stored(2);
  stage->answer(reply(200, "R1 1\nR2 2", {{"next", "p3"}}));  // in the place of R3 and R4
  EXPECT_THAT(stage->take<ReportError>().error, HasSubstr("circle"));
  ready_listed();
  EXPECT_EQ(finished(), Instant{});
}

TEST(Stories, E16_AThousandOrdersOfOneWindowAllCome) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  std::size_t seen = 0;
  for (int page = 0; page < 50; ++page) {
    std::string body;
    for (int i = 0; i < 20; ++i)
      body += "R" + std::to_string(page * 20 + i) + " " + std::to_string(page * 20 + i) + "\n";
    stage.answer(reply(200, body, {{"next", page < 49 ? "p" + std::to_string(page) : ""}}));
    seen += stage.take<StoreOrders>().orders.size();
    stage.give(Stored{StoredPage{20, 20}});
  }
  EXPECT_EQ(seen, 1000U);
  EXPECT_TRUE(stage.has<ListOpen>());
}

TEST_F(IntakeLaneTest, NewOrdersWakeTheStockOfEveryChannelAtOnce) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stored(1);
  const auto stock = stage->take<WakeJob>(), status = stage->take<WakeJob>();
  EXPECT_EQ(stock.channel, 0);
  EXPECT_EQ(stock.job, "stock");
  EXPECT_EQ(status.channel, 7);
  EXPECT_EQ(status.job, "order_status");
}

TEST_F(IntakeLaneTest, ARunThatChangedNothingIsQuiet) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stored(0);
  open_listed();
  ready_listed();
  finished();
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
}

TEST_F(IntakeLaneTest, TheNextRunBeginsOnePollIntervalAfterTheLast) {
  begun();
  empty_run();
  EXPECT_EQ(stage->wake_at, kStart + seconds(2));
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, AWakeLooksSoonerButNotMoreThanAFewTimesASecond) {
  begun();
  empty_run();
  stage->give(Wake{});
  EXPECT_EQ(stage->wake_at, kStart + milliseconds(250));
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

// ---- open orders --------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, OpenOrdersAreLookedAtAgainInChunksExceptThoseJustSeen) {
  begun();
  parts.connector->caps.max_batch_items = 2;
  stage->answer(reply(200, "R1 1"));
  stored(0);
  open_listed({"1", "2", "3", "4"});
  EXPECT_EQ(stage->answer(reply(200, "R2 2 R3 3")).http.target, "/orders?ids=2,3");
  stored(1);
  EXPECT_EQ(stage->answer(reply(200)).http.target, "/orders?ids=4") << "an order that is gone is simply missing";
  ready_listed();
  EXPECT_NE(finished(), Instant{});
}

// Trashed, it is listed with its state; deleted for good, it is not listed at all. Only the former cancels anything.
TEST_F(IntakeLaneTest, E11_AnOrderThatThePortalHasDeletedIsNotTakenForACancelledOne) {
  begun();
  stage->answer(reply(200));
  open_listed({"1", "2"});
  stage->answer(reply(200, "R2 2"));
  EXPECT_EQ(stage->take<StoreOrders>().orders.size(), 1U) << "nothing is said of the one that is gone";
  stage->give(Stored{StoredPage{1, 0}});
  ready_listed();
  EXPECT_NE(finished(), Instant{});
}

TEST_F(IntakeLaneTest, LookingAtOpenOrdersTakesAtMostAFifthOfTheTime) {
  begun();
  stage->answer(reply(200));
  open_listed({"1"});
  stage->pass(seconds(3));
  stage->answer(reply(200));
  ready_listed();
  finished();
  begin();
  stage->answer(reply(200));
  EXPECT_FALSE(stage->has<ListOpen>());
  ready_listed();
  finished();
  stage->give(Wake{});
  begin();
  stage->answer(reply(200));
  EXPECT_TRUE(stage->has<ListOpen>()) << "unless somebody asks";
}

TEST_F(IntakeLaneTest, AFailedLookAtOpenOrdersDoesNotHoldBackTheWatermark) {
  begun();
  stage->answer(reply(200));
  open_listed({"1"});
  stage->answer(reply(500));
  EXPECT_EQ(stage->take<ReportError>().error, "status 500");
  ready_listed();
  EXPECT_NE(finished(), Instant{});
}

// ---- the end ------------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, StoppedWhileThePortalAnswersItClosesTheRunAndReleasesTheLease) {
  begun();
  const auto request = stage->take<Request>();
  stage->give(Stop{});
  EXPECT_EQ(finished(), Instant{});
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->has<Release>());
  stage->give(Replied{request.request, reply(200, "R1 1")});
  EXPECT_FALSE(stage->has<StoreOrders>());
}

TEST_F(IntakeLaneTest, StoppingRecordsWhatTheErpStillAnswersAndEntersNothingNew) {
  importing({ready("R1"), ready("R2")});
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  erp(ErpAnswer::linked);
  EXPECT_FALSE(stage->has<EnterOrder>());
  EXPECT_EQ(outcomes_recorded().size(), 1U);
  finished();
  EXPECT_TRUE(stage->stopped);
}

TEST_F(IntakeLaneTest, StoppingDuringACallOnTheTablesWaitsForItsAnswer) {
  build();
  stage->lease();
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  stage->take<BeginIntake>();
  stage->give(Begun{1});
  EXPECT_TRUE(stage->stopped);
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->give(Stop{});
  stored(1);
  EXPECT_TRUE(stage->has<FinishIntake>());
  begun();
  stage->answer(reply(200));
  stage->give(Stop{});
  open_listed({"1"});
  EXPECT_TRUE(stage->has<FinishIntake>());
  begun();
  stage->answer(reply(200));
  open_listed();
  stage->give(Stop{});
  ready_listed({ready("R1")});
  EXPECT_FALSE(stage->has<EnterOrder>());
}

TEST_F(IntakeLaneTest, StoppedWithoutALeaseItIsDoneAtOnce) {
  build();
  stage->give(Stop{});
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->is_quiet());
}

}  // namespace
}  // namespace ferry::engine
