// Time and what is made of many measurements.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::bench {

// The wall clock, because its readings are compared between processes of one machine.
inline Instant now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

inline double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

// The smallest value that `share` of all are not above; 0 of none.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}
inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace ferry::bench
