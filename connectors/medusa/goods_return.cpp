#include "connectors/medusa/goods_return.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/order_push.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/refunds.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::string_view kReturnKey = "erp_return";  // of a return's metadata

struct ReturnableLine {
  std::string id, sku;
  std::int64_t left = 0;  // pieces that were fulfilled and are on no return
};

struct ShownReturn {
  std::string id, status;
  PiecesOfLines items;  // none before it is asked for
};

struct ReturnableOrder {
  std::vector<ReturnableLine> lines;
  std::string location;                        // from which it was sent; empty: nothing was
  std::map<std::string, ShownReturn> returns;  // ours, by number
  std::set<std::string> paid;                  // numbers of returns that were paid back
};

bool read_returnable_lines(const json::value& order, ReturnableOrder& seen) {
  const auto* lines = find(order, {"items"});
  if (!lines || !lines->is_array()) return false;
  for (const auto& line : lines->get_array()) {
    const auto id = id_at(line, {"id"});
    const auto fulfilled = whole_at(line, {"detail", "raw_fulfilled_quantity"});
    if (id.empty() || !fulfilled) return false;
    auto left = *fulfilled;
    for (const auto* name : {"raw_return_requested_quantity", "raw_return_received_quantity", "raw_return_dismissed_quantity"}) {
      const auto back = whole_at(line, {"detail", name});
      if (!back) return false;
      left -= std::min(left, *back);
    }
    seen.lines.push_back({id, std::string(text_at(line, {"variant_sku"})), left});
  }
  return true;
}

bool read_own_returns(const json::value& order, ReturnableOrder& seen) {
  const auto* returns = find(order, {"returns"});
  if (!returns || !returns->is_array()) return false;
  for (const auto& shown : returns->get_array()) {
    const auto number = own_number_at(shown, kReturnKey);
    ShownReturn known{id_at(shown, {"id"}), std::string(text_at(shown, {"status"})), {}};
    if (!number || known.id.empty() || known.status.empty()) return false;
    if (number->empty()) continue;
    for (const auto& item : array_at(shown, {"items"})) {
      const auto quantity = whole_at(item, {"raw_quantity"});
      known.items.emplace_back(id_at(item, {"item_id"}), quantity.value_or(0));
      if (!quantity || known.items.back().first.empty()) return false;
    }
    seen.returns[*number] = std::move(known);
  }
  return true;
}

bool read_paid_returns(const json::value& order, ReturnableOrder& seen) {
  const auto* collections = find(order, {"payment_collections"});
  if (!collections || !collections->is_array()) return false;
  for (const auto& collection : collections->get_array()) {
    for (const auto& payment : array_at(collection, {"payments"})) {
      for (const auto& refund : array_at(payment, {"refunds"})) {
        if (!find(refund, {"note"})) return false;
        if (const auto number = shipment_in(text_at(refund, {"note"})); !number.empty()) seen.paid.emplace(number);
      }
    }
  }
  return true;
}

// None: something cannot be read, and could be a return of ours.
std::optional<ReturnableOrder> read_returnable(const json::value& order) {
  ReturnableOrder seen;
  if (!read_returnable_lines(order, seen) || !read_own_returns(order, seen) || !read_paid_returns(order, seen))
    return std::nullopt;
  for (const auto& fulfilment : array_at(order, {"fulfillments"})) {
    const auto* canceled = find(fulfilment, {"canceled_at"});
    if (seen.location.empty() && canceled && canceled->is_null()) seen.location = id_at(fulfilment, {"location_id"});
  }
  return seen;
}

PiecesOfLines items_to_return(const Return& returned, const std::vector<ReturnableLine>& lines) {
  PiecesOfLines items;
  for (const auto& [sku, quantity] : returned.goods) {
    auto pieces = quantity.to_minor_units(0).value_or(0);
    for (const auto& line : lines) {
      const auto taken = std::min(pieces, line.left);
      if (line.sku != sku || taken <= 0) continue;
      items.emplace_back(line.id, taken);
      pieces -= taken;
    }
  }
  return items;
}

json::object body_of(const PiecesOfLines& items) { return {{"items", items_of(items)}}; }

class GoodsReturnPush final : public OrderPush {
 public:
  GoodsReturnPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kGoodsReturnsTarget,
                  "; finish or cancel the order's return there, then replay this or discard it") {}

 private:
  // What this exchange has done about the return that it works on.
  enum class Reached : std::uint8_t { nothing = 1, made, named, clear, receiving, taken };

  std::string read_rest(std::size_t index, const json::value& document) override;
  NextStep step_of(std::size_t index, const json::value& order) override;
  std::string on_done(std::size_t index, const json::value& body) override;
  std::optional<NextStep> step_for(std::size_t index, const Return& returned, const ReturnableOrder& seen);
  NextStep request_of(const ShownReturn& own, const PiecesOfLines& items);
  NextStep receipt_of(const ShownReturn& own);
  NextStep then(Reached reached, HttpRequest request);

  std::map<std::size_t, std::vector<Return>> wanted_;  // by index
  std::size_t worked_on_ = 0;                          // index of the item that is
  std::string number_;                                 // of the return that is worked on
  Reached reached_ = Reached::nothing, next_ = Reached::nothing;
};

