// A feed lane in bad weather: random ERP changes, lost answers, refusals, outages of portal and database, other
// holders. Whatever happens, what was promised holds at every step, and once the weather clears the portal shows what
// the ERP says.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "plugin/engine/feed_lane.h"
#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The tables, as far as a feed needs them.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    parts_ = make_channel({.batch_cap = 5, .max_in_flight = 2, .rate_per_second = 50, .max_attempts = 1'000'000});
    lane_ = std::make_unique<FeedLane>(parts_.channel, Feed::stock);
    for (std::int64_t key = 1; key <= 30; ++key) erp_[key] = 0;
  }

  void run() {
    give(Wake{});
    for (int i = 0; i < 4000; ++i) {
      is_stormy_ = i < 2500;
      if (is_stormy_ && chance(10)) change();
      step();
    }
    for (const auto& [key, value] : erp_) EXPECT_EQ(portal_[key], value) << "key " << key;
    for (const auto& [key, row] : rows_) EXPECT_EQ(row.delivery.state, PublicationState::settled) << "key " << key;
    EXPECT_TRUE(requests_.empty());
    EXPECT_EQ(errors_shown_, "");
  }

 private:
  struct Row {
    std::int64_t desired = -1, acknowledged = -1;
    Delivery delivery{PublicationState::settled, 0, 0, {}, {}};
  };

  bool chance(int percent) { return std::uniform_int_distribution<int>(0, 99)(random_) < percent; }
  bool storm(int percent) { return is_stormy_ && chance(percent); }

  void change() {
    const auto key = std::uniform_int_distribution<std::int64_t>(1, 30)(random_);
    ++erp_[key];
    if (chance(70)) give(Wake{});
  }

  void give(Input input) {
    Actions next = lane_->step(std::move(input), now_, std::uniform_real_distribution<double>(0, 1)(random_));
    for (Action& action : next.actions) actions_.push_back(std::move(action));
    wake_at_ = next.wake_at;
  }

  void step() {
    if (!actions_.empty()) {
      const Action action = std::move(actions_.front());
      actions_.pop_front();
      std::visit([this](const auto& what) { carry_out(what); }, action);
    } else if (!requests_.empty() && chance(60)) {
      answer_portal();
    } else {
      const Instant next = wake_at_ == Instant{} ? now_ + seconds(1) : std::max(wake_at_, now_);
      idle_ticks_ = next == now_ ? idle_ticks_ + 1 : 0;
      ASSERT_LT(idle_ticks_, 3) << "the lane spins";
      now_ = storm(20) ? now_ + milliseconds(100) : next;
      give(Tick{});
    }
  }

  template <class T>
  bool refused() {
    if (epoch_ != lane_epoch_) {
      give(T{Problem{Failure::fenced, "fenced"}});
      return true;
    }
    if (!storm(5)) return false;
    give(T{Problem{Failure::unavailable, "database away"}});
    return true;
  }

  void carry_out(const Acquire& acquire) {
    if (storm(3)) return give(Leased{Problem{Failure::unavailable, "database away"}});
    LeaseAnswer answer;
    if (storm(3)) {  // another process drove it for a while
      ++epoch_;
      answer.remaining = seconds(2);
      return give(Leased{answer});
    }
    lane_epoch_ = epoch_;
    answer.held = true;
    answer.remaining = acquire.ttl;
    answer.lease.epoch = epoch_;
    answer.compared_before = true;
    answer.compared_fully_at = now_;
    give(Leased{answer});
  }

  void carry_out(const RunFeed& run) {
    if (refused<Ran>()) return;
    FeedRunReport report;
    report.mode = run.run.mode;
    for (const auto& [key, value] : erp_) {
      Row& row = rows_[key];
      if (row.desired == value) continue;
      row.desired = value;
      row.delivery = {PublicationState::pending, 0, 0, now_, "changed"};
      ++report.counts.changed;
    }
    report.counts.inbound = report.counts.deferred = report.counts.changed;
    report.run = report.counts.changed > 0 ? ++run_ : 0;
    give(Ran{report});
  }

  void carry_out(const LoadDue& load) {
    if (refused<Loaded>()) return;
    DueItems due;
    const std::set<RecordKey> except(load.except.begin(), load.except.end());
    for (const auto& [key, row] : rows_) {
      if (row.delivery.state == PublicationState::settled || except.contains({key, 0})) continue;
      if (row.delivery.next_attempt_at > now_) {
        due.next_due = due.next_due == Instant{} ? row.delivery.next_attempt_at
                                                 : std::min(due.next_due, row.delivery.next_attempt_at);
      } else if (due.items.size() < load.most) {
        due.items.push_back(due_item(key, std::to_string(key), std::to_string(row.desired)));
        due.items.back().delivery = row.delivery;
      }
    }
    give(Loaded{std::move(due)});
  }

  void carry_out(const Record& record) {
    if (refused<Recorded>()) return;
    for (const auto& exchange : record.exchanges) {
      for (const auto& item : exchange.items) {
        Row& row = rows_[item.key.key];
        const auto sent = std::stoll(item.document);
        if (item.verdict == Verdict::delivered) row.acknowledged = sent;
        row.delivery = item.delivery;
        const bool moved_on = row.desired != sent;
        if (moved_on) row.delivery = {PublicationState::pending, 0, 0, now_, "moved on"};
      }
    }
    give(Recorded{Result<void>{}});
  }

  void carry_out(const Request& request) {
    requests_.emplace(request.request, request.http.body);
    std::set<std::string> keys;
    for (const auto& [id, body] : requests_) {
      std::istringstream in(body);
      for (std::string part; std::getline(in, part, ',');) {
        EXPECT_TRUE(keys.insert(part.substr(0, part.find('='))).second) << "one key in two exchanges";
      }
    }
  }
  void carry_out(const ReportError& report) { errors_shown_ = report.error; }
  void carry_out(const RunSummary& summary) {
    EXPECT_TRUE(balanced(summary.counts));
    EXPECT_TRUE(runs_told_.insert(summary.run).second) << "told twice";
  }
  template <class Other>
  void carry_out(const Other&) {}

  void apply(const std::string& body) {
    std::istringstream in(body);
    for (std::string part; std::getline(in, part, ',');) {
      const auto equals = part.find('=');
      portal_[std::stoll(part.substr(0, equals))] = std::stoll(part.substr(equals + 1));
    }
  }

  void answer_portal() {
    const auto at = std::next(requests_.begin(), static_cast<std::ptrdiff_t>(random_() % requests_.size()));
    const auto [id, body] = *at;
    requests_.erase(at);
    if (storm(10)) return give(Replied{id, no_reply("connect: refused")});
    if (storm(5)) return give(Replied{id, reply(500)});
    if (storm(5)) return give(Replied{id, reply(429, "", {{"retry-after", "2"}})});
    if (storm(5)) return give(Replied{id, reply(413)});
    apply(body);
    if (storm(10)) return give(Replied{id, lost_reply()});
    give(Replied{id, reply(200, "*=delivered")});
  }

  std::mt19937_64 random_;
  ChannelParts parts_;
  std::unique_ptr<FeedLane> lane_;
  bool is_stormy_ = true;
  Instant now_ = kStart;
  Instant wake_at_{};
  int idle_ticks_ = 0;
  std::int64_t epoch_ = 1, lane_epoch_ = 0, run_ = 0;
  std::deque<Action> actions_;
  std::map<std::uint64_t, std::string> requests_;
  std::map<std::int64_t, std::int64_t> erp_, portal_;
  std::map<std::int64_t, Row> rows_;
  std::set<std::int64_t> runs_told_;
  std::string errors_shown_;
};

TEST(Weather, WhateverHappensThePortalEndsOnWhatTheErpSays) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ferry::engine
