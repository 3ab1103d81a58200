// The one place that reads the clock: decisions get the time as an argument.
#pragma once

#include <chrono>

#include "plugin/domain/time.h"

namespace ferry::runtime {

inline Instant now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace ferry::runtime
