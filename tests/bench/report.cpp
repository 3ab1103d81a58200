#include "tests/bench/report.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

namespace ferry::bench {
namespace {

std::string word(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::missed: return "MISSED";
    case Outcome::skipped: return "skipped";
    case Outcome::told: break;
  }
  return "-";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace

std::string number(double value, int digits) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
  return {text.data(), end};
}

Row judged(std::string cell, std::string what, double value, double bound, const std::string& unit, int digits) {
  return {std::move(cell),
          std::move(what),
          "<= " + number(bound, digits) + " " + unit,
          number(value, digits) + " " + unit,
          value <= bound ? Outcome::ok : Outcome::missed,
          {}};
}

Row judged_least(std::string cell, std::string what, double value, double bound, const std::string& unit, int digits) {
  Row row = judged(std::move(cell), std::move(what), value, bound, unit, digits);
  row.goal.replace(0, 2, ">=");
  row.outcome = value >= bound ? Outcome::ok : Outcome::missed;
  return row;
}

Row told(std::string cell, std::string what, std::string measured) {
  return {std::move(cell), std::move(what), "", std::move(measured), Outcome::told, {}};
}

std::string table(const std::vector<Row>& rows) {
  std::size_t what = 4, goal = 4, measured = 8;
  for (const Row& row : rows) {
    what = std::max(what, row.what.size());
    goal = std::max(goal, row.goal.size());
    measured = std::max(measured, row.measured.size());
  }
  std::string text =
      padded("cell", 9) + padded("what", what + 2) + padded("goal", goal + 2) + padded("measured", measured + 2) + "\n";
  for (const Row& row : rows) {
    text += padded(row.cell, 9) + padded(row.what, what + 2) + padded(row.goal, goal + 2) +
            padded(row.measured, measured + 2) + word(row.outcome) + "\n";
  }
  for (const Row& row : rows) {
    if (row.profile.empty()) continue;
    text += "\n" + row.cell + ": " + row.what + "\n";
    for (const std::string& line : row.profile) text += "    " + line + "\n";
  }
  return text;
}

std::string json(const std::vector<Row>& rows, const std::vector<std::string>& machine, bool quick) {
  boost::json::array cells;
  for (const Row& row : rows) {
    cells.push_back({{"cell", row.cell},
                     {"what", row.what},
                     {"goal", row.goal},
                     {"measured", row.measured},
                     {"outcome", word(row.outcome)},
                     {"profile", boost::json::value_from(row.profile)}});
  }
  return boost::json::serialize(boost::json::object{
      {"quick", quick}, {"machine", boost::json::value_from(machine)}, {"cells", std::move(cells)}});
}

}  // namespace ferry::bench
