// A request whose answer was lost may be applied after a newer value: what is confirmed meanwhile is looked at again.
#include <gmock/gmock.h>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::seconds;

class FeedLaneDoubtTest : public FeedLaneTest {
 protected:
  Duration lateness() const { return parts.channel->settings.retry.lateness; }
  // What became of the only item sent.
  Delivery settled_by(const connector::HttpReply& answer) {
    stage->answer(answer);
    return only_item(stage->recorded()).delivery;
  }
  // The tables give it again as it was recorded, with a new value.
  void offer(const Delivery& delivery, const std::string& document) {
    DueItem item = due_item(1, "S1", document);
    item.delivery = delivery;
    until_load();
    stage->loaded({item});
  }
  void until_load() {
    while (!stage->has<LoadDue>()) go_on();
  }
  // Nothing happens until then; `due_at` is when the tables have something again.
  void rest_until(Instant at, Instant due_at = {}) {
    while (stage->now < at) {
      if (stage->has<LoadDue>()) {
        stage->loaded({}, due_at);
      } else {
        go_on();
      }
    }
  }

 private:
  void go_on() {
    if (stage->has<Acquire>()) {
      stage->renewed();
    } else if (stage->has<RunFeed>()) {
      stage->run_done(0);
    } else {
      stage->wait();
    }
  }
};

TEST_F(FeedLaneDoubtTest, AValueDeliveredWhileALostRequestMayStillBeAppliedIsSentAgainOnce) {
  sending({due_item(1, "S1", "5")});
  const auto lost = settled_by(lost_reply());
  EXPECT_EQ(lost.confirm_at, stage->now + lateness());
  offer(lost, "4");
  const auto delivered = settled_by(reply(200, "*=delivered"));
  EXPECT_EQ(delivered.state, PublicationState::settled);
  EXPECT_EQ(delivered.confirm_at, lost.confirm_at) << "the 5 may still be written over the 4";
  rest_until(delivered.confirm_at, delivered.confirm_at);
  until_load();
  EXPECT_LE(stage->now, delivered.confirm_at + seconds(1));
  offer(delivered, "4");
  EXPECT_EQ(stage->take<Request>().http.body, "S1=4");
}

TEST_F(FeedLaneDoubtTest, AnExchangeThatBeginsAfterItEndsTheDoubt) {
  sending({due_item(1, "S1", "5")});
  const auto lost = settled_by(lost_reply());
  rest_until(lost.confirm_at);
  offer(lost, "4");
  EXPECT_EQ(settled_by(reply(200, "*=delivered")).confirm_at, Instant{});
}

TEST_F(FeedLaneDoubtTest, MoneyIsNotPaidBackWhileALostRequestMayStillBeApplied) {
  const std::string plain = R"({"number":"1"})", refund = R"({"number":"1","refunds":[{"number":"2"}]})";
  parts = make_channel({});
  stage.emplace(std::make_unique<FeedLane>(parts.channel, Feed::order_status));
  stage->lease();
  stage->run_done(1);
  stage->loaded({due_item(1, "S1", refund)});
  const auto lost = settled_by(lost_reply());
  offer(lost, refund);
  const auto waits = only_item(stage->recorded());
  EXPECT_EQ(waits.verdict, Verdict::snooze);
  EXPECT_EQ(waits.delivery.next_attempt_at, lost.confirm_at);
  EXPECT_EQ(waits.delivery.attempts, lost.attempts);
  offer(lost, plain);
  EXPECT_EQ(stage->take<Request>().http.body, "S1=" + plain) << "all else goes on";
}

TEST_F(FeedLaneDoubtTest, OnlyALostAnswerCastsDoubt) {
  for (const auto& answer : {reply(200, "*=delivered"), reply(500), reply(423), reply(429),
                             no_reply("connect: connection refused")}) {
    sending({due_item(1, "S1", "5")});
    EXPECT_EQ(settled_by(answer).confirm_at, Instant{}) << answer.status;
  }
}

TEST_F(FeedLaneDoubtTest, ALostAnswerOfAPortalThatIsIllIsDoubtedToo) {
  sending({due_item(1, "S1", "5")});
  auto delivery = settled_by(lost_reply());
  for (int i = 1; i < Breaker::kIllInARow; ++i) {
    offer(delivery, "5");
    delivery = settled_by(lost_reply());
  }
  EXPECT_EQ(parts.channel->breaker->state(), BreakerState::open);
  EXPECT_EQ(delivery.attempts, Breaker::kIllInARow - 1) << "the last one counts as a wait";
  EXPECT_EQ(delivery.confirm_at, stage->now + lateness());
}

TEST_F(FeedLaneDoubtTest, WhatIsDeliveredSoonAfterATakeOverIsDoubted) {
  build();
  stage->row.taken_over_at = stage->now;
  stage->lease();
  stage->run_done(1);
  stage->loaded({due_item(1, "S1", "4")});
  EXPECT_EQ(settled_by(reply(200, "*=delivered")).confirm_at, kStart + lateness())
      << "what the killed holder sent is nowhere recorded";
  rest_until(kStart + lateness());
  offer({}, "3");
  EXPECT_EQ(settled_by(reply(200, "*=delivered")).confirm_at, Instant{});
}

TEST_F(FeedLaneDoubtTest, WhatIsDeliveredAfterOwnRequestsWereGivenUpIsDoubted) {
  sending({due_item(1, "S1", "5")});
  const auto given_up = stage->take<Request>();
  stage->pass(std::chrono::minutes(10));  // no answer from the database either: the lease runs out
  stage->give(Tick{});
  const Instant lost_at = stage->now;
  stage->give(Replied{given_up.request, lost_reply()});
  offer({}, "4");
  EXPECT_EQ(settled_by(reply(200, "*=delivered")).confirm_at, lost_at + lateness());
}

TEST_F(FeedLaneDoubtTest, AConfirmationIsNoNewsOfARun) {
  sending(due_items(2));
  stage->answer(reply(200, "S1=delivered,S2=snooze"));
  stage->recorded();
  DueItem doubtful = due_item(3, "S3", "1");
  doubtful.delivery.state = PublicationState::settled;
  until_load();
  stage->loaded({doubtful});
  EXPECT_EQ(settled_by(reply(200, "*=delivered")).state, PublicationState::settled);
  until_load();
  stage->loaded({});
  const auto counts = stage->take<RunSummary>().counts;
  EXPECT_EQ(counts.successful, 1);
  EXPECT_EQ(counts.deferred, 1);
}

TEST_F(FeedLaneDoubtTest, ALaneWhoseOutcomesCouldNotBeRecordedIsNotGivenBack) {
  sending({due_item(1, "S1", "5")});
  stage->answer(lost_reply());
  stage->give(Stop{});
  stage->take<Record>();
  stage->give(Recorded{Stage::failure<void>(Failure::unavailable)});
  EXPECT_TRUE(stage->stopped);
  EXPECT_FALSE(stage->has<Release>()) << "the next holder has to know that it takes over";
}

}  // namespace
}  // namespace ferry::engine
