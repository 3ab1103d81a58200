// Moments of which "none" is one: the epoch.
#pragma once

#include <algorithm>

#include "plugin/domain/time.h"

namespace ferry::engine {

// The earlier of the two that is a moment at all.
inline Instant earlier(Instant a, Instant b) noexcept {
  return a == Instant{} || b == Instant{} ? std::max(a, b) : std::min(a, b);
}

inline bool has_come(Instant at, Instant now) noexcept { return at != Instant{} && at <= now; }

}  // namespace ferry::engine
