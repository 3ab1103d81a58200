#include "tests/bench/cells.h"
#include "tests/bench/staged.h"

namespace ferry::bench {
namespace {

constexpr double kPerHour = 3600, kShare = 0.05;

}  // namespace

std::vector<Row> measure_orders(const Bench& bench) {
  const boost::json::value answer = run_staged("orders.py", bench.quick);
  if (answer.as_object().contains("skipped")) {
    return {{"orders", std::string(answer.at("skipped").as_string()), ">= 3600 per hour", "", Outcome::skipped, {}}};
  }
  const auto figure = [&](const char* name) { return answer.at(name).to_number<double>(); };
  const double imported = figure("imported"), seconds = figure("seconds"), alone = figure("alone"),
               entered = figure("entered");
  const auto each = [&](double of) { return number(of / imported * 1000, 0) + " ms an order"; };
  Row pace = judged_least("orders",
                          number(figure("orders"), 0) + " waiting orders, " + number(imported, 0) +
                              " of them to processing, " + number(figure("lines"), 0) + " lines",
                          imported / seconds * 3600, kPerHour, "per hour", 0);
  pace.profile = {"from the first look to the last decision: " + each(seconds),
                  "Tryton's routine alone, the same lines: " + each(alone) + ", " +
                      number(imported / alone * 3600, 0) + " per hour",
                  "the module's order entry, which calls it, without the engine: " + each(entered)};
  Row share = judged("orders", "Ferry's own share of that time", (seconds - alone) / seconds, kShare, "of it", 3);
  share.profile = {"in the order entry (document, match, party, totals): " + each(entered - alone),
                   "around it (portal, tables, one order after another): " + each(seconds - entered)};
  return {pace, share};
}

}  // namespace ferry::bench