std::string GoodsReturnPush::read_rest(std::size_t index, const json::value& document) {
  std::string problem;
  wanted_[index] = read_returns(document, problem);
  for (const auto& returned : wanted_[index]) {
    for (const auto& [sku, quantity] : returned.goods) {
      if (quantity.to_minor_units(0)) continue;
      problem = "return " + quote_and_bound(returned.number, 60) + " takes back " + quantity.text() + " of SKU " +
                quote_and_bound(sku, 60) + ", and the portal counts whole pieces; enter the return there by hand and discard this";
    }
  }
  return problem;
}

NextStep GoodsReturnPush::step_of(std::size_t index, const json::value& order) {
  const auto seen = read_returnable(order);
  if (!seen)
    return settled(Verdict::retry, "the portal's answer has no readable returns of order " + quote_and_bound(item(index).label, 60));
  for (const auto& returned : wanted_.at(index)) {
    auto step = step_for(index, returned, *seen);
    if (!step) continue;
    step->subject = "portal order " + quote_and_bound(item(index).label, 60) + ", return " + quote_and_bound(returned.number, 60) + ": ";
    return std::move(*step);
  }
  return settled(Verdict::delivered);
}

// None: nothing is to be done about it.
std::optional<NextStep> GoodsReturnPush::step_for(std::size_t index, const Return& returned, const ReturnableOrder& seen) {
  if (seen.paid.contains(returned.number)) return std::nullopt;
  const auto items = items_to_return(returned, seen.lines);
  const auto own = seen.returns.find(returned.number);
  const bool is_begun = own != seen.returns.end() && (own->second.status == "open" || own->second.status == "requested");
  if (!is_begun && (own != seen.returns.end() || items.empty())) return std::nullopt;
  if (number_ != returned.number || worked_on_ != index) reached_ = Reached::nothing;
  number_ = returned.number;
  worked_on_ = index;
  if (is_begun) return own->second.status == "open" ? request_of(own->second, items) : receipt_of(own->second);
  json::object body{{"order_id", order_of(index)},
                    {"metadata", json::object{{kReturnKey, returned.number}}},
                    {"internal_note", reason_of(returned)},
                    {"no_notification", true}};
  if (!seen.location.empty()) body["location_id"] = seen.location;
  return then(Reached::made, post(settings_, return_target(), body));
}

NextStep GoodsReturnPush::request_of(const ShownReturn& own, const PiecesOfLines& items) {
  if (reached_ == Reached::made && !items.empty())
    return then(Reached::named, post(settings_, return_target(own.id, "/request-items"), body_of(items)));
  if (reached_ == Reached::named) return then(Reached::clear, post(settings_, return_target(own.id, "/request"), json::object()));
  return then(Reached::nothing, remove(settings_, return_target(own.id, "/request")));
}

NextStep GoodsReturnPush::receipt_of(const ShownReturn& own) {
  switch (reached_) {
    case Reached::clear: return then(Reached::receiving, post(settings_, return_target(own.id, "/receive"), json::object()));
    case Reached::receiving:
      // not "/receive-items", which adds to the portal's stock: the ERP counts what came back, and only it says what is in stock
      return then(Reached::taken, post(settings_, return_target(own.id, "/dismiss-items"), body_of(own.items)));
    case Reached::taken:
      return then(Reached::nothing, post(settings_, return_target(own.id, "/receive/confirm"), json::object()));
    default: break;
  }
  // where no receipt was begun this is refused, which says the same
  reached_ = Reached::clear;
  return then(Reached::clear, remove(settings_, return_target(own.id, "/receive")));
}

NextStep GoodsReturnPush::then(Reached reached, HttpRequest request) {
  next_ = reached;
  return write(std::move(request));
}

std::string GoodsReturnPush::on_done(std::size_t /*index*/, const json::value& /*body*/) {
  reached_ = next_;
  return "";
}

}  // namespace

std::string_view own_number_of(const json::value& shown) noexcept { return text_at(shown, {"metadata", kReturnKey}); }

std::unique_ptr<Exchange> make_goods_return_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<GoodsReturnPush>(settings, items);
}

}  // namespace ferry::medusa
