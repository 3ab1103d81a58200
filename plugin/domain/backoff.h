// How long to wait before trying again: exponential with full jitter, so that many waiters do not return together.
#pragma once

#include <cstdint>

#include "plugin/domain/time.h"

namespace ferry {

struct Backoff {
  Duration base{};  // the longest first wait
  Duration cap{};   // the longest wait at all; >= base
};

// Uniform between zero and min(cap, base * 2^(attempt-1)). `attempt` counts failures so far, 1..; smaller is taken
// as 1. `unit` is uniform in [0, 1), drawn by the caller; anything else is brought into that range. Never overflows.
Duration backoff(const Backoff& policy, std::int32_t attempt, double unit) noexcept;

// `wait` brought into [least, most].
Duration bounded(Duration wait, Duration least, Duration most) noexcept;

}  // namespace ferry
