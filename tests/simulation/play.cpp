#include "tests/simulation/play.h"

#include "tests/simulation/world.h"

namespace ferry::simulation {

Played play(std::uint64_t seed, bool traces, Mutant mutant) {
  Played played;
  const Scenario scenario(seed);
  try {
    World here(scenario, mutant, traces);
    try {
      here.play();
    } catch (const std::exception& problem) {
      played.broken = problem.what();
    }
    played.figures = std::move(here.figures);
    played.figures.histories = 1;
    played.events = here.last_events();
  } catch (const std::exception& problem) {
    played.broken = problem.what();
  }
  return played;
}

std::string report(std::uint64_t seed, std::size_t events) {
  const auto played = play(seed, true);
  std::string text = "seed " + std::to_string(seed) + ": " + played.broken + "\n";
  const auto from = played.events.size() - std::min(played.events.size(), events);
  for (auto i = from; i < played.events.size(); ++i) text += "  " + played.events[i] + "\n";
  return text + "replay: ferry_simulation --seed " + std::to_string(seed) + " --trace\n";
}

}  // namespace ferry::simulation
