// ferry-bench: see tests/bench/run --help.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <thread>

#include "tests/bench/cells.h"
#include "tests/bench/engine.h"
#include "tests/bench/machine.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

struct Options {
  bool quick = false, json = false, gate = false, keep = false;
  std::string only;
};

using Measure = std::vector<Row> (*)(const Bench&);
struct Cell {
  const char* name;
  Measure measure;
};
constexpr Cell kCells[] = {{"marking", &measure_marking},
                           {"changes", &measure_changes},
                           {"memory", &measure_memory},
                           {"latency", &measure_latency},
                           {"prices", &measure_prices},
                           {"save", &measure_save},
                           {"orders", &measure_orders},
                           {"lists", &measure_evaluation}};

Options read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    if (option == "--quick") {
      options.quick = true;
    } else if (option == "--json") {
      options.json = true;
    } else if (option == "--gate") {
      options.gate = true;
    } else if (option == "--keep") {
      options.keep = true;
    } else if (option == "--only" && i + 1 < count) {
      options.only = arguments[++i];
    } else {
      throw std::runtime_error("unknown option " + option + "; see tests/bench/run --help");
    }
  }
  const auto is_named = [&](const Cell& cell) { return options.only == cell.name; };
  if (!options.only.empty() && std::ranges::none_of(kCells, is_named)) {
    throw std::runtime_error("no cell is named " + options.only + "; see tests/bench/run --help");
  }
  return options;
}

void load(Cluster& cluster, const Bench& bench) {
  std::map<std::string, Size> sizes;
  for (const Size& size : {bench.tiny, bench.small, bench.large}) sizes.emplace(size.database, size);
  for (const auto& [name, size] : sizes) {
    bench.progress("loading " + std::to_string(size.products) + " products with " + std::to_string(size.moves) +
                   " moves");
    Dataset::load(cluster, size);
  }
  cluster.make_durable();
}

std::vector<Row> measure(const Options& options, const Bench& bench) {
  std::vector<Row> rows;
  for (const Cell& cell : kCells) {
    if (!options.only.empty() && options.only != cell.name) continue;
    bench.progress(std::string("measuring ") + cell.name);
    try {
      for (Row& row : cell.measure(bench)) {
        bench.progress("  " + row.what + ": " + row.measured);
        rows.push_back(std::move(row));
      }
    } catch (const std::exception& error) {
      rows.push_back({cell.name, error.what(), "", "failed", Outcome::missed, {}});
    }
  }
  return rows;
}

// An interrupted benchmark leaves no cluster behind. Before any other thread starts: they inherit the mask.
void clean_up_when_interrupted(Cluster& cluster) {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, number);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::thread([ends, &cluster] {
    int number = 0;
    sigwait(&ends, &number);
    cluster.remove();
    ::_exit(128 + number);
  }).detach();
}

int run(const Options& options) {
  const Instant begin = now();
  const auto progress = [&](const std::string& text) {
    std::fprintf(stderr, "%5.1f s  %s\n", milliseconds(now() - begin) / 1000, text.c_str());
  };
  Cluster cluster;
  clean_up_when_interrupted(cluster);
  const Size tiny{"tiny", 20'000, 100'000};
  const Size small = options.quick ? tiny : Size{"small", 100'000, 500'000};
  const Size large = options.quick ? Size{"large", 60'000, 300'000} : Size{"large", 1'000'000, 5'000'000};
  const Bench bench{cluster, tiny, small, large, options.quick, progress};
  const bool needs_data = options.only != "save" && options.only != "orders" && options.only != "lists";
  if (needs_data) load(cluster, bench);
  const auto machine = machine_facts(cluster.folder());
  const auto rows = measure(options, bench);
  if (options.json) {
    std::printf("%s\n", json(rows, machine, options.quick).c_str());
  } else {
    for (const std::string& fact : machine) std::printf("%s\n", fact.c_str());
    if (options.quick) std::printf("--quick: 60 k products with 300 k moves stand for 1 M with 5 M\n");
    std::printf("\n%s", table(rows).c_str());
  }
  const bool is_missed = std::ranges::any_of(rows, [](const Row& row) { return row.outcome == Outcome::missed; });
  if (options.keep) cluster.keep();
  progress(options.keep ? "done; the cluster stays: psql \"" + cluster.conninfo(large.database) + "\"" : "done");
  return options.gate && is_missed ? 1 : 0;
}

}  // namespace
}  // namespace ferry::bench

int main(int count, char** arguments) {
  try {
    if (count == 3 && std::string(arguments[1]) == "--engine") return ferry::bench::serve_engine(arguments[2]);
    return ferry::bench::run(ferry::bench::read_options(count, arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ferry-bench: %s\n", error.what());
    return 2;
  }
}
