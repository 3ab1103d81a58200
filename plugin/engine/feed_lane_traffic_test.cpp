// Two feeds of one portal in virtual time: what a large job does to a small, urgent one beside it.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTables = milliseconds(4);    // each call on the tables
constexpr Duration kPortal = milliseconds(100);  // each request

// What is to happen in virtual time.
class Agenda {
 public:
  Instant now = kStart;

  void at(Instant when, std::function<void()> what) { entries_.emplace(when, std::move(what)); }
  void after(Duration wait, std::function<void()> what) { at(now + wait, std::move(what)); }
  void run_until(const std::function<bool()>& is_done, Instant end) {
    while (!entries_.empty() && !is_done() && now < end) {
      const auto next = entries_.begin();
      now = std::max(now, next->first);
      const auto what = std::move(next->second);
      entries_.erase(next);
      what();
    }
  }

 private:
  std::multimap<Instant, std::function<void()>> entries_;
};

// A lane with its records, each due from some moment until it is settled; the tables and the portal answer in time.
class Feeder {
 public:
  Feeder(Agenda& agenda, const std::shared_ptr<const Channel>& channel, Feed feed)
      : agenda_(agenda), stage_(std::make_unique<FeedLane>(channel, feed)) {
    stage_.now = agenda_.now;
    stage_.row.held = true;
    stage_.row.lease = {{7, std::string(name_of(feed))}, "me", 1};
    stage_.row.remaining = seconds(15);
    stage_.row.compared_before = true;
    stage_.row.compared_fully_at = agenda_.now;
    give(Tick{});
  }

  void change(std::int64_t key) {
    due_.emplace(key, agenda_.now);
    ++found_;
    give(Wake{});
  }
  void change_all(std::int64_t count) {
    for (std::int64_t key = 1; key <= count; ++key) due_.emplace(key, agenda_.now);
    found_ += count;
    give(Wake{});
  }
  std::size_t left() const { return due_.size(); }
  const std::vector<Instant>& requests() const { return requests_; }
  // From the change in the ERP to the acknowledgement in the tables, of 95 in a hundred.
  Duration p95() {
    std::ranges::sort(took_);
    return took_.at(took_.size() * 95 / 100);
  }
  std::size_t delivered() const { return took_.size(); }

 private:
  void give(Input input) {
    stage_.now = agenda_.now;
    stage_.give(std::move(input));
    while (!stage_.is_quiet()) act();
    if (stage_.wake_at == Instant{} || stage_.wake_at == tick_at_) return;
    tick_at_ = std::max(stage_.wake_at, agenda_.now);
    agenda_.at(tick_at_, [this, meant = tick_at_] {
      if (meant != tick_at_) return;
      tick_at_ = {};
      give(Tick{});
    });
  }
  void later(Duration wait, std::function<Input()> answer) {
    agenda_.after(wait, [this, answer = std::move(answer)] { give(answer()); });
  }

  void act() {
    if (stage_.has<Acquire>()) {
      stage_.take<Acquire>();
      later(kTables, [this] { return Leased{stage_.row}; });
    } else if (stage_.has<RunFeed>()) {
      FeedRunReport report;
      report.mode = stage_.take<RunFeed>().run.mode;
      later(kTables, [this, report] {
        auto found = report;
        found.counts.inbound = found.counts.changed = found.counts.deferred = found_;
        found.run = found_ > 0 ? ++runs_ : 0;
        found_ = 0;
        return Ran{found};
      });
    } else if (stage_.has<LoadDue>()) {
      later(kTables, [this, load = stage_.take<LoadDue>()] { return Loaded{load_due(load)}; });
    } else if (stage_.has<Request>()) {
      requests_.push_back(agenda_.now);
      later(kPortal, [id = stage_.take<Request>().request] { return Replied{id, reply(200, "*=delivered")}; });
    } else if (stage_.has<Record>()) {
      later(kTables, [this, record = stage_.take<Record>()] {
        settle(record);
        return Recorded{Result<void>{}};
      });
    } else {
      stage_.forget();
    }
  }
  DueItems load_due(const LoadDue& load) const {
    const std::set<RecordKey> held(load.except.begin(), load.except.end());
    DueItems found;
    for (const auto& [key, since] : due_) {
      if (found.items.size() == load.most) break;
      if (!held.contains({key, 0})) found.items.push_back(due_item(key, "S" + std::to_string(key)));
    }
    return found;
  }
  void settle(const Record& record) {
    for (const auto& exchange : record.exchanges) {
      for (const auto& item : exchange.items) {
        const auto found = due_.find(item.key.key);
        if (found == due_.end() || item.delivery.state != PublicationState::settled) continue;
        took_.push_back(agenda_.now - found->second);
        due_.erase(found);
      }
    }
  }

  Agenda& agenda_;
  Stage stage_;
  Instant tick_at_{};
  std::map<std::int64_t, Instant> due_;  // since when, by key
  std::int64_t found_ = 0;               // changed since the last run
  std::int64_t runs_ = 0;
  std::vector<Duration> took_;
  std::vector<Instant> requests_;
};

struct Outcome {
  Duration stock_p95{};
  std::size_t stock_delivered = 0;
  std::size_t price_requests = 0;
  Duration price_job{};
};

// Stock moves at random moments, twice a second, while a job of so many prices runs; with none of them for a minute.
Outcome play(std::int64_t prices) {
  const auto parts = make_channel({.batch_cap = 100, .max_in_flight = 4, .rate_per_second = 20});
  Agenda agenda;
  Feeder stock(agenda, parts.channel, Feed::stock), price(agenda, parts.channel, Feed::list_price);
  std::mt19937 random(6);
  std::int64_t key = 0;
  std::function<void()> sell = [&] {
    stock.change(++key);
    agenda.after(milliseconds(random() % 1000), sell);
  };
  agenda.after(seconds(1), sell);
  const auto began = agenda.now;
  if (prices > 0) price.change_all(prices);
  agenda.run_until([&] { return prices > 0 && price.left() == 0; }, began + (prices > 0 ? seconds(600) : seconds(60)));
  EXPECT_EQ(price.left(), 0U);
  return {stock.p95(), stock.delivered(), price.requests().size(), agenda.now - began};
}

TEST(Stories, C6_StockIsAsQuickWhileAHundredThousandPricesGoOut) {
  const auto idle = play(0), busy = play(100'000);
  EXPECT_GE(idle.stock_delivered, 100U);
  EXPECT_GE(busy.stock_delivered, 100U);
  EXPECT_EQ(busy.price_requests, 1000U);
  EXPECT_LE(busy.stock_p95, 2 * idle.stock_p95);
  // and that is not because the job left the portal idle
  const auto rate = static_cast<double>(busy.price_requests) / (static_cast<double>(busy.price_job.count()) * 1e-6);
  EXPECT_GE(rate, 7.0);
  RecordProperty("stock_idle_p95_us", std::to_string(idle.stock_p95.count()));
  RecordProperty("stock_busy_p95_us", std::to_string(busy.stock_p95.count()));
  RecordProperty("prices_requests_per_second", std::to_string(rate));
}

}  // namespace
}  // namespace ferry::engine
