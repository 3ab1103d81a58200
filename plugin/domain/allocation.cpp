#include "plugin/domain/allocation.h"

#include <algorithm>

namespace ferry {
namespace {

// a - b, at least 0.
std::optional<Decimal> beyond(const Decimal& a, const Decimal& b) {
  const auto rest = a.minus(b);
  return rest ? std::optional(std::max(Decimal(), *rest)) : std::nullopt;
}

}  // namespace

std::optional<Decimal> share_of(const Decimal& pool, const Allocation& own, const RingFences& fences, int digits) {
  const auto reachable = beyond(pool, fences.before);
  const auto common = beyond(pool, fences.together);
  const auto rate = Decimal::from_minor_units(own.percent, 2);
  const auto part = common && rate ? common->times(*rate) : std::nullopt;
  const auto sum = reachable && part ? part->plus(std::min(own.reserved, *reachable)) : std::nullopt;
  if (!sum) return std::nullopt;
  const Decimal share = sum->rounded(digits, Rounding::down);
  if (share < own.low_stock_threshold) return Decimal();
  return own.cap ? std::min(share, own.cap->rounded(digits, Rounding::down)) : share;
}

std::optional<Decimal> allotted(const Decimal& share, const Decimal& stock, const Decimal& held_by_others, int digits) {
  const auto room = beyond(stock, held_by_others);
  if (!room) return std::nullopt;
  return std::min(share, room->rounded(digits, Rounding::down));
}

}  // namespace ferry
