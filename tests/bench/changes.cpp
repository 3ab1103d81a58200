#include "tests/bench/cells.h"
#include "tests/bench/delivery.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr double kGoal = 1.15;

}  // namespace

std::vector<Row> measure_changes(const Bench& bench) {
  Portal portal;
  Dataset dataset(bench.cluster, bench.large, Feed::stock);
  dataset.set_channel(portal.base_url(), kBatch);
  dataset.free_lane();
  EngineProcess engine(bench.cluster.odbc(bench.large.database), bench.cluster.conninfo(bench.large.database));
  engine.await_ready(kPatience);
  Floor twice(dataset, true), once(dataset, false);
  Profile profile;
  std::vector<double> ferry, floor_twice, floor_once;
  const int rounds = bench.quick ? 1 : 9;
  for (int round = -1; round < rounds; ++round) {
    Profile warming;
    const double times[] = {engine_round(dataset, engine, portal, round < 0 ? warming : profile), twice.round().time,
                            once.round().time};
    if (round < 0) continue;
    ferry.push_back(times[0]);
    floor_twice.push_back(times[1]);
    floor_once.push_back(times[2]);
  }
  const std::string what =
      "12,000 changed of " + number(static_cast<double>(bench.large.products) / 1e6, 1) + " M keys";
  Row row = judged("changes", what + " -> all acknowledged / PostgreSQL alone", median(ferry) / median(floor_twice),
                   kGoal, "x");
  row.measured += " (" + number(median(ferry), 0) + " ms / " + number(median(floor_twice), 0) + " ms)";
  row.profile = profile.lines();
  return {row, told("changes", "the same / PostgreSQL writing each row once, before any answer",
                    number(median(ferry) / median(floor_once)) + " x (" + number(median(floor_once), 0) + " ms)")};
}

}  // namespace ferry::bench
