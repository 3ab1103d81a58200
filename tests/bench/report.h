// What was measured against what was promised.
#pragma once

#include <string>
#include <vector>

namespace ferry::bench {

enum class Outcome { ok = 1, missed, told, skipped };  // told: a figure without a goal

struct Row {
  std::string cell;      // name for --only
  std::string what;      // one line
  std::string goal;      // "<= 10 ms"; empty: none
  std::string measured;  // "6.1 ms (min 5.8)"
  Outcome outcome = Outcome::told;
  std::vector<std::string> profile;  // where the time went
};

// "<= 1.15 x" and whether `value` keeps it.
Row judged(std::string cell, std::string what, double value, double bound, const std::string& unit, int digits = 2);
// ">= 8.0 x"
Row judged_least(std::string cell, std::string what, double value, double bound, const std::string& unit,
                 int digits = 2);
Row told(std::string cell, std::string what, std::string measured);

std::string number(double value, int digits = 2);

std::string table(const std::vector<Row>& rows);
std::string json(const std::vector<Row>& rows, const std::vector<std::string>& machine, bool quick);

}  // namespace ferry::bench
