// A rate that is never exceeded. Pure: the caller passes the time. Not thread-safe.
#pragma once

#include <cstdint>

#include "plugin/domain/time.h"

namespace ferry {

// Guarantee: in any window of length W that excludes its end, at most burst - 1 + ceil(W / interval) tokens are
// granted.
class TokenBucket {
 public:
  // One token comes back every `interval` (at least a microsecond is taken), at most `burst` (at least 1) are kept.
  TokenBucket(Duration interval, std::int64_t burst) noexcept;

  // Zero: granted, the tokens are taken. Otherwise nothing is taken, and the same call is granted after that wait if
  // nobody else takes any meanwhile. More than `burst` tokens are taken as `burst`.
  Duration take(Instant now, std::int64_t tokens = 1) noexcept;
  // How long until that many tokens can have been taken, one after the other; takes none.
  Duration wait(Instant now, std::int64_t tokens = 1) const noexcept;

  std::int64_t burst() const noexcept { return burst_; }

  // A bucket that grants at most `rate_per_second` (at least 1) in any one second, some of them at once.
  static TokenBucket per_second(std::int64_t rate_per_second) noexcept;

 private:
  Instant full_at(Instant now) const noexcept;

  Duration interval_;
  std::int64_t burst_;
  Instant full_at_{};  // when the bucket is full again
};

}  // namespace ferry
