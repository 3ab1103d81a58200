// One credential in several processes: whoever joins, leaves, is killed or falls asleep, the portal never sees more
// than the rate in any second. The table is a model of sql/state/statements/lane.sql, whose own tests are in
// sql/state/lane_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "plugin/engine/credential.h"
#include "plugin/engine/lease_keeper.h"
#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTtl = seconds(15);

// Lease and standing of each holder; here a holder has one lane.
class Table {
 public:
  LeaseAnswer acquire(int holder, std::int64_t rate, Instant now) {
    std::erase_if(rows_, [now](const auto& entry) { return entry.second.expires_at <= now; });
    const bool was_here = rows_.contains(holder);
    LeaseAnswer answer;
    answer.remaining = seconds(1);
    if (!was_here && static_cast<std::int64_t>(rows_.size()) >= rate) return answer;
    Row& row = rows_[holder];
    if (!was_here) row.joined_at = now;
    row.renewed_before = was_here ? row.renewed_at : Instant{};
    row.renewed_at = now;
    row.expires_at = now + kTtl;
    answer.held = true;
    answer.remaining = kTtl;
    answer.lease.epoch = 1;
    answer.holders = static_cast<std::int32_t>(rows_.size());
    for (const auto& [other, standing] : rows_) {
      const bool is_elder = other != holder && standing.joined_at <= row.joined_at;
      if (is_elder && standing.renewed_before <= row.joined_at) answer.agreed = false;
    }
    return answer;
  }
  void release(int holder) { rows_.erase(holder); }

 private:
  struct Row {
    Instant joined_at{}, renewed_at{}, renewed_before{}, expires_at{};
  };
  std::map<int, Row> rows_;
};

struct Process {
  Process(int number, std::int64_t rate)
      : holder(number), credential(rate, "shop"), lease(kTtl, credential), ticket(credential.enter(Priority::stock)) {}

  int holder;
  Credential credential;
  LeaseKeeper lease;
  Credential::Ticket ticket;
  Instant asks_at{};                   // the portal
  Instant sleeps_until{};              // stopped by the system: does nothing, not even notice the time
  std::optional<LeaseAnswer> arrives;  // the table's answer, on its way
  Instant arrives_at{};
};

class Crowd {
 public:
  Crowd(std::int64_t rate, std::uint64_t seed) : rate_(rate), random_(seed) {}

  std::vector<Instant> requests(Duration how_long) {
    for (now_ = kStart; now_ < kStart + how_long; now_ += milliseconds(5)) {
      if (chance(300) && processes_.size() < 4) processes_.push_back(std::make_unique<Process>(++last_holder_, rate_));
      if (chance(2000) && !processes_.empty()) end_one();
      for (auto& process : processes_) act(*process);
    }
    return requests_;
  }

 private:
  bool chance(std::uint64_t one_in) { return random_() % one_in == 0; }

  void end_one() {
    const auto at = processes_.begin() + static_cast<std::ptrdiff_t>(random_() % processes_.size());
    if (chance(2)) table_.release((*at)->holder);  // stopped; otherwise killed: its lease has to run out
    processes_.erase(at);
  }

  void act(Process& process) {
    if (process.sleeps_until > now_) return;
    if (chance(4000)) process.sleeps_until = now_ + milliseconds(random_() % 30'000);
    if (process.arrives && process.arrives_at <= now_) {
      process.lease.on_answer(*process.arrives, now_, 0.5);
      process.arrives.reset();
    }
    process.lease.has_run_out(now_);
    if (!process.arrives && process.lease.is_due(now_)) {
      process.lease.ask(now_);
      process.arrives = table_.acquire(process.holder, rate_, now_);
      process.arrives_at = now_ + milliseconds(random_() % 200);
    }
    while (process.lease.is_held(now_) && process.asks_at <= now_) {  // as fast as it may
      const Duration wait = process.credential.ask(process.ticket, now_);
      if (wait == Duration(0)) {
        requests_.push_back(now_);
      } else {
        process.asks_at = now_ + wait;
      }
    }
  }

  const std::int64_t rate_;
  std::mt19937_64 random_;
  Instant now_{};
  Table table_;
  int last_holder_ = 0;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Instant> requests_;
};

std::size_t most_in_a_second(const std::vector<Instant>& moments) {
  std::size_t most = 0, first = 0;
  for (std::size_t last = 0; last < moments.size(); ++last) {
    while (moments[last] - moments[first] >= seconds(1)) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(Stories, F1_TheRateHoldsWhateverProcessesComeAndGo) {
  for (const std::int64_t rate : {1, 3, 20, 100}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto moments = Crowd(rate, seed).requests(seconds(600));
      EXPECT_LE(most_in_a_second(moments), static_cast<std::size_t>(rate)) << "rate " << rate << ", seed " << seed;
      EXPECT_GT(moments.size(), static_cast<std::size_t>(rate) * 120) << "nearly nothing got through, seed " << seed;
    }
  }
}

// ---- one process's part -------------------------------------------------------------------------------------------

TEST(Sharing, WhoWasNeverToldOfOthersHasAllOfTheRateAtOnce) {
  Credential credential(20, "shop");
  credential.share(0, false, kStart);
  EXPECT_EQ(credential.ask(credential.enter(Priority::stock), kStart), Duration(0));
}

TEST(Sharing, TheFirstAnswerAndEveryChangeIsFollowedByASecondOfSilence) {
  Credential credential(20, "shop");
  const auto ticket = credential.enter(Priority::stock);
  credential.share(1, true, kStart);
  EXPECT_EQ(credential.ask(ticket, kStart), Credential::kWindow) << "whoever had the lane before may just have sent";
  credential.share(1, true, kStart + milliseconds(500));
  EXPECT_EQ(credential.ask(ticket, kStart + seconds(1)), Duration(0)) << "nothing had changed";
  credential.share(2, true, kStart + seconds(5));
  EXPECT_EQ(credential.ask(ticket, kStart + seconds(5)), Credential::kWindow);
}

TEST(Sharing, NothingIsSentUntilTheOthersAgree) {
  Credential credential(20, "shop");
  const auto ticket = credential.enter(Priority::stock);
  credential.share(2, false, kStart);
  EXPECT_GT(credential.ask(ticket, kStart + seconds(60)), Duration(0));
  credential.share(2, true, kStart + seconds(61));
  EXPECT_GT(credential.ask(ticket, kStart + seconds(61)), Duration(0));
  EXPECT_EQ(credential.ask(ticket, kStart + seconds(62)), Duration(0));
}

TEST(Sharing, AProcessThatWaitsForAgreementAsksAgainSoon) {
  Credential credential(20, "shop");
  LeaseKeeper keeper(kTtl, credential);
  EXPECT_EQ(keeper.ask(kStart).credential.name, "shop");
  LeaseAnswer answer;
  answer.held = true;
  answer.remaining = kTtl;
  answer.holders = 2;
  answer.agreed = false;
  keeper.on_answer(answer, kStart, 0);
  EXPECT_EQ(keeper.ask_at(), kStart + seconds(1));
}

}  // namespace
}  // namespace ferry::engine
