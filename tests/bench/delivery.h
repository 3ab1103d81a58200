// A round of changes through the engine, and the same work done by PostgreSQL alone.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/dataset.h"
#include "tests/bench/engine.h"
#include "tests/bench/portal.h"

namespace ferry::bench {

inline constexpr std::int64_t kChanged = 12'000;
inline constexpr std::int64_t kBatch = 100;
inline constexpr Duration kPatience = std::chrono::seconds(180);

// Where the time of the rounds went: each member has one figure per round, in milliseconds.
struct Profile {
  std::vector<double> total, woken, run, due, settle, between, portal, settles;
  std::vector<double> processor;               // of the cluster and the engine
  std::vector<double> before, sending, after;  // the first request at the portal and the last answer divide the round

  void add(Instant committed, const std::vector<Phase>& phases, const Portal::Totals& totals, double processor_time);
  std::vector<std::string> lines() const;
  // How much of the round lay before, between and after the requests.
  std::vector<std::string> span_lines() const;
};

// kChanged keys changed, commit -> last durable acknowledgement.
double engine_round(Dataset& dataset, EngineProcess& engine, Portal& portal, Profile& profile);

// The query of the profile for a feed's desired state, with its parameters filled in. `kind`: keyed | full.
std::string desired_query(Feed feed, std::string_view kind);

// PostgreSQL alone. `twice`: each row is written before and after the portal's answer, as it must be to survive a crash
// in between; otherwise once, which no program that talks to a portal can do.
class Floor {
 public:
  Floor(Dataset& dataset, bool twice);

  struct Round {
    double time = 0, processor = 0;  // ms, on the clock and of the cluster's processor time
  };
  // kChanged keys changed, commit -> everything recorded.
  Round round();
  // Takes whatever was reported since for delivered.
  void catch_up();

 private:
  Dataset& dataset_;
  std::string statements_;
};

}  // namespace ferry::bench
