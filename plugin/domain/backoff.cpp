#include "plugin/domain/backoff.h"

#include <algorithm>

namespace ferry {

Duration backoff(const Backoff& policy, std::int32_t attempt, double unit) noexcept {
  Duration longest = std::min(policy.base, policy.cap);
  for (std::int32_t i = 1; i < attempt && longest < policy.cap; ++i) {
    longest = longest > policy.cap / 2 ? policy.cap : longest * 2;
  }
  const double share = unit >= 0.0 && unit < 1.0 ? unit : 0.5;
  return Duration(static_cast<std::int64_t>(static_cast<double>(longest.count()) * share));
}

Duration bounded(Duration wait, Duration least, Duration most) noexcept {
  return std::min(std::max(wait, least), most);
}

}  // namespace ferry
