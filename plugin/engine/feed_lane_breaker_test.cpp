// A feed lane and a portal that is ill as a whole. See breaker_test.cpp for the breaker by itself.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "plugin/engine/feed_lane_fixture.h"
#include "plugin/engine/intake_lane.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class FeedLaneBreakerTest : public FeedLaneTest {
 protected:
  // Time passes until the lane asks the portal, whose tables always offer `items`; false: not within the time.
  bool until_request(std::int64_t items, Duration most = hours(1)) {
    const Instant end = stage->now + most;
    while (!stage->has<Request>()) {
      if (stage->has<Acquire>()) {
        stage->renewed();
      } else if (stage->has<RunFeed>()) {
        stage->run_done(0);
      } else if (stage->has<Record>()) {
        note(stage->recorded());
      } else if (stage->has<LoadDue>()) {
        load(items);
      } else if (stage->wake_at == Instant{} || stage->wake_at > end) {
        return false;
      } else {
        stage->wait();
      }
    }
    return true;
  }
  void note(const Record& record) {
    for (const auto& exchange : record.exchanges) {
      for (const auto& item : exchange.items) deliveries[item.key.key] = item.delivery;
    }
  }
  // What is due as the tables would know it.
  void load(std::int64_t items) {
    std::vector<DueItem> due;
    Instant next_due{};
    for (DueItem& item : due_items(items)) {
      const auto known = deliveries.find(item.key.key);
      if (known != deliveries.end()) item.delivery = known->second;
      if (item.delivery.state != PublicationState::pending) continue;
      if (item.delivery.next_attempt_at <= stage->now) {
        due.push_back(std::move(item));
      } else if (next_due == Instant{} || item.delivery.next_attempt_at < next_due) {
        next_due = item.delivery.next_attempt_at;
      }
    }
    std::ranges::stable_sort(due, {}, [this](const DueItem& item) {
      const bool is_urgent = is_first_urgent && item.key.key == 1;
      return std::pair(!is_urgent, item.delivery.next_attempt_at);
    });
    stage->loaded(std::move(due), next_due);
  }
  std::int32_t most_attempts() const {
    std::int32_t most = 0;
    for (const auto& [key, delivery] : deliveries) most = std::max(most, delivery.attempts);
    return most;
  }
  void open(std::int64_t items, const connector::HttpReply& answer) {
    deliveries.clear();
    sending(due_items(items), {.batch_cap = 10});
    while (parts.channel->breaker->state() == BreakerState::closed) {
      ASSERT_TRUE(until_request(items));
      stage->answer(answer);
    }
  }

  std::map<std::int64_t, Delivery> deliveries;
  bool is_first_urgent = false;  // the record with key 1 goes before all others
};

TEST_F(FeedLaneBreakerTest, AnUnreachablePortalCountsNoAttempts) {
  open(30, no_reply("connect: connection refused"));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(until_request(30));
    stage->answer(no_reply("connect: connection refused"));
  }
  EXPECT_FALSE(deliveries.empty());
  EXPECT_EQ(most_attempts(), 0) << "a night without network must not leave a catalogue of dead letters";
}

TEST_F(FeedLaneBreakerTest, ANightOf502LeavesNoDeadLetterAndCountsNoAttemptWhileItIsOpen) {
  open(30, reply(502));
  ASSERT_TRUE(until_request(30));
  const auto counted_before = most_attempts();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(until_request(30));
    stage->answer(reply(502));
  }
  ASSERT_TRUE(until_request(30));
  EXPECT_LE(counted_before, Breaker::kIllInARow);
  EXPECT_EQ(most_attempts(), counted_before);
  for (const auto& [key, delivery] : deliveries) EXPECT_EQ(delivery.state, PublicationState::pending);
}

TEST_F(FeedLaneBreakerTest, IsToldOnceWhenItOpensAndWakesEveryJobWhenItCloses) {
  open(30, reply(502));
  const auto opened = stage->take<ReportBreaker>().change;
  EXPECT_EQ(opened.state, BreakerState::open);
  EXPECT_TRUE(opened.is_news);
  EXPECT_EQ(opened.reason, "status 502");
  ASSERT_TRUE(until_request(30));
  stage->answer(reply(502));
  EXPECT_FALSE(stage->take<ReportBreaker>().change.is_news);
  ASSERT_TRUE(until_request(30));
  stage->answer(reply(200, "*=delivered"));
  EXPECT_EQ(stage->take<ReportBreaker>().change.state, BreakerState::closed);
  const auto woken = stage->take<WakeJob>();
  EXPECT_EQ(woken.channel, 7);
  EXPECT_EQ(woken.job, "") << "every one";
}

