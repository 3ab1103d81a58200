#include "tests/bench/cells.h"
#include "tests/bench/engine.h"
#include "tests/bench/portal.h"

namespace ferry::bench {
namespace {

constexpr std::int64_t kChanged = 12'000;
constexpr double kGoalMb = 40, kGoalGrowthMb = 2;
constexpr Duration kPatience = std::chrono::seconds(180);

// What the engine's process needs for a comparison of everything and then thousands of changes.
EngineProcess::Memory need(const Bench& bench, const Size& size) {
  Portal portal;
  Dataset dataset(bench.cluster, size);
  dataset.set_channel(portal.base_url(), 100);
  dataset.free_lane();
  dataset.pg().run("UPDATE ferry.job SET requested = 'full'");
  EngineProcess engine(bench.cluster.odbc(size.database), bench.cluster.conninfo(size.database));
  engine.await_ready(kPatience);
  dataset.touch(kChanged, true);
  engine.await_settled(kChanged, kPatience);
  dataset.touch(kChanged, true);
  engine.await_settled(kChanged, kPatience);
  return engine.memory();
}

}  // namespace

std::vector<Row> measure_memory(const Bench& bench) {
  const auto few = need(bench, bench.tiny), many = need(bench, bench.large);
  const auto moves = [](const Size& size) { return number(static_cast<double>(size.moves) / 1e6, 1) + " M moves"; };
  Row most = judged("memory", "resident at its highest, " + moves(bench.large), many.peak_mb, kGoalMb, "MB", 1);
  most.measured += " (afterwards " + number(many.resident_mb, 1) + ")";
  Row growth =
      judged("memory", "more than with " + moves(bench.tiny), many.peak_mb - few.peak_mb, kGoalGrowthMb, "MB", 1);
  return {most, growth};
}

}  // namespace ferry::bench
