#include "connectors/vendure/shipment.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/order_push.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::string_view kDefaultMethod = "ERP";  // of what goes without a carrier
constexpr std::string_view kPending = "Pending", kShipped = "Shipped", kCancelled = "Cancelled";
constexpr std::int64_t kMostPieces = std::numeric_limits<std::int32_t>::max();  // GraphQL's Int
constexpr Duration kUnpaidWait = std::chrono::minutes(15);

struct SeenOrder {
  std::vector<OrderedLine> lines;
  std::vector<Fulfilment> fulfilments;
  std::string pending;  // the first of ours that is there and was not sent off; empty: none
};

std::optional<std::int64_t> pieces_at(const json::value& from) {
  const auto quantity = integer_at(from, {"quantity"});
  return quantity && *quantity >= 0 && *quantity <= kMostPieces ? quantity : std::nullopt;
}

// Of the order's lines; false: something cannot be read.
bool read_lines(const json::value& order, SeenOrder& seen) {
  const auto* lines = find(order, {"lines"});
  if (!lines || !lines->is_array()) return false;
  for (const auto& line : lines->get_array()) {
    const auto quantity = pieces_at(line);
    seen.lines.push_back({id_at(line, {"id"}), std::string(text_at(line, {"productVariant", "sku"})), quantity.value_or(0), 0});
    if (!quantity || seen.lines.back().id.empty() || seen.lines.back().sku.empty()) return false;
  }
  return true;
}

bool read_fulfilment(const json::value& shown, const std::vector<Shipment>& wanted, SeenOrder& seen) {
  const auto* method = find(shown, {"method"});
  const auto* parts = find(shown, {"lines"});
  const auto state = text_at(shown, {"state"});
  Fulfilment known;
  known.id = id_at(shown, {"id"});
  if (!method || !method->is_string() || !parts || !parts->is_array() || state.empty() || known.id.empty()) return false;
  if (state == kCancelled) return true;
  known.shipment = shipment_in(std::string_view(method->get_string()));
  known.has_left = state != kPending;
  for (const auto& part : parts->get_array()) {
    const auto quantity = pieces_at(part);
    const auto id = id_at(part, {"orderLineId"});
    const auto line = std::find_if(seen.lines.begin(), seen.lines.end(), [&](const auto& one) { return one.id == id; });
    if (!quantity || line == seen.lines.end()) return false;
    if (*quantity == 0) continue;
    line->fulfilled += *quantity;
    known.pieces[line->sku] += *quantity;
  }
  const bool is_ours = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const auto& shipment) { return shipment.number == known.shipment; });
  if (is_ours && !known.has_left && seen.pending.empty()) seen.pending = known.id;
  seen.fulfilments.push_back(std::move(known));
  return true;
}

std::optional<SeenOrder> read_seen(const json::value& order, const std::vector<Shipment>& wanted) {
  SeenOrder seen;
  const auto* fulfilments = find(order, {"fulfillments"});
  if (!read_lines(order, seen) || !fulfilments || !fulfilments->is_array()) return std::nullopt;
  for (const auto& shown : fulfilments->get_array()) {
    if (!read_fulfilment(shown, wanted, seen)) return std::nullopt;
  }
  return seen;
}

// Goods cannot leave: the payment is not settled, or somebody is editing the order.
bool has_to_wait(std::string_view state) {
  for (const std::string_view early : {"Created", "Draft", "AddingItems", "ArrangingPayment", "ArrangingAdditionalPayment",
                                       "PaymentAuthorized", "Modifying"}) {
    if (state == early) return true;
  }
  return false;
}

NextStep fulfil(const FulfilmentPlan& plan) {
  const auto& shipment = *plan.shipment;
  json::array lines;
  for (const auto& [id, count] : plan.lines) lines.push_back(json::object{{"orderLineId", id}, {"quantity", count}});
  const std::string_view carrier = shipment.carrier.empty() ? kDefaultMethod : std::string_view(shipment.carrier);
  json::array arguments{json::object{{"name", "method"}, {"value", with_shipment(carrier, shipment.number)}},
                        json::object{{"name", "trackingCode"}, {"value", shipment.tracking}}};
  auto step = write(kAddFulfillment,
                    {{"input", json::object{{"lines", std::move(lines)},
                                            {"handler", json::object{{"code", "manual-fulfillment"},
                                                                     {"arguments", std::move(arguments)}}}}}});
  step.passing = "INSUFFICIENT_STOCK_ON_HAND_ERROR";  // until the stock's own feed has told it
  step.then = kSetFulfillment;
  step.then_variables = {{"state", kShipped}};
  return step;
}

NextStep set_state(const std::string& fulfilment, std::string_view state) {
  return write(kSetFulfillment, {{"state", state}, {"created", fulfilment}});
}

class ShipmentPush final : public OrderPush {
 public:
  ShipmentPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kShipments, "look at the order's fulfilments there, then replay this or discard it") {}

 private:
  std::string read_rest(std::size_t index, const json::value& document) override {
    std::string problem;
    wanted_[index] = read_shipments(document, problem);
    return problem;
  }
  NextStep step_of(std::size_t index, const json::value& order) const override;

  std::map<std::size_t, std::vector<Shipment>> wanted_;  // by index
};

NextStep ShipmentPush::step_of(std::size_t index, const json::value& order) const {
  const auto& wanted = wanted_.at(index);
  const auto name = quote_and_bound(item(index).label, 60);
  const auto state = text_at(order, {"state"});
  const auto seen = read_seen(order, wanted);
  if (!seen || state.empty()) return settled(Verdict::retry, "the portal's answer has no readable fulfilments of order " + name);
  const auto plan = plan_fulfilment(item(index).label, wanted, seen->lines, seen->fulfilments);
  const bool is_done = plan.shipment == nullptr && seen->pending.empty();
  if (is_done && plan.problems.empty()) return settled(Verdict::delivered);
  if (!is_done && has_to_wait(state)) {
    auto step = settled(Verdict::snooze, "portal order " + name + " is " + quote_and_bound(state, 40) +
                                             "; its shipments are entered there once it is paid for and nobody is editing it");
    step.wait = kUnpaidWait;
    return step;
  }
  NextStep step;
  if (!plan.taken_back.empty()) {
    step = set_state(plan.taken_back, kCancelled);
  } else if (!seen->pending.empty()) {
    step = set_state(seen->pending, kShipped);
  } else if (plan.shipment != nullptr) {
    step = fulfil(plan);
  } else {
    auto reasons = joined_problems(plan.problems);
    if (state == kCancelled) reasons = "it was cancelled there: settle it with the customer, then discard this; " + reasons;
    return settled(Verdict::rejected, bound(reasons, 1000));
  }
  step.subject = "portal order " + name;
  if (plan.shipment != nullptr) step.subject += ", shipment " + quote_and_bound(plan.shipment->number, 60);
  step.subject += ": ";
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_shipment_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<ShipmentPush>(settings, items);
}

}  // namespace ferry::vendure