TEST_F(FeedLaneBreakerTest, TheProbeIsOneRecordAndNothingElseIsSentMeanwhile) {
  open(30, reply(502));
  ASSERT_TRUE(until_request(30));
  const auto probe = stage->take<Request>();
  EXPECT_EQ(std::count(probe.http.body.begin(), probe.http.body.end(), '='), 1) << probe.http.body;
  EXPECT_FALSE(until_request(30, minutes(2)));
  stage->give(Replied{probe.request, reply(200, "*=delivered")});
  ASSERT_TRUE(until_request(30));
  EXPECT_THAT(stage->take<Request>().http.body, HasSubstr(",")) << "whole batches again, at once";
}

TEST_F(FeedLaneBreakerTest, ARecordThatAloneMakesThePortalFailDoesNotKeepItOpen) {
  open(5, reply(502));
  for (int i = 0; i < 10 && parts.channel->breaker->state() != BreakerState::closed; ++i) {
    ASSERT_TRUE(until_request(5));
    const auto request = stage->take<Request>();
    stage->give(Replied{request.request, request.http.body == "S1=1" ? reply(500) : reply(200, "*=delivered")});
  }
  EXPECT_EQ(parts.channel->breaker->state(), BreakerState::closed) << "another record probes next time";
}

// The bad record is the most urgent of all and every probe finds it first in the queue.
TEST_F(FeedLaneBreakerTest, ABadRecordThatGoesBeforeAllOthersIsNotTheProbeForEver) {
  is_first_urgent = true;
  open(1, reply(500));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(until_request(1));
    stage->answer(reply(500));
  }
  note(stage->recorded());
  deliveries[1].next_attempt_at = stage->now;  // both are due when the next probe is
  ASSERT_TRUE(until_request(2)) << "another record wants to be sent";
  EXPECT_EQ(stage->take<Request>().http.body, "S2=1");
}

TEST_F(FeedLaneBreakerTest, ARecordThatAlwaysFailsBecomesADeadLetterAndTheOthersFlow) {
  is_first_urgent = true;
  deliveries.clear();
  sending(due_items(3), {.max_attempts = 8});
  std::int64_t items = 3;
  for (int i = 0; i < 200 && deliveries[1].state != PublicationState::dead; ++i) {
    ASSERT_TRUE(until_request(items));
    const auto request = stage->take<Request>();
    const bool is_bad = request.http.body.find("S1=") != std::string::npos;
    stage->give(Replied{request.request, is_bad ? reply(500) : reply(200, "*=delivered")});
    if (is_bad && i % 3 == 0) ++items;  // life goes on
  }
  EXPECT_EQ(deliveries[1].state, PublicationState::dead);
  EXPECT_THAT(deliveries[1].reason, HasSubstr("given up after 8 attempts"));
  while (until_request(items, minutes(5))) stage->answer(reply(200, "*=delivered"));
  for (std::int64_t key = 2; key <= items; ++key) {
    EXPECT_EQ(deliveries[key].state, PublicationState::settled) << key;
    EXPECT_LE(deliveries[key].attempts, 2) << key;
  }
}

TEST_F(FeedLaneBreakerTest, ARecordThatFailedTwiceTakesNoOthersWithIt) {
  auto items = due_items(4);
  items[1].delivery.attempts = 2;
  sending(std::move(items));
  std::vector<std::string> sent;
  for (int i = 0; i < 3; ++i) sent.push_back(stage->answer(reply(200, "*=delivered")).http.body);
  EXPECT_THAT(sent, ::testing::ElementsAre("S1=1", "S2=1", "S3=1,S4=1"));
}

TEST_F(FeedLaneBreakerTest, ALoneRecordThatThePortalAnswersWithAFailureProbesTheMoreSeldom) {
  open(1, reply(500));
  const Instant opened = stage->now;
  int probes = 0;
  while (stage->now < opened + hours(8)) {
    ASSERT_TRUE(until_request(1));
    stage->answer(reply(500));
    ++probes;
  }
  EXPECT_LE(probes, 8 * 60 / 5 + 20) << "every five minutes on the average, not every half";
  ASSERT_TRUE(until_request(1));
  EXPECT_EQ(deliveries[1].state, PublicationState::pending) << "nobody else has shown that the portal is well";
  EXPECT_EQ(deliveries[1].attempts, RetryPolicy{}.max_attempts / 2);
}

