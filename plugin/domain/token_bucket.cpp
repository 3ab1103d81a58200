#include "plugin/domain/token_bucket.h"

#include <algorithm>

namespace ferry {

TokenBucket::TokenBucket(Duration interval, std::int64_t burst) noexcept
    : interval_(std::max(interval, Duration(1))), burst_(std::max<std::int64_t>(burst, 1)) {}

TokenBucket TokenBucket::per_second(std::int64_t rate_per_second) noexcept {
  const std::int64_t rate = std::max<std::int64_t>(rate_per_second, 1);
  // burst - 1 + refill = rate: what may go at once is taken off the steady rate, so that no second sees more than
  // `rate`
  const std::int64_t burst = 1 + rate / 10;
  const std::int64_t refill = rate - burst + 1;
  return {Duration((1'000'000 + refill - 1) / refill), burst};
}

// A clock that was set back must not stop the flow for as long as it was wrong.
Instant TokenBucket::full_at(Instant now) const noexcept {
  return std::min(std::max(full_at_, now), now + interval_ * burst_);
}

Duration TokenBucket::wait(Instant now, std::int64_t tokens) const noexcept {
  const Duration missing = full_at(now) + interval_ * std::max<std::int64_t>(tokens, 1) - (now + interval_ * burst_);
  return std::max(missing, Duration(0));
}

Duration TokenBucket::take(Instant now, std::int64_t tokens) noexcept {
  const std::int64_t wanted = std::clamp<std::int64_t>(tokens, 1, burst_);
  const Duration missing = wait(now, wanted);
  if (missing == Duration(0)) full_at_ = full_at(now) + interval_ * wanted;
  return missing;
}

}  // namespace ferry
