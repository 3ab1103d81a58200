// Plays a history from its seed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "tests/simulation/figures.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

struct Played {
  Figures figures;
  std::string broken;  // the law, and how; empty: all held
  std::deque<std::string> events;  // when traced
};
Played play(std::uint64_t seed, bool traces = false, Mutant mutant = Mutant::none);

// Everything that a reader of a failure needs: the law, the last events, and how to see it again.
std::string report(std::uint64_t seed, std::size_t events);

}  // namespace ferry::simulation
