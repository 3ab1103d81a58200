// ferry_simulation: see --help.
#include <atomic>
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/simulation/play.h"

namespace {

namespace po = boost::program_options;
using namespace ferry::simulation;

constexpr std::size_t kEventsShown = 40;
constexpr std::int64_t kMostReported = 5;

// Plays histories on every core and adds up what they say.
class Theatre {
 public:
  Theatre(std::uint64_t from, std::int64_t count, bool is_quick_to_stop)
      : from_(from), count_(count), is_quick_to_stop_(is_quick_to_stop) {}

  void play_all(unsigned threads) {
    std::vector<std::thread> actors;
    for (unsigned i = 0; i < threads; ++i) actors.emplace_back([this] { act(); });
    for (auto& actor : actors) actor.join();
  }
  const Figures& figures() const { return figures_; }
  std::int64_t failed() const { return failed_; }
  std::int64_t passed() const { return passed_; }

 private:
  void act() {
    for (std::int64_t i = next_++; i < count_; i = next_++) {
      const auto seed = from_ + static_cast<std::uint64_t>(i);
      const auto played = play(seed);
      const std::lock_guard lock(mutex_);
      figures_.add(played.figures);
      if (played.broken.empty()) {
        ++passed_;
      } else if (++failed_ <= kMostReported) {
        std::cout << report(seed, kEventsShown) << std::flush;
      } else {
        std::cout << "seed " << seed << ": " << played.broken << std::endl;
      }
      if (failed_ > 0 && is_quick_to_stop_) next_ = count_;
      const auto done = passed_ + failed_;
      if (done % 1000 == 0) std::cout << done << " of " << count_ << " histories" << std::endl;
    }
  }

  const std::uint64_t from_;
  const std::int64_t count_;
  const bool is_quick_to_stop_;
  std::atomic<std::int64_t> next_ = 0;
  std::mutex mutex_;  // the rest
  Figures figures_;
  std::int64_t passed_ = 0, failed_ = 0;
};

int play_one(std::uint64_t seed, bool traces) {
  const auto played = play(seed, traces);
  for (const auto& event : played.events) std::cout << event << '\n';
  std::cout << played.figures.text();
  if (!played.broken.empty()) std::cout << "seed " << seed << ": " << played.broken << '\n';
  std::cout << (played.broken.empty() ? "1 passed, 0 failed, 0 skipped" : "0 passed, 1 failed, 0 skipped") << std::endl;
  return played.broken.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) try {
  po::options_description options(
      "usage: ferry_simulation [options]\n"
      "Plays simulated weeks of Ferry between an ERP and its portals under faults, and checks what it promises at\n"
      "every step.\nOptions");
  std::uint64_t seed = 0, from = 1;
  std::int64_t histories = 10'000;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  options.add_options()("help", "this text")("seed", po::value(&seed), "play this history only")(
      "trace", "with --seed: print everything that happens")("histories", po::value(&histories),
                                                            "how many to play (10000)")(
      "from", po::value(&from), "the first one's seed (1)")("threads", po::value(&threads), "at once (one per core)")(
      "stop", "at the first that fails");
  po::variables_map given;
  po::store(po::parse_command_line(count, arguments, options), given);
  po::notify(given);
  if (given.contains("help")) {
    std::cout << options;
    return 0;
  }
  if (given.contains("seed")) return play_one(seed, given.contains("trace"));
  Theatre theatre(from, histories, given.contains("stop"));
  theatre.play_all(threads);
  std::cout << theatre.figures().text() << theatre.passed() << " passed, " << theatre.failed() << " failed, 0 skipped"
            << std::endl;
  return theatre.failed() == 0 ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "ferry_simulation: %s (see --help)\n", problem.what());
  return 2;
}
