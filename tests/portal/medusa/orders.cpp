#include "tests/portal/medusa/orders.h"

#include <algorithm>

#include "plugin/domain/decimal.h"
#include "tests/portal/medusa/request.h"

namespace ferry::portal {
namespace json = boost::json;

// ---- the shop

std::string MedusaOrders::place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) {
  MedusaOrder order;
  for (const auto& line : lines) order.lines.push_back({line.sku, line.quantity, 0});
  order.is_paid = is_paid;
  order.placed_at = std::chrono::floor<std::chrono::milliseconds>(placed_at);
  orders_.push_back(std::move(order));
  return "order_" + std::to_string(orders_.size());
}

const MedusaOrder* MedusaOrders::find(std::string_view reference) const {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    if (std::to_string(i + 1) == reference) return &orders_[i];
  }
  return nullptr;
}

std::int64_t MedusaOrders::open(std::string_view id, const std::string& sku) const {
  const auto& order = of(id);
  std::int64_t open = 0;
  if (order.is_cancelled) return open;
  for (const auto& line : order.lines) open += line.sku == sku ? line.quantity - line.fulfilled : 0;
  return open;
}

bool MedusaOrders::cancel(std::string_view id, Instant now) {
  auto& order = of(id);
  if (order.is_cancelled || order.has_fulfilments()) return false;
  order.is_cancelled = true;
  std::int64_t rest = paid_of(order);
  for (const auto& refund : order.refunds) rest -= refund.cents;
  refund(order, rest, "", now);  // Medusa pays it back by itself
  return true;
}

std::vector<PaidBack> MedusaOrders::refunds(std::string_view id) const {
  std::vector<PaidBack> refunds;
  for (const auto& refund : of(id).refunds)
    refunds.push_back({"ref_" + reference(id) + "_" + std::to_string(refunds.size() + 1), refund.note, refund.cents, true});
  return refunds;
}

// He receives the goods before he pays; Medusa does not know that the one has to do with the other.
bool MedusaOrders::give_back(std::string_view id, std::span<const OrderLine> goods, std::int64_t cents, const std::string& reason,
                             Instant at) {
  auto& order = of(id);
  MedusaOrder::Return received;
  received.stage = MedusaOrder::Return::Stage::received;
  received.received_at = at;
  for (const auto& piece : goods) {
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
      const bool is_left = order.lines[i].sku == piece.sku && returned_pieces(order, i) + requested_pieces(order, i) + piece.quantity <= order.lines[i].fulfilled;
      if (is_left) received.lines.emplace_back(i, piece.quantity);
    }
  }
  if (received.lines.size() != goods.size()) return false;
  if (!goods.empty()) order.returns.push_back(std::move(received));
  if (refund(order, cents, reason, at)) return true;
  if (!goods.empty()) order.returns.pop_back();
  return false;
}

// ---- requests

json::object MedusaOrders::row(std::size_t position) const {
  const auto& order = orders_[position];
  const auto number = std::to_string(position + 1);
  json::array items;
  for (const auto& line : order.lines) {
    json::object item{{"id", line_id(position, items.size())},
                      {"title", line.sku},
                      {"variant_sku", line.sku},
                      {"requires_shipping", true},
                      {"raw_quantity", raw(line.quantity)},
                      {"tax_lines", json::array()},
                      {"variant", json::object{{"inventory_items", json::array()}}},
                      {"detail", json::object{{"raw_fulfilled_quantity", raw(line.fulfilled)},
                                              {"raw_return_requested_quantity", raw(requested_pieces(order, items.size()))},
                                              {"raw_return_received_quantity", raw(0)},
                                              {"raw_return_dismissed_quantity", raw(returned_pieces(order, items.size()))}}}};
    add_line_money(item, order, items.size());
    items.push_back(std::move(item));
  }
  json::value metadata;
  if (!order.metadata.empty()) metadata = order.metadata;
  json::object row{{"id", "order_" + number},
                   {"display_id", position + 1},
                   {"status", order.is_cancelled ? "canceled" : "pending"},
                   {"email", "anna@example.com"},
                   {"currency_code", "eur"},
                   {"created_at", to_iso8601(order.placed_at)},
                   {"metadata", std::move(metadata)},
                   {"shipping_address", json::object{{"first_name", "Anna"}, {"last_name", "Muster"}, {"country_code", "de"}}},
                   {"billing_address", nullptr},
                   {"customer", nullptr},
                   {"items", std::move(items)},
                   {"fulfillments", fulfilments_of(order, position)},
                   {"shipping_methods", json::array()}};
  add_money(row, order, position);
  return row;
}

