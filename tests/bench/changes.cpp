#include <fstream>
#include <sstream>

#include "plugin/engine/trail.h"
#include "sql/state/catalogue.h"
#include "tests/bench/cells.h"
#include "tests/bench/engine.h"
#include "tests/bench/portal.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr std::int64_t kChanged = 12'000;
constexpr std::int64_t kBatch = 100;
constexpr double kGoal = 1.15;
constexpr Duration kPatience = std::chrono::seconds(120);

// The profile's own query for the desired state, with its parameters filled in.
std::string desired_query() {
  const auto& sections = sql::profile_sections("tryton-6.0", "stock");
  const sql::SqlText parsed = sql::parse_sql(sql::profile_section(sections, "desired", "keyed", {}));
  std::string text;
  auto parameter = parsed.parameters.begin();
  for (const char c : parsed.text) {
    if (c == '?') {
      text += *parameter++ == "channel" ? "'" + std::to_string(kChannel) + "'" : "'true'";
    } else {
      text += c;
    }
  }
  return text;
}

// PostgreSQL alone. `twice`: each row is written before and after the portal's answer, as it must be to survive a crash
// in between; otherwise once, which no program that talks to a portal can do.
class Floor {
 public:
  Floor(Dataset& dataset, bool twice) : dataset_(dataset) {
    std::ifstream stream(FERRY_BENCH_SOURCE "/floor.sql");
    std::ostringstream file;
    file << stream.rdbuf();
    const sql::Sections parts = sql::parse_sections(file.str());
    const std::string marks =
        twice ? parts.at("mark") + ";" + parts.at("acknowledge") : parts.at("mark and acknowledge");
    statements_ = sql::composed(parts.at("compare") + ";" + marks + ";" + parts.at("record"),
                                {{"desired", desired_query()},
                                 {"trail", std::to_string(engine::kLongestTrail)},
                                 {"batch", std::to_string(kBatch)}});
  }

  double round() {
    dataset_.settle_down();
    dataset_.touch(kChanged, false);
    const Instant committed = now();
    dataset_.pg().run(statements_);
    const double time = milliseconds(now() - committed);
    if (dataset_.pg().integer("SELECT changed FROM ferry.run ORDER BY id DESC LIMIT 1") != kChanged) {
      throw std::runtime_error("PostgreSQL alone found another number of changes");
    }
    return time;
  }

 private:
  Dataset& dataset_;
  std::string statements_;
};

struct Profile {
  std::vector<double> total, woken, run, due, settle, between, portal, settles;

  void add(Instant committed, const std::vector<Phase>& phases, Duration portal_busy) {
    double of_run = 0, of_due = 0, of_settle = 0;
    int calls = 0;
    Instant first{}, last{};
    for (const Phase& phase : phases) {
      const double time = milliseconds(phase.end - phase.begin);
      if (phase.name == "run" && first == Instant{}) first = phase.begin;
      if (phase.name == "run") of_run += time;
      if (phase.name == "due") of_due += time;
      if (phase.name == "settle") of_settle += time, last = phase.end, ++calls;
    }
    total.push_back(milliseconds(last - committed));
    woken.push_back(milliseconds(first - committed));
    run.push_back(of_run);
    due.push_back(of_due);
    settle.push_back(of_settle);
    settles.push_back(calls);
    between.push_back(total.back() - woken.back() - of_run - of_due - of_settle);
    portal.push_back(milliseconds(portal_busy));
  }

  std::vector<std::string> lines() const {
    const auto line = [](const char* what, const std::vector<double>& times) {
      return std::string(what) + ": " + number(median(times), 1) + " ms";
    };
    return {line("commit returned -> feed run begins", woken),
            line("feed run", run),
            line("loading what is due", due),
            line("recording answers", settle) + " in " + number(median(settles), 0) + " transactions",
            line("waiting for the portal and forming batches, not beside the tables", between),
            line("portal busy, mostly beside the tables", portal)};
  }
};

double engine_round(Dataset& dataset, EngineProcess& engine, Portal& portal, Profile& profile) {
  dataset.settle_down();
  portal.take_totals();
  dataset.touch(kChanged, true);
  const Instant committed = now();
  const auto phases = engine.await_settled(kChanged, kPatience);
  const auto totals = portal.take_totals();
  if (totals.items != kChanged) throw std::runtime_error("the portal was told another number of changes");
  profile.add(committed, phases, totals.busy);
  return profile.total.back();
}

}  // namespace

std::vector<Row> measure_changes(const Bench& bench) {
  Portal portal;
  Dataset dataset(bench.cluster, bench.large);
  dataset.set_channel(portal.base_url(), kBatch);
  dataset.free_lane();
  EngineProcess engine(bench.cluster.odbc(bench.large.database), bench.cluster.conninfo(bench.large.database));
  engine.await_ready(kPatience);
  Floor twice(dataset, true), once(dataset, false);
  Profile profile;
  std::vector<double> ferry, floor_twice, floor_once;
  const int rounds = bench.quick ? 4 : 9;
  for (int round = -1; round < rounds; ++round) {
    Profile warming;
    const double times[] = {engine_round(dataset, engine, portal, round < 0 ? warming : profile), twice.round(),
                            once.round()};
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
