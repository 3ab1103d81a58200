// Failure stories of other connectors, as far as the lane of a feed decides them.
#include <algorithm>
#include <map>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::seconds;

// The tables' side of a feed with far more records than are ever at hand; each is due until it is settled.
class Catalogue {
 public:
  explicit Catalogue(std::int64_t records) : left_(records) {}

  DueItems due(const LoadDue& load) {
    DueItems found;
    for (auto key = first_; key < first_ + left_ && found.items.size() < load.most; ++key) {
      const bool is_held = std::ranges::find(load.except, RecordKey{key, 0}) != load.except.end();
      if (!is_held && !settled_.contains(key)) found.items.push_back(due_item(key, "S" + std::to_string(key)));
    }
    most_at_hand_ = std::max(most_at_hand_, load.except.size() + found.items.size());
    return found;
  }
  void record(const Record& record) {
    for (const auto& exchange : record.exchanges) {
      for (const auto& item : exchange.items) {
        if (item.delivery.state == PublicationState::settled) settled_[item.key.key] = true;
      }
    }
    // what is settled from the front on is forgotten, or this double would grow itself
    while (!settled_.empty() && settled_.begin()->first == first_) {
      settled_.erase(settled_.begin());
      ++first_;
      --left_;
    }
  }
  std::int64_t left() const { return left_; }
  std::size_t most_at_hand() const { return most_at_hand_; }

 private:
  std::int64_t first_ = 1, left_;
  std::map<std::int64_t, bool> settled_;
  std::size_t most_at_hand_ = 0;
};

// Sends a whole catalogue; how many of its records the lane ever knew at once.
std::size_t most_at_hand(std::int64_t records) {
  const auto parts = make_channel({.batch_cap = 100, .max_in_flight = 4});
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  Catalogue catalogue(records);
  stage.lease();
  stage.run_done(records, RunMode::full);
  while (catalogue.left() > 0) {
    if (stage.has<LoadDue>()) {
      const auto found = catalogue.due(stage.take<LoadDue>());
      stage.give(Loaded{found});
    } else if (stage.has<Record>()) {
      catalogue.record(stage.recorded());
    } else if (stage.has<Request>()) {
      stage.answer(reply(200, "*=delivered"));
    } else {
      ADD_FAILURE() << catalogue.left() << " records are left, and the lane asks for " << stage.names();
      return 0;
    }
  }
  return catalogue.most_at_hand();
}

TEST(Stories, F16_WhatIsAtHandDoesNotGrowWithTheCatalogue) {
  const auto small = most_at_hand(20'000);
  EXPECT_GT(small, 0U);
  EXPECT_LE(small, 5'000U);
  EXPECT_LE(most_at_hand(60'000), small);
}

// Midnight changes what is desired, and nobody writes a row or calls.
TEST(Stories, A6_ABoundaryWakesTheLaneWithoutAnyWrite) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  const Instant midnight = stage.now + hours(3) + seconds(1);
  FeedRunReport report;
  report.mode = RunMode::watermark;
  report.next_boundary = midnight;
  stage.take<RunFeed>();
  stage.give(Ran{report});
  stage.row.next_boundary = midnight;  // as the tables now say
  stage.loaded({});
  while (stage.now < midnight) {
    stage.wait();
    if (stage.has<Acquire>()) stage.renewed();
    if (stage.now < midnight && stage.has<RunFeed>()) {
      stage.run_done(0);
      stage.loaded({});
    }
  }
  EXPECT_EQ(stage.now, midnight) << "not at the next poll, but there and then";
  EXPECT_EQ(stage.take<RunFeed>().run.mode, RunMode::full) << "no row was written, so no other run would find it";
}

TEST(Stories, A8_WhatWasSentIsNotRecordedBeforeItIsAnswered) {
  const auto parts = make_channel();
  Stage killed(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  killed.lease();
  killed.run_done(1);
  killed.loaded({due_item(1, "A", "5")});
  killed.take<Request>();
  EXPECT_FALSE(killed.has<Record>());
  EXPECT_FALSE(killed.has<RunSummary>());
  // whoever takes over finds it due, and sends it again
  Stage next(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  next.lease();
  next.run_done(0);
  next.loaded({due_item(1, "A", "5")});
  EXPECT_EQ(next.answer(lost_reply()).http.body, "A=5");
  const auto unknown = next.recorded().exchanges.at(0).items.at(0);
  EXPECT_EQ(unknown.verdict, Verdict::ambiguous);
  EXPECT_EQ(unknown.delivery.state, PublicationState::pending) << "sent, and nobody knows: not taken for shown";
}

// Four hundred calls in ninety seconds, while first the database and then the portal is away.
TEST(Stories, F13_ABurstDuringAnOutageIsNotLost) {
  const auto parts = make_channel({.batch_cap = 100});
  Stage stage(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  stage.lease();
  stage.run_done(0);
  stage.loaded({});
  for (int i = 0; i < 400; ++i) {
    stage.pass(std::chrono::milliseconds(225));
    stage.give(Wake{});
    if (stage.has<Acquire>()) stage.take<Acquire>(), stage.give(Leased{Stage::failure<LeaseAnswer>(Failure::unavailable)});
    if (stage.has<RunFeed>()) stage.take<RunFeed>(), stage.give(Ran{Stage::failure<FeedRunReport>(Failure::unavailable)});
  }
  EXPECT_FALSE(stage.has<LoadDue>());
  Catalogue catalogue(400);
  int busy = 0;
  const Instant given_up = stage.now + hours(1);
  while (catalogue.left() > 0 && stage.now < given_up) {
    if (stage.has<Acquire>()) {
      stage.renewed();
    } else if (stage.has<RunFeed>()) {
      const auto mode = stage.take<RunFeed>().run.mode;
      FeedRunReport report;
      report.mode = mode;
      report.counts = {400, 400, 0, 0, 0, 400};
      report.run = 2;
      stage.give(Ran{report});
    } else if (stage.has<LoadDue>()) {
      const auto found = catalogue.due(stage.take<LoadDue>());
      stage.give(Loaded{found});
    } else if (stage.has<Record>()) {
      catalogue.record(stage.recorded());
    } else if (stage.has<Request>()) {
      stage.answer(++busy <= 5 ? reply(429, "", {{"retry-after", "30"}}) : reply(200, "*=delivered"));
    } else {
      stage.wait();
    }
  }
  EXPECT_EQ(catalogue.left(), 0);
  EXPECT_GT(busy, 5);
}

}  // namespace
}  // namespace ferry::engine
