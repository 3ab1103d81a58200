#include <algorithm>

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
  const auto processor = [&](const char* who) { return answer.at("processor").at(who).to_number<double>(); };
  const double imported = figure("imported"), seconds = figure("seconds"), entry = figure("entry"), alone = figure("alone"),
               entered = figure("entered");
  const auto each = [&](double of) { return number(of / imported * 1000, 0) + " ms an order"; };
  Row pace = judged_least("orders",
                          number(figure("orders"), 0) + " waiting orders, " + number(imported, 0) +
                              " of them to processing, " + number(figure("lines"), 0) + " lines",
                          imported / seconds * 3600, kPerHour, "per hour", 0);
  pace.profile = {"from the first look to the last decision: " + each(seconds),
                  "of it in the order entry: " + each(entry) + ", of that processing the sale: " + each(figure("processing")),
                  "Tryton's routine called directly, the same lines: " + each(alone) + ", " +
                      number(imported / alone * 3600, 0) + " per hour, processor " + each(figure("alone_processor")),
                  "the module's order entry called directly: " + each(entered) + ", processor " +
                      each(figure("entered_processor")),
                  "processor time: order entry " + each(processor("entry")) + ", its database " + each(processor("tryton")) +
                      "; the rest of the server " + each(processor("server")) + ", Ferry's database " +
                      each(processor("ferry"))};
  // Both parts are ratios within one time and place: another program on the machine slows down both sides of each
  const double around = (seconds - entry) / seconds, within = entry / seconds * std::max(0.0, 1 - alone / entered);
  Row share = judged("orders", "Ferry's own share of that time", around + within, kShare, "of it", 3);
  share.profile = {"around the order entry (portal, tables, one order after another): " + number(around, 3),
                   "within it (document, match, party, totals): " + number(within, 3)};
  return {pace, share};
}

}  // namespace ferry::bench
