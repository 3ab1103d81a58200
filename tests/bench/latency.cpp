#include <thread>

#include "tests/bench/cells.h"
#include "tests/bench/engine.h"
#include "tests/bench/portal.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr int kEvents = 400, kQuickEvents = 200;
constexpr double kGoalMs = 3;
constexpr Duration kPatience = std::chrono::seconds(60);

struct Times {
  std::vector<double> woken, run, due, portal, settle, total;

  // From the commit's return to the end of the call that recorded the portal's answer, and what lies between.
  void add(Instant committed, const std::vector<Phase>& phases, Instant portal_received) {
    const auto find = [&](std::string_view name) -> const Phase& {
      for (const Phase& phase : phases) {
        if (phase.name == name && phase.count > 0) return phase;
      }
      throw std::runtime_error("no call of '" + std::string(name) + "' was seen");
    };
    const Phase &ran = find("run"), &loaded = find("due"), &settled = find("settle");
    woken.push_back(milliseconds(ran.begin - committed));
    run.push_back(milliseconds(ran.end - ran.begin));
    due.push_back(milliseconds(loaded.end - ran.end));
    portal.push_back(milliseconds(portal_received - loaded.end));
    settle.push_back(milliseconds(settled.end - settled.begin));
    total.push_back(milliseconds(settled.end - committed));
  }
};

std::string line(const std::string& what, const std::vector<double>& times) {
  return what + ": p50 " + number(median(times)) + " ms, p99 " + number(quantile(times, 0.99)) + " ms";
}

}  // namespace

std::vector<Row> measure_latency(const Bench& bench) {
  Portal portal;
  Dataset dataset(bench.cluster, bench.large);
  dataset.set_channel(portal.base_url(), 100);
  dataset.free_lane();
  dataset.settle_down();
  EngineProcess engine(bench.cluster.odbc(bench.large.database), bench.cluster.conninfo(bench.large.database));
  engine.await_ready(kPatience);
  Times times;
  const int events = bench.quick ? kQuickEvents : kEvents;
  for (int event = -20; event < events; ++event) {  // the first ones warm caches and connections
    dataset.touch(1, true);
    const Instant committed = now();
    const auto phases = engine.await_settled(1, kPatience);
    const auto totals = portal.take_totals();
    if (event >= 0) times.add(committed, phases, totals.last);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + event % 7));  // not in step with anything
  }
  Row row = judged("latency", "hint committed -> acknowledgement durable, p99 of " + std::to_string(events),
                   quantile(times.total, 0.99), kGoalMs, "ms");
  row.measured += " (p50 " + number(median(times.total)) + ")";
  row.profile = {line("commit returned -> run begins (notification, lane's thread)", times.woken),
                 line("feed run: snapshot, candidates, comparison, marks, commit", times.run),
                 line("due rows loaded", times.due), line("request at the portal", times.portal),
                 line("answer recorded, committed", times.settle)};
  return {row};
}

}  // namespace ferry::bench
