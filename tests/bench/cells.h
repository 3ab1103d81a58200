// The cells: each measures one promise and returns its rows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/dataset.h"
#include "tests/bench/report.h"

namespace ferry::bench {

// What the cells share. The datasets are loaded, the cluster is durable.
struct Bench {
  const Cluster& cluster;
  Size tiny, small, large;  // 100 k moves, a shorter and the whole history
  bool quick = false;
  std::function<void(const std::string&)> progress;
};

// 100 touched moves -> rows marked, in a short and in a long history.
std::vector<Row> measure_marking(const Bench& bench);
// 12,000 changed records, commit -> last durable acknowledgement, against PostgreSQL alone.
std::vector<Row> measure_changes(const Bench& bench);
// 12,000 changed list prices, at once and over a distance: against PostgreSQL alone, the ideal and a Python script.
std::vector<Row> measure_prices(const Bench& bench);
// Memory of the engine's process with few and with many records.
std::vector<Row> measure_memory(const Bench& bench);
// Hint -> acknowledgement.
std::vector<Row> measure_latency(const Bench& bench);
// A save in Tryton with and without Ferry.
std::vector<Row> measure_save(const Bench& bench);
// Portal orders into Tryton, against its own routine.
std::vector<Row> measure_orders(const Bench& bench);
// Prices of price lists, computed by the feeds' queries and by Tryton.
std::vector<Row> measure_evaluation(const Bench& bench);

}  // namespace ferry::bench
