// What a channel is allotted of a product's stock where several channels sell from it. The same rule stands in SQL in
// sql/profiles/<erp>/stock.sql, where a test compares both.
//
// A share is what is a channel's at rest: its ring-fenced quantity as far as the pool reaches, then its percentage of
// what nobody has ring-fenced. Shares are rounded down, so with percentages of at most 100 together their sum is at
// most the pool.
//
// Shares alone would keep the sum only at rest, because portals learn of them at different times. So no channel is told
// more than what is there less what all the others may be holding. *Held* by a channel is the most that its customers
// can buy, or have bought without Ferry having seen the order, whatever became of the requests under way: the largest
// number that was wished since the last one confirmed, less the portal's open orders that Ferry has seen. Why the sum
// of what can be bought and what was bought then stays within what is there:
//   a sale on a portal       moves pieces from "can be bought" to "was bought"
//   its order being seen     takes the same off the stock and off what its channel holds
//   reservation, shipment    change neither, nor does a cancellation on the portal, which gives back to both
//   a comparison             looks at all the others, one channel's at a time; whoever compares later sees its result
//   a portal's confirmation  makes what is held smaller or leaves it
// The ERP itself may take goods away that a portal still shows: then the sum is too large by no more than it took,
// until the decreases are confirmed. Nobody waits for ever: what is held comes down to at most the share by itself, and
// then all have room for theirs. What is held may be overestimated (when a portal has fulfilled an order and was not
// sent its number yet), which delays an increase and is never unsafe.
#pragma once

#include <cstdint>
#include <optional>

#include "plugin/domain/decimal.h"

namespace ferry {

// Of one channel, per product, in its sale unit.
struct Allocation {
  std::int32_t percent = 100;   // of what nobody has ring-fenced, 0..100
  std::optional<Decimal> cap;   // never more; none: no bound
  Decimal reserved;             // ring-fenced: the last so many are this channel's alone
  Decimal low_stock_threshold;  // nothing, when less than this could be sold
};

// Ring-fenced quantities of the channels that sell a product. When the pool does not reach for all, the channel with
// the smaller id comes first.
struct RingFences {
  Decimal before;    // of the channels with smaller ids
  Decimal together;  // of all, this one included
};

// The channel's share of the pool, in whole multiples of 10^-digits. Empty: numbers beyond what a Decimal holds.
// Precondition: no number is negative.
std::optional<Decimal> share_of(const Decimal& pool, const Allocation& own, const RingFences& fences, int digits);

// What it is told to offer now, where the percentages of all are at most 100: its share, as far as there is room beside
// what the others may be holding.
std::optional<Decimal> allotted(const Decimal& share, const Decimal& stock, const Decimal& held_by_others, int digits);

}  // namespace ferry