json::value MedusaOrders::list(const Target& target, const Fate& fate) {
  std::vector<std::size_t> chosen;
  const auto from = target.query.find("created_at[$gte]"), to = target.query.find("created_at[$lt]");
  if (from != target.query.end() && to != target.query.end()) {
    const auto begin = from_iso8601(from->second).value(), end = from_iso8601(to->second).value();
    for (std::size_t i = 0; i < orders_.size(); ++i) {
      if (orders_[i].placed_at >= begin && orders_[i].placed_at < end) chosen.push_back(i);
    }
  } else {
    for (const auto& id : target.all("id[]")) {
      if (position_of(id) < orders_.size()) chosen.push_back(position_of(id));
    }
  }
  auto skip = target.number("offset"), take = target.number("limit");
  auto count = static_cast<std::int64_t>(chosen.size());
  if (from != target.query.end()) {  // a page, with the fault of a list
    if (skip == 0) inserted_ = 0;
    if (skip > 0 && fate.fault == Fault::page_drift) ++inserted_;  // and stays there for the pages that follow
    if (skip > 0 && fate.fault == Fault::duplicated_page) skip = std::max<std::int64_t>(0, skip - take);
    // an offset is the client's own; what makes it come again is a page that has nothing though more is announced
    if (fate.fault == Fault::repeated_cursor) take = 0;
    skip = std::max<std::int64_t>(0, skip - inserted_);
    count += inserted_;
  }
  json::array rows;
  for (auto i = static_cast<std::size_t>(skip); i < chosen.size() && std::ssize(rows) < take; ++i)
    rows.push_back(row(chosen[i]));
  return json::object{{"orders", std::move(rows)}, {"count", count}};
}

Goods MedusaOrders::change(const std::string& path, const json::value& body, std::vector<NowShown>& shown) {
  const auto id = path.substr(0, path.find('/'));
  const auto position = position_of(id);
  if (position >= orders_.size()) throw Problem{404, "not_found", "Order id not found: " + id};
  auto& order = orders_[position];
  if (path.size() > id.size()) return change_fulfilments(order, position, path.substr(id.size() + 1), body);
  for (const auto& [key, text] : body.at("metadata").as_object()) {
    if (text.as_string().empty()) {
      order.metadata.erase(key);
    } else {
      order.metadata[key] = text;
    }
    if (key == kOrderNumberKey) shown.push_back({Feed::order_status, reference(id), order.text(key), true});
  }
  return {};
}

json::value MedusaOrders::take_back(std::string_view method, const std::string& path, const json::value& body, Instant now) {
  const auto id = path.substr(0, path.find('/'));
  const auto position = id.empty() ? position_of(body.at("order_id").as_string()) : order_of_return(id);
  if (position >= orders_.size()) throw Problem{404, "not_found", "Return id not found: " + id};
  auto& order = orders_[position];
  if (id.empty()) return json::object{{"return", json::object{{"id", make_return(order, position, body)}}}};
  change_return(order, position, id, method, std::string_view(path).substr(std::min(path.size(), id.size() + 1)), body, now);
  return json::object{{"return", json::object{{"id", id}}}};
}

json::value MedusaOrders::pay_back(const std::string& path, const json::value& body, Instant now) {
  const auto number = path.substr(0, path.find('/'));
  const auto position = std::stoull(number) - 1;
  if (path != number + "/refund" || position >= orders_.size() || !orders_[position].is_paid)
    throw Problem{404, "not_found", "Payment with id: pay_" + number + " was not found"};
  refund(orders_[position], body, now);
  return json::object{{"payment", json::object{{"id", "pay_" + number}}}};
}

}  // namespace ferry::portal
