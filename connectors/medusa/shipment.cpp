#include "connectors/medusa/shipment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/order_push.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stock_view.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::string_view kShipmentKey = "erp_shipment", kCarrierKey = "erp_carrier";  // of a fulfilment's metadata
constexpr std::string_view kCancelled = "canceled";  // of an order's states
constexpr std::string_view kNoStockYet = "Not enough stock available";  // until the stock's own feed has told it

// One of ours that is there and was not sent off.
struct Pending {
  std::string id;
  const Shipment* shipment = nullptr;
  PiecesOfLines lines;
};

struct SeenOrder {
  std::vector<OrderedLine> lines;
  std::set<std::string> shippable;                // ids of the lines that have to be shipped
  std::map<std::string, std::int64_t> per_piece;  // what a piece takes of the inventory, by ids of line and item
  std::vector<Fulfilment> fulfilments;
  std::optional<Pending> pending;  // the first
  bool has_nameless = false;       // a line without SKU, which is none of the ERP's, or of which it was not told
};

const OrderedLine* line_of(const SeenOrder& seen, std::string_view id) {
  const auto found = std::find_if(seen.lines.begin(), seen.lines.end(), [&](const auto& line) { return line.id == id; });
  return found == seen.lines.end() ? nullptr : &*found;
}

std::string inventory_key(std::string_view line, std::string_view inventory_item) {
  return std::string(line).append(" ").append(inventory_item);
}

// Of the order's lines; false: something cannot be read.
bool read_lines(const json::value& order, SeenOrder& seen) {
  const auto* lines = find(order, {"items"});
  if (!lines || !lines->is_array()) return false;
  for (const auto& line : lines->get_array()) {
    const auto quantity = whole_at(line, {"raw_quantity"}), fulfilled = whole_at(line, {"detail", "raw_fulfilled_quantity"});
    const auto* ships = find(line, {"requires_shipping"});
    const auto id = id_at(line, {"id"});
    if (!quantity || !fulfilled || id.empty() || !ships || !ships->is_bool()) return false;
    seen.lines.push_back({id, std::string(text_at(line, {"variant_sku"})), *quantity, *fulfilled});
    seen.has_nameless = seen.has_nameless || seen.lines.back().sku.empty();
    if (ships->get_bool()) seen.shippable.insert(id);
    for (const auto& part : array_at(line, {"variant", "inventory_items"})) {
      const auto count = integer_at(part, {"required_quantity"});
      if (count && *count > 0) seen.per_piece[inventory_key(id, id_at(part, {"inventory_item_id"}))] = *count;
    }
  }
  return true;
}

// Pieces by the line's id. A set is told by each of its parts, and a part that is reserved twice by both.
bool read_parts(const json::value& shown, const SeenOrder& seen, std::map<std::string, std::int64_t>& pieces) {
  const auto* parts = find(shown, {"items"});
  if (!parts || !parts->is_array()) return false;
  for (const auto& part : parts->get_array()) {
    const auto quantity = whole_at(part, {"raw_quantity"});
    const auto line = id_at(part, {"line_item_id"});
    if (!quantity || !line_of(seen, line)) return false;
    const auto each = seen.per_piece.find(inventory_key(line, id_at(part, {"inventory_item_id"})));
    auto& count = pieces[line];
    count = std::max(count, *quantity / (each == seen.per_piece.end() ? 1 : each->second));
  }
  return true;
}

bool is_dated(const json::value& shown, std::string_view member) {
  const auto* date = find(shown, {member});
  return date && !date->is_null();
}

