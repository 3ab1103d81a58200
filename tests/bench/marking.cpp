#include "tests/bench/cells.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr std::int64_t kTouched = 100;
constexpr int kRounds = 25, kQuickRounds = 10;
constexpr double kGoalMs = 10;
constexpr double kFlat = 1.5;  // the long history against the short one: what a few more cache misses may cost

// One history, with the engine's own store on it.
class History {
 public:
  History(const Bench& bench, const Size& size) : dataset_(bench.cluster, size), store_(settings(bench.cluster, size)) {
    dataset_.free_lane();
    lease_ = take_lane(store_);
    dataset_.settle_down();
    for (int warm = 0; warm < 2; ++warm) round();
    times_.clear();
    dataset_.watch_statements();
  }

  void round() {
    dataset_.touch(kTouched, false);
    const auto begin = std::chrono::steady_clock::now();
    const auto report = must(store_.run_feed(feed_run(lease_, Feed::stock, engine::RunMode::hints)));
    times_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    if (report.counts.changed != kTouched) {
      throw std::runtime_error(std::to_string(report.counts.changed) + " rows were marked instead of 100");
    }
    dataset_.acknowledge_all();
  }

  const std::vector<double>& times() const { return times_; }
  Dataset& dataset() { return dataset_; }
  sql::OdbcStore& store() { return store_; }
  const engine::Lease& lease() const { return lease_; }

 private:
  static sql::ConnectionSettings settings(const Cluster& cluster, const Size& size) {
    sql::ConnectionSettings settings;
    settings.connect_string = cluster.odbc(size.database);
    return settings;
  }

  Dataset dataset_;
  sql::OdbcStore store_;
  engine::Lease lease_;
  std::vector<double> times_;
};

double timed_run(History& history, engine::RunMode mode) {
  const auto begin = std::chrono::steady_clock::now();
  must(history.store().run_feed(feed_run(history.lease(), Feed::stock, mode)));
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::string thousands(std::int64_t count) {
  return count >= 1'000'000 ? number(static_cast<double>(count) / 1e6, 0) + " M" : std::to_string(count / 1000) + " k";
}

}  // namespace

std::vector<Row> measure_marking(const Bench& bench) {
  History brief(bench, bench.small), whole(bench, bench.large);
  const int rounds = bench.quick ? kQuickRounds : kRounds;
  for (int round = 0; round < rounds; ++round) {
    brief.round();
    whole.round();
  }
  const double time = median(whole.times()), before = median(brief.times());
  Row marked = judged("marking", "100 touched of " + thousands(bench.large.moves) + " moves -> rows marked", time,
                      kGoalMs, "ms");
  marked.measured += " (min " + number(quantile(whole.times(), 0)) + ")";
  const auto statements = whole.dataset().watched_statements(rounds);
  marked.profile = statements.lines;
  marked.profile.push_back(number(time - statements.sum_ms) + " ms  commit with its flush, round trips, the driver");
  Row flat =
      judged("marking", "the same, against " + thousands(bench.small.moves) + " moves", time / before, kFlat, "x");
  flat.measured += " (" + number(before) + " ms)";
  return {marked, flat,
          told("marking", "nothing reported: look at every contributing row",
               number(timed_run(whole, engine::RunMode::watermark), 0) + " ms"),
          told("marking", "compare everything, " + thousands(bench.large.products) + " keys",
               number(timed_run(whole, engine::RunMode::full), 0) + " ms")};
}

}  // namespace ferry::bench
