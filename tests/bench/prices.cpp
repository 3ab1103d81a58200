#include <stdexcept>

#include "tests/bench/cells.h"
#include "tests/bench/delivery.h"
#include "tests/bench/effort.h"
#include "tests/bench/script.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr double kGoalToFloor = 1.0, kGoalToIdeal = 0.95, kGoalToScript = 8;
constexpr Duration kDistance = std::chrono::milliseconds(50);

double ideal_ms(std::int64_t in_flight) {
  return static_cast<double>(kChanged / kBatch) * milliseconds(kDistance) / static_cast<double>(in_flight);
}

// A round of the script. Before it, its table is as if it had sent what the engine and PostgreSQL alone did; after it
// the other way round.
Floor::Round script_round(Dataset& dataset, Script& script, Portal& portal, Floor& floor, const std::string& kind) {
  dataset.pg().run(
      "UPDATE script.record r SET document = p.desired, fingerprint = p.fingerprint, acknowledged = p.desired,"
      " acknowledged_fingerprint = p.fingerprint FROM ferry.publication p WHERE p.channel = 1"
      " AND p.feed = 'list_price' AND p.key = r.key AND p.fingerprint IS DISTINCT FROM r.fingerprint;"
      "UPDATE script.progress SET seen = pg_current_snapshot()");
  dataset.pg().run("VACUUM ANALYZE script.record");
  dataset.settle_down();
  portal.take_totals();
  const double spent = processor_ms(dataset.cluster(), script.process());
  dataset.touch(kChanged, false);
  const Instant committed = now();
  const auto round = script.round(kind);
  const Floor::Round figures{milliseconds(now() - committed),
                             processor_ms(dataset.cluster(), script.process()) - spent};
  if (round.changed != kChanged || portal.take_totals().items != kChanged) {
    throw std::runtime_error("the script found " + std::to_string(round.changed) + " changes");
  }
  floor.catch_up();
  return figures;
}

struct Measured {
  std::vector<double> time, processor;

  void add(const Floor::Round& round) {
    time.push_back(round.time);
    processor.push_back(round.processor);
  }
};

struct Times {
  Measured alone, all, hinted, all_far;  // PostgreSQL, and the script by what it looks at
  Profile near, far, one_by_one;
};

// Of the portal nearby: the three in turn.
void race(const Bench& bench, Dataset& dataset, EngineProcess& engine, Portal& portal, Times& times) {
  Floor floor(dataset, true);
  Script script(bench.cluster, dataset, portal.port());
  const int rounds = bench.quick ? 1 : 5;
  for (int round = -1; round < rounds; ++round) {
    Times warming;
    Times& of = round < 0 ? warming : times;
    engine_round(dataset, engine, portal, of.near);
    of.alone.add(floor.round());
    if (round >= 0) of.all.add(script_round(dataset, script, portal, floor, "all"));
    of.hinted.add(script_round(dataset, script, portal, floor, "hinted"));
  }
  portal.set_latency(kDistance);
  times.all_far.add(script_round(dataset, script, portal, floor, "all"));
}

Times measured(const Bench& bench) {
  Portal portal;
  Dataset dataset(bench.cluster, bench.large, Feed::list_price);
  dataset.publish();
  Times times;
  const auto with_engine = [&](std::int64_t in_flight, const auto& measure) {
    dataset.set_channel(portal.base_url(), kBatch, in_flight);
    dataset.free_lane();
    EngineProcess engine(bench.cluster.odbc(bench.large.database), bench.cluster.conninfo(bench.large.database));
    engine.await_ready(kPatience);
    measure(engine);
  };
  with_engine(kInFlight, [&](EngineProcess& engine) {
    race(bench, dataset, engine, portal, times);
    for (int round = bench.quick ? 1 : 5; round > 0; --round) engine_round(dataset, engine, portal, times.far);
  });
  with_engine(1, [&](EngineProcess& engine) { engine_round(dataset, engine, portal, times.one_by_one); });
  return times;
}

std::string ms(double value) { return number(value, 0) + " ms"; }

Row to_ideal(const std::string& what, const Profile& profile, std::int64_t in_flight) {
  const double ideal = ideal_ms(in_flight), time = median(profile.total);
  Row row = judged_least("prices", what, ideal / time, kGoalToIdeal, "x");
  row.measured += " (" + ms(ideal) + " / " + ms(time) + ")";
  row.profile = profile.span_lines();
  return row;
}

}  // namespace

std::vector<Row> measure_prices(const Bench& bench) {
  const Times times = measured(bench);
  const double ferry = median(times.near.total), alone = median(times.alone.time), all = median(times.all.time),
               hinted = median(times.hinted.time), all_far = median(times.all_far.time);
  Row to_floor = judged("prices",
                        "12,000 changed of " + number(static_cast<double>(bench.large.products) / 1e6, 1) +
                            " M list prices -> all acknowledged / PostgreSQL alone",
                        ferry / alone, kGoalToFloor, "x");
  to_floor.measured += " (" + ms(ferry) + " / " + ms(alone) + ")";
  to_floor.profile = times.near.lines();
  to_floor.profile.push_back(
      "processor time of all processes, which also wrote the change: " + ms(median(times.near.processor)) +
      "; PostgreSQL alone " + ms(median(times.alone.processor)) + "; with the script " +
      ms(median(times.all.processor)) + ", handed the hints " + ms(median(times.hinted.processor)));
  Row to_script = judged_least("prices", "the same by a Python script of equal guarantees / by Ferry", all / ferry,
                               kGoalToScript, "x", 1);
  to_script.measured += " (" + ms(all) + ")";
  return {to_floor,
          to_script,
          told("prices", "the same by the script, handed Ferry's hints / by Ferry",
               number(hinted / ferry, 1) + " x (" + ms(hinted) + ")"),
          to_ideal("portal 50 ms away, 8 in flight: requests x latency / in flight / measured", times.far, kInFlight),
          to_ideal("portal 50 ms away, 1 in flight, as the portals of this release are asked", times.one_by_one, 1),
          told("prices", "portal 50 ms away, 8 in flight: by the script / by Ferry",
               number(all_far / median(times.far.total), 1) + " x (" + ms(all_far) + ")")};
}

}  // namespace ferry::bench