bool read_fulfilment(const json::value& shown, const std::vector<Shipment>& wanted, SeenOrder& seen) {
  std::map<std::string, std::int64_t> by_line;
  auto number = own_number_at(shown, kShipmentKey);
  Fulfilment known;
  known.id = id_at(shown, {"id"});
  if (known.id.empty() || !find(shown, {"canceled_at"}) || !find(shown, {"shipped_at"})) return false;
  if (is_dated(shown, "canceled_at")) return true;
  if (!number || !read_parts(shown, seen, by_line)) return false;
  known.shipment = std::move(*number);
  known.has_left = is_dated(shown, "shipped_at") || is_dated(shown, "delivered_at");
  const auto shipment = std::find_if(wanted.begin(), wanted.end(),
                                     [&](const auto& one) { return one.number == known.shipment; });
  const bool is_ours = shipment != wanted.end();
  for (const auto& [id, count] : by_line) {
    const auto& sku = line_of(seen, id)->sku;
    if (is_ours && sku.empty()) return false;  // it had one when we made this
    if (!sku.empty() && count > 0) known.pieces[sku] += count;
  }
  if (is_ours && !known.has_left && !seen.pending)
    seen.pending = Pending{known.id, &*shipment, PiecesOfLines(by_line.begin(), by_line.end())};
  seen.fulfilments.push_back(std::move(known));
  return true;
}

// Less than the order says was fulfilled: a part of the answer is missing.
bool is_whole(const SeenOrder& seen) {
  std::int64_t fulfilled = 0, listed = 0;
  for (const auto& line : seen.lines) fulfilled += line.sku.empty() ? 0 : line.fulfilled;
  for (const auto& known : seen.fulfilments) {
    for (const auto& [sku, count] : known.pieces) listed += count;
  }
  return listed >= fulfilled;
}

std::optional<SeenOrder> read_seen(const json::value& order, const std::vector<Shipment>& wanted) {
  SeenOrder seen;
  const auto* fulfilments = find(order, {"fulfillments"});
  if (!read_lines(order, seen) || !fulfilments || !fulfilments->is_array()) return std::nullopt;
  for (const auto& shown : fulfilments->get_array()) {
    if (!read_fulfilment(shown, wanted, seen)) return std::nullopt;
  }
  return is_whole(seen) ? std::optional(std::move(seen)) : std::nullopt;
}

class ShipmentPush final : public OrderPush {
 public:
  ShipmentPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kShipmentsTarget,
                  "; look at the order's fulfilments and its reserved stock there, then replay this or discard it") {}

 private:
  std::string read_rest(std::size_t index, const json::value& document) override {
    std::string problem;
    wanted_[index] = read_shipments(document, problem);
    return problem;
  }
  std::optional<std::string> next_look() override;
  std::optional<Trouble> on_seen(const HttpReply& reply) override;
  NextStep step_of(std::size_t index, const json::value& order) override;
  NextStep refuse(const std::string& name, const SeenOrder& seen, const FulfilmentPlan& plan, bool is_cancelled) const;
  NextStep take_back(const std::string& order, const std::string& fulfilment) const;
  NextStep send_off(const std::string& order, const Pending& pending) const;
  NextStep fulfil(const std::string& order, const SeenOrder& seen, const FulfilmentPlan& plan) const;

  std::map<std::size_t, std::vector<Shipment>> wanted_;  // by index
  enum class Locations { unknown = 1, asked, known } locations_ = Locations::unknown;
  StockView view_;  // of locations
};

std::optional<std::string> ShipmentPush::next_look() {
  if (auto target = OrderPush::next_look()) return target;
  if (settings_.stock_location.empty() || locations_ == Locations::known) return std::nullopt;
  locations_ = Locations::asked;
  return std::string(kLocationsTarget);
}

std::optional<Trouble> ShipmentPush::on_seen(const HttpReply& reply) {
  if (locations_ != Locations::asked) return OrderPush::on_seen(reply);
  auto answer = read_list(reply, "stock_locations");
  if (answer.trouble) return std::move(answer.trouble);
  view_.add_locations(answer.body);
  locations_ = Locations::known;
  return std::nullopt;
}

