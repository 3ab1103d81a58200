#include <algorithm>

#include "tests/bench/cells.h"
#include "tests/bench/staged.h"

namespace ferry::bench {
namespace {

constexpr double kPerHour = 3600, kShare = 0.05;

}  // namespace

std::vector<Row> measure_orders(const Bench& bench) {
  // Tryton alone needs half a second for each
  if (bench.quick) return {{"orders", "not measured with --quick", ">= 3600 per hour", "", Outcome::skipped, {}}};
  const boost::json::value answer = run_staged("orders.py", false);
  const auto figure = [&](const char* name) { return answer.at(name).to_number<double>(); };
  const auto processor = [&](const char* who) { return answer.at("processor").at(who).to_number<double>(); };
  const double imported = figure("imported"), seconds = figure("seconds"), deciding = figure("deciding"),
               entry = figure("entry"), alone = figure("alone"), entered = figure("entered"),
               processing = figure("processing");
  const auto each = [&](double of) { return number(of / imported * 1000, 0) + " ms an order"; };
  const auto hourly = [&](double of) { return number(imported / of * 3600, 0) + " per hour"; };
  Row pace = judged_least("orders",
                          number(figure("orders"), 0) + " waiting orders, " + number(imported, 0) +
                              " of them to processing, " + number(figure("lines"), 0) + " lines",
                          imported / seconds * 3600, kPerHour, "per hour", 0);
  pace.profile = {
      "from the first look to the last order confirmed: " + each(deciding) + ", processed: " + each(seconds),
      "Tryton's routine called directly, the same lines: to confirmed " + each(alone) + ", then to processing " +
          each(processing) + "; " + hourly(alone + processing) + " one after another, " +
          hourly(std::max(alone, processing)) + " with each on a core of its own",
      "processor time: order entry " + each(processor("entry")) + ", the rest of the server " + each(processor("server")) +
          ", Tryton's worker " + each(processor("worker")) + ", the database for Tryton " + each(processor("tryton")) +
          ", for Ferry " + each(processor("ferry"))};
  // Both parts are ratios within one time and place: another program on the machine slows down both sides of each
  const double around = (deciding - entry) / deciding, within = entry / deciding * std::max(0.0, 1 - alone / entered);
  Row share = judged("orders", "Ferry's own share of the time to confirmed", around + within, kShare, "of it", 3);
  share.profile = {"around the order entry (portal, tables, one order after another): " + number(around, 3),
                   "within it (document, match, party, totals): " + number(within, 3)};
  return {pace, share};
}

}  // namespace ferry::bench
