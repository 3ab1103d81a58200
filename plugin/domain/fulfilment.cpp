#include "plugin/domain/fulfilment.h"

#include <algorithm>
#include <set>

#include "plugin/domain/text.h"

namespace ferry {
namespace {

constexpr std::size_t kLongestName = 60;

std::int64_t count_of(const Pieces& pieces, const std::string& sku) {
  const auto found = pieces.find(sku);
  return found == pieces.end() ? 0 : found->second;
}

class Planner {
 public:
  Planner(const std::string& order, std::span<const Shipment> shipments, std::span<const OrderedLine> lines,
          std::span<const Fulfilment> known)
      : order_(order), shipments_(shipments), lines_(lines), known_(known) {}

  FulfilmentPlan plan() {
    for (const auto& shipment : shipments_) {
      if (const auto* surplus = surplus_of(shipment)) {
        plan_.shipment = &shipment;
        plan_.taken_back = surplus->id;
        return std::move(plan_);
      }
    }
    std::vector<std::pair<const Shipment*, Pieces>> missing;
    for (const auto& shipment : shipments_) {
      auto pieces = missing_of(shipment);
      if (!pieces.empty() && !is_entered_by_hand(shipment)) missing.emplace_back(&shipment, std::move(pieces));
    }
    for (const auto& [shipment, pieces] : missing) {
      if (!take_lines(*shipment, pieces)) continue;
      plan_.shipment = shipment;
      return std::move(plan_);
    }
    return std::move(plan_);
  }

 private:
  Pieces ours(const Shipment& shipment) const {
    Pieces sum;
    for (const auto& known : known_) {
      if (known.shipment != shipment.number) continue;
      for (const auto& [sku, count] : known.pieces) sum[sku] += count;
    }
    return sum;
  }

  // One without which the shipment is as whole as before: of these the last, and none that has left where there is a choice.
  const Fulfilment* surplus_of(const Shipment& shipment) const {
    const auto sum = ours(shipment);
    const Fulfilment* surplus = nullptr;
    for (const auto& known : known_) {
      if (known.shipment != shipment.number || known.pieces.empty()) continue;
      const bool is_spare = std::all_of(known.pieces.begin(), known.pieces.end(), [&](const auto& piece) {
        // a SKU that the shipment does not know was called so when it was sent
        const auto wanted = count_of(shipment.pieces, piece.first);
        return wanted > 0 && count_of(sum, piece.first) - piece.second >= wanted;
      });
      if (is_spare && (surplus == nullptr || surplus->has_left || !known.has_left)) surplus = &known;
    }
    return surplus;
  }

  Pieces missing_of(const Shipment& shipment) const {
    const auto sum = ours(shipment);
    Pieces missing;
    for (const auto& [sku, count] : shipment.pieces) {
      const auto rest = count - count_of(sum, sku);
      // what was sent under another name than the product has now is there already
      if (rest > 0 && (sum.empty() || is_ordered(sku))) missing[sku] = rest;
    }
    return missing;
  }

  bool is_ordered(const std::string& sku) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) { return line.sku == sku; });
  }

  bool is_entered_by_hand(const Shipment& shipment) {
    if (!ours(shipment).empty()) return false;
    for (const auto& known : known_) {
      if (is_ours(known) || known.pieces != shipment.pieces || !adopted_.insert(known.id).second) continue;
      return true;
    }
    return false;
  }

  // What carries a number that the ERP does not know is another's.
  bool is_ours(const Fulfilment& known) const {
    return std::any_of(shipments_.begin(), shipments_.end(),
                       [&](const auto& shipment) { return shipment.number == known.shipment; });
  }

  // False: too little is left, and the plan says so.
  bool take_lines(const Shipment& shipment, const Pieces& pieces) {
    std::vector<std::pair<std::string, std::int64_t>> taken;
    std::string problem;
    for (const auto& [sku, count] : pieces) {
      auto open = count;
      for (const auto& line : lines_) {
        if (line.sku != sku || open == 0) continue;
        const auto part = std::min(open, line.quantity - line.fulfilled);
        if (part <= 0) continue;
        taken.emplace_back(line.id, part);
        open -= part;
      }
      if (open > 0 && problem.empty()) problem = shortage(shipment, sku, count);
    }
    if (!problem.empty()) {
      plan_.problems.push_back(std::move(problem));
      return false;
    }
    if (taken.size() > kMostFulfilledLines) taken.resize(kMostFulfilledLines);
    plan_.lines = std::move(taken);
    return true;
  }

  std::string shortage(const Shipment& shipment, const std::string& sku, std::int64_t count) const {
    std::int64_t ordered = 0, fulfilled = 0;
    for (const auto& line : lines_) {
      if (line.sku != sku) continue;
      ordered += line.quantity;
      fulfilled += line.fulfilled;
    }
    const auto text = "portal order " + quote_and_bound(order_, kLongestName) + ": shipment " +
                      quote_and_bound(shipment.number, kLongestName) + " sent " + std::to_string(count) + " of SKU " +
                      quote_and_bound(sku, kLongestName);
    if (!is_ordered(sku))
      return text + ", which is not on the order; enter the parcel there by hand and discard this, or add the line and replay it";
    return text + ", and the portal has " + std::to_string(std::max<std::int64_t>(0, ordered - fulfilled)) +
           " left to fulfil: of " + std::to_string(ordered) + ", " + std::to_string(fulfilled) +
           " are fulfilled there already; correct its fulfilments and replay this, or discard it";
  }

  const std::string& order_;
  const std::span<const Shipment> shipments_;
  const std::span<const OrderedLine> lines_;
  const std::span<const Fulfilment> known_;
  std::set<std::string> adopted_;  // fulfilments that are a shipment's
  FulfilmentPlan plan_;
};

}  // namespace

FulfilmentPlan plan_fulfilment(const std::string& order, std::span<const Shipment> shipments,
                               std::span<const OrderedLine> lines, std::span<const Fulfilment> known) {
  return Planner(order, shipments, lines, known).plan();
}

}  // namespace ferry