NextStep ShipmentPush::fulfil(const std::string& order, const SeenOrder& seen, const FulfilmentPlan& plan) const {
  // Medusa wants what is shipped and what is not in fulfilments of their own: the others are the next step's.
  auto lines = plan.lines;
  const bool ships = seen.shippable.contains(lines.front().first);
  std::erase_if(lines, [&](const auto& line) { return seen.shippable.contains(line.first) != ships; });
  json::object metadata{{kShipmentKey, plan.shipment->number}};
  if (!plan.shipment->carrier.empty()) metadata[kCarrierKey] = plan.shipment->carrier;
  json::object body{{"items", items_of(lines)}, {"metadata", std::move(metadata)}};
  if (!settings_.stock_location.empty()) {
    const auto location = view_.location_id(settings_.stock_location);
    if (location.empty() && !view_.has_all_locations())
      return settled(Verdict::retry, "the portal's answer has stock locations without id or name");
    if (location.empty()) return settled(Verdict::rejected, view_.missing_location(settings_.stock_location));
    body["location_id"] = location;
  }
  auto step = write(post(settings_, order_target(order, "/fulfillments"), body));
  step.passing = kNoStockYet;
  return step;
}

NextStep ShipmentPush::take_back(const std::string& order, const std::string& fulfilment) const {
  return write(post(settings_, order_target(order, "/fulfillments/" + encoded(fulfilment) + "/cancel"), json::object()));
}

NextStep ShipmentPush::send_off(const std::string& order, const Pending& pending) const {
  json::object body{{"items", items_of(pending.lines)}};
  if (const auto& tracking = pending.shipment->tracking; !tracking.empty())  // Medusa wants all three
    body["labels"] = json::array{json::object{{"tracking_number", tracking}, {"tracking_url", ""}, {"label_url", ""}}};
  return write(post(settings_, order_target(order, "/fulfillments/" + encoded(pending.id) + "/shipments"), body));
}

NextStep ShipmentPush::refuse(const std::string& name, const SeenOrder& seen, const FulfilmentPlan& plan,
                              bool is_cancelled) const {
  auto reasons = joined_problems(plan.problems);
  if (is_cancelled) {
    // Medusa leaves the lines of such an order as they were: none of them seems to be missing
    const auto* shipment = plan.shipment ? plan.shipment : seen.pending ? seen.pending->shipment : nullptr;
    if (reasons.empty() && shipment)
      reasons = "portal order " + name + ": shipment " + quote_and_bound(shipment->number, 60) + " was sent";
    reasons = "it was cancelled there: settle it with the customer, then discard this; " + reasons;
  }
  // a line whose SKU was not told may be the one that is missing
  return settled(seen.has_nameless ? Verdict::retry : Verdict::rejected, bound(reasons, 1000));
}

NextStep ShipmentPush::step_of(std::size_t index, const json::value& order) {
  const auto& wanted = wanted_.at(index);
  const auto name = quote_and_bound(item(index).label, 60);
  const auto status = text_at(order, {"status"});
  const auto seen = read_seen(order, wanted);
  if (!seen || status.empty())
    return settled(Verdict::retry, "the portal's answer has no readable fulfilments of order " + name);
  const auto plan = plan_fulfilment(item(index).label, wanted, seen->lines, seen->fulfilments);
  const bool is_done = plan.shipment == nullptr && !seen->pending;
  if (is_done && plan.problems.empty()) return settled(Verdict::delivered);
  if (is_done || status == kCancelled) return refuse(name, *seen, plan, status == kCancelled);
  const bool is_sent_off = plan.taken_back.empty() && seen->pending;
  auto step = is_sent_off ? send_off(order_of(index), *seen->pending)
                          : plan.taken_back.empty() ? fulfil(order_of(index), *seen, plan) : take_back(order_of(index), plan.taken_back);
  const auto& number = is_sent_off ? seen->pending->shipment->number : plan.shipment->number;
  step.subject = "portal order " + name + ", shipment " + quote_and_bound(number, 60) + ": ";
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_shipment_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<ShipmentPush>(settings, items);
}

}  // namespace ferry::medusa
