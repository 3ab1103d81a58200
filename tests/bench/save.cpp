#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tests/bench/cells.h"

namespace ferry::bench {
namespace {

constexpr double kGoal = 1.03;

// What the program says; its messages go to our own error output.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string text;
  std::array<char, 4096> block{};
  for (std::size_t size = 0; pipe && (size = std::fread(block.data(), 1, block.size(), pipe.get())) > 0;) {
    text.append(block.data(), size);
  }
  return text;
}

}  // namespace

std::vector<Row> measure_save(const Bench& bench) {
  const std::string text = output_of(std::string("/usr/bin/python3 '") + FERRY_BENCH_SOURCE + "/save.py' --build '" +
                                     FERRY_BENCH_BUILD + "'" + (bench.quick ? " --quick" : ""));
  if (text.empty()) throw std::runtime_error("saves in Tryton could not be measured; see above");
  const boost::json::value answer = boost::json::parse(text);
  if (answer.as_object().contains("skipped")) {
    return {{"save", std::string(answer.at("skipped").as_string()), "<= 1.03 x", "", Outcome::skipped, {}}};
  }
  std::vector<Row> rows;
  for (const auto& save : answer.at("rows").as_array()) {
    const auto figure = [&](const char* name) { return save.at(name).to_number<double>(); };
    Row row = judged("save", std::string(save.at("what").as_string()) + ": with Ferry / without", figure("ratio"),
                     kGoal, "x", 3);
    row.measured += " (" + number(figure("without_ms")) + " ms without, " + number(figure("added_ms")) + " ms more)";
    row.profile = {"processor time of the server alone: " + number(figure("processor"), 3) + " x"};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace ferry::bench
