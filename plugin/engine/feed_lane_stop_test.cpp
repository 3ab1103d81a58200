#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;

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

TEST(Stories, F10_APortalThatDoesNotAnswerDoesNotKeepAChannelFromBeingSwitchedOff) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.run_done(1);
  stage.loaded(due_items(1));
  stage.row.paused = true;
  stage.wait();
  stage.renewed();
  stage.answer(no_reply("connect: connection refused"));
  stage.recorded();
  while (stage.now < kStart + std::chrono::minutes(5)) {
    stage.wait();
    if (stage.has<Acquire>()) stage.renewed();
    ASSERT_FALSE(stage.has<Request>());
  }
  stage.give(Stop{});
  EXPECT_TRUE(stage.stopped);
}

}  // namespace
}  // namespace ferry::engine
