// What is still to be fulfilled of a portal's order, from what the ERP has sent and what the portal shows of it. A portal
// has no key by which a fulfilment could be created once, so each of ours carries the shipment's number and is looked for
// before another one is made. The rules:
//   ours         counts towards its shipment; what is missing of it is fulfilled with the same number
//   one too many (a request that was given up was applied after all) is taken back, as far as the shipment stays whole
//   another's    that has exactly the pieces of a shipment of which nothing of ours is there is that parcel, entered by
//                hand: nothing is added to it
//   otherwise    the pieces come from what the order's lines have left; where that is too little nothing of the
//                shipment is fulfilled, and a person is told
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ferry {

using Pieces = std::map<std::string, std::int64_t>;  // by SKU, each more than 0

struct Shipment {
  std::string number, carrier, tracking;
  Pieces pieces;
};

struct OrderedLine {
  std::string id, sku;
  std::int64_t quantity = 0, fulfilled = 0;  // fulfilled: by fulfilments that are not cancelled
};

// One that is not cancelled, in the portal's order.
struct Fulfilment {
  std::string id;
  std::string shipment;  // the number that it carries; empty: not ours
  Pieces pieces;
  bool has_left = false;  // the customer was told
};

struct FulfilmentPlan {
  const Shipment* shipment = nullptr;                        // to fulfil next, or to take something back of; null: neither
  std::vector<std::pair<std::string, std::int64_t>> lines;  // to fulfil: id and pieces
  std::string taken_back;                                    // a fulfilment's id; empty: none
  std::vector<std::string> problems;  // of shipments that cannot be fulfilled, for a person; complete when there is no step
};

// More lines than that of one shipment become several fulfilments with its number.
inline constexpr std::size_t kMostFulfilledLines = 500;

// The next step for an order of that name. `shipments` outlives the plan.
FulfilmentPlan plan_fulfilment(const std::string& order, std::span<const Shipment> shipments,
                               std::span<const OrderedLine> lines, std::span<const Fulfilment> known);

}  // namespace ferry
