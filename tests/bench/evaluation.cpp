#include "tests/bench/cells.h"
#include "tests/bench/staged.h"

namespace ferry::bench {
namespace {

constexpr double kGoal = 100;

}  // namespace

std::vector<Row> measure_evaluation(const Bench& bench) {
  // making the products through Tryton's models alone takes longer than all that --quick allows
  if (bench.quick) return {{"lists", "not measured with --quick", ">= 100 x", "", Outcome::skipped, {}}};
  const boost::json::value answer = run_staged("evaluation.py", false);
  const auto figure = [&](const char* name) { return answer.at(name).to_number<double>(); };
  const double native = figure("native_us"), sale = figure("sale_us"), list = figure("list_us");
  Row row = judged_least("lists", "a price of a price list by Tryton's get_sale_price() / by the feeds' queries",
                         sale / native, kGoal, "x", 1);
  row.measured += " (" + number(sale, 0) + " us / " + number(native, 1) + " us)";
  row.profile = {number(figure("prices"), 0) + " prices by the queries of discount and fixed_net_price, each with its" +
                     " document; " + number(figure("sample"), 0) + " of them by Tryton, to the same figures",
                 "Tryton by itself, its instances and caches warm: " + number(list, 0) + " us of it in the list's compute()"};
  return {row, told("lists", "the list's compute() alone, given the list price / by the feeds' queries",
                    number(list / native, 1) + " x")};
}

}  // namespace ferry::bench