TEST_F(FeedLaneBreakerTest, ALoneRecordOfAPortalBehindAGatewayIsTriedAgainWithinTheLongestCooling) {
  for (const auto& answer : {reply(502), reply(503), reply(504), lost_reply()}) {
    open(1, answer);
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(until_request(1));
      stage->answer(answer);
    }
    const Instant well_again = stage->now;
    ASSERT_TRUE(until_request(1));
    EXPECT_LE(stage->now - well_again, Breaker::kLongestCooling + seconds(1)) << answer.status;
    stage->forget();
  }
}

TEST_F(FeedLaneBreakerTest, WithABadRecordOfTheStockTheIntakeStillGetsItsTurnToProbe) {
  open(1, reply(500));
  ASSERT_TRUE(until_request(1));
  stage->answer(reply(500));
  EXPECT_LT(parts.channel->breaker->ask_at(Priority::orders, stage->now), parts.channel->breaker->retry_at());
}

TEST_F(FeedLaneBreakerTest, RecoveryTakesAtMostTheLongestCoolingAndOneExchange) {
  open(30, no_reply("connect: connection refused"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(until_request(30));
    stage->answer(no_reply("connect: connection refused"));
  }
  const Instant well_again = stage->now;
  ASSERT_TRUE(until_request(30));
  EXPECT_LE(stage->now - well_again, Breaker::kLongestCooling);
  stage->answer(reply(200, "*=delivered"));
  const Instant closed = stage->now;
  ASSERT_TRUE(until_request(30));
  EXPECT_EQ(stage->now, closed);
}

TEST_F(FeedLaneBreakerTest, RefusalsOfSingleRecordsAndRequestsToWaitDoNotOpenIt) {
  for (const auto& answer : {reply(422), reply(423), reply(429, "", {{"retry-after", "1"}}), reply(413)}) {
    deliveries.clear();
    sending(due_items(30), {.batch_cap = 1});
    for (int i = 0; i < 12; ++i) {
      ASSERT_TRUE(until_request(30));
      stage->answer(answer);
    }
    EXPECT_EQ(parts.channel->breaker->state(), BreakerState::closed) << answer.status;
    stage->forget();
  }
}

TEST_F(FeedLaneBreakerTest, AnotherChannelIsNotTouched) {
  open(30, reply(502));
  const auto other = make_channel();
  EXPECT_EQ(other.channel->breaker->state(), BreakerState::closed);
  EXPECT_TRUE(other.channel->breaker->enter(Priority::rest, stage->now));
}

TEST_F(FeedLaneBreakerTest, TheIntakeOfTheChannelIsHeldWithItAndItsSuccessFreesTheFeed) {
  open(30, reply(502));
  stage->forget();
  Stage intake(std::make_unique<IntakeLane>(parts.channel));
  intake.now = stage->now;
  intake.lease();
  const auto run = [&] {
    intake.take<BeginIntake>();
    intake.give(Begun{1});
  };
  run();
  EXPECT_FALSE(intake.has<Request>()) << "held";
  intake.take<ListReady>();  // but the ERP's part is done
  intake.give(ReadyListed{std::vector<ReadyOrder>{}});
  intake.take<FinishIntake>();
  intake.give(Recorded{Result<void>{}});
  while (!intake.has<BeginIntake>()) {
    intake.wait();
    if (intake.has<Acquire>()) intake.renewed();
  }
  EXPECT_GE(intake.now, parts.channel->breaker->retry_at());
  run();
  intake.answer(reply(200));
  EXPECT_EQ(parts.channel->breaker->state(), BreakerState::closed);
  EXPECT_EQ(intake.take<ReportBreaker>().change.state, BreakerState::closed);
  EXPECT_TRUE(intake.has<WakeJob>());
}

TEST_F(FeedLaneBreakerTest, AProbeThatIsDroppedWithTheLeaseIsLeftToOthers) {
  open(30, reply(502));
  ASSERT_TRUE(until_request(30));
  EXPECT_EQ(parts.channel->breaker->state(), BreakerState::half_open);
  const auto probe = stage->take<Request>();
  stage->give(Stop{});
  stage->give(Replied{probe.request, reply(202)});  // it would go on: dropped
  EXPECT_EQ(parts.channel->breaker->state(), BreakerState::open);
}

}  // namespace
}  // namespace ferry::engine
