#include "tests/bench/cells.h"
#include "tests/bench/staged.h"

namespace ferry::bench {
namespace {

constexpr double kGoal = 1.03;

}  // namespace

std::vector<Row> measure_save(const Bench& bench) {
  const boost::json::value answer = run_staged("save.py", bench.quick);
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
