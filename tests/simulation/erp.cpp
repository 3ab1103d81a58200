#include "tests/simulation/erp.h"

#include <algorithm>
#include <boost/json.hpp>

#include "plugin/domain/decimal.h"

namespace ferry::simulation {
namespace json = boost::json;
namespace {

std::string text_of(const json::object& from, std::string_view name) {
  const auto* member = from.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

}  // namespace

std::string_view name_of(SaleState state) noexcept {
  switch (state) {
    case SaleState::confirmed: return "processing";
    case SaleState::shipped: return "done";
    case SaleState::cancelled: break;
  }
  return "cancelled";
}

std::int64_t Erp::on_hand(const Product& product, Instant now) const {
  std::int64_t quantity = product.on_hand;
  for (const auto& move : product.planned) {
    if (move.day <= now) quantity += move.quantity;
  }
  return quantity;
}

std::int64_t Erp::price_cents(const Product& product, Instant now) const {
  std::int64_t cents = 0;
  for (const auto& price : product.prices) {
    if (price.day <= now) cents = price.cents;
  }
  return cents;
}

Product* Erp::find(std::string_view sku) {
  for (auto& product : products) {
    if (product.sku == sku) return &product;
  }
  return nullptr;
}

const Sale* Erp::sale_of(std::int32_t channel, std::string_view reference) const {
  const auto found = by_reference_.find(std::pair(channel, std::string(reference)));
  return found == by_reference_.end() ? nullptr : &sales[found->second];
}

bool Erp::commit(Xid transaction) {
  const auto found = open_.find(transaction);
  if (found == open_.end()) return false;
  for (const auto& change : found->second.changes) change(transaction);
  hints.insert(hints.end(), found->second.hints.begin(), found->second.hints.end());
  open_.erase(found);
  transactions_.end(transaction);
  return true;
}

void Erp::abort_all() {
  for (const auto& [xid, open] : open_) transactions_.end(xid);
  open_.clear();
}

// Empty: all is well. Otherwise the reason for a person.
std::string Erp::read_lines(const std::string& document, std::vector<Sale::Line>& lines) {
  boost::system::error_code error;
  const auto value = json::parse(document, error);
  const auto* order = error ? nullptr : value.if_object();
  const auto* given = order ? order->if_contains("lines") : nullptr;
  if (!given || !given->is_array()) return "the order's document cannot be read";
  Decimal net;
  for (const auto& line : given->get_array()) {
    const auto sku = text_of(line.as_object(), "sku");
    const auto* product = find(sku);
    if (!product || !product->is_known) return "the ERP has no product with the SKU '" + sku + "'";
    const auto quantity = Decimal::parse(text_of(line.as_object(), "quantity"));
    const std::int64_t pieces = quantity ? quantity->to_minor_units(0).value_or(0) : 0;
    const auto amount = Decimal::parse(text_of(line.as_object(), "net"));
    if (pieces <= 0 || !amount) return "a line of '" + sku + "' has no quantity or amount";
    const auto sum = net.plus(*amount);
    net = sum ? *sum : net;
    const auto gross = Decimal::parse(text_of(line.as_object(), "gross"));
    const auto cents = gross ? gross->to_minor_units(2) : std::nullopt;
    if (!cents) return "a line of '" + sku + "' has no gross amount";
    lines.push_back({static_cast<std::size_t>(product - products.data()), pieces, 0, 0, *cents});
  }
  if (lines.empty()) return "the order has no lines";
  if (Decimal::parse(text_of(*order, "net")) != net) return "the order's total is not the sum of its lines";
  return "";
}

engine::ErpReply Erp::enter(std::int32_t channel, const std::string& reference, const std::string& document) {
  if (const auto* known = sale_of(channel, reference)) {
    return {engine::ErpAnswer::linked, {known->id, known->number}, ""};
  }
  if (strangers.contains({channel, reference}))
    return {engine::ErpAnswer::absent, {}, "order " + reference + ": its customer is in no category of the channel"};
  Sale sale;
  if (auto reason = read_lines(document, sale.lines); !reason.empty())
    return {engine::ErpAnswer::rejected, {}, "order " + reference + ": " + reason};
  const Xid xid = transactions_.begin();
  sale.id = static_cast<std::int64_t>(sales.size()) + 1;
  sale.number = "SO-" + std::to_string(sale.id);
  sale.channel = channel;
  sale.reference = reference;
  sale.xid = xid;
  for (const auto& line : sale.lines) {
    products[line.product].reserved += line.quantity;
    products[line.product].xid = std::max(products[line.product].xid, xid);
    hints.push_back({Feed::stock, products[line.product].key, xid});
  }
  by_reference_[{channel, reference}] = sales.size();
  sales.push_back(std::move(sale));
  transactions_.end(xid);
  if (on_created) on_created(sales.back());
  return {engine::ErpAnswer::linked, {sales.back().id, sales.back().number}, ""};
}

// What is cancelled before anything has left ends here too, and there is nothing to return of it then; what was paid back is
// returned. The customers of the simulation change nothing else.
engine::ErpReply Erp::revise(std::int32_t channel, const std::string& reference, const std::string& document) {
  const Sale* sale = sale_of(channel, reference);
  if (sale == nullptr) return {engine::ErpAnswer::absent, {}, "no such order"};
  boost::system::error_code error;
  const auto order = json::parse(document, error);
  const auto* cancelled = error || !order.is_object() ? nullptr : order.get_object().if_contains("cancelled");
  if (cancelled != nullptr && *cancelled == true && sale->state != SaleState::cancelled) {
    if (sale->state == SaleState::shipped || !sale->shipments.empty())
      return {engine::ErpAnswer::rejected, {}, "order " + reference + " was cancelled, and has been shipped"};
    const Xid xid = transactions_.begin();
    for (const auto& line : sale->lines) hints.push_back({Feed::stock, products[line.product].key, xid});
    set_state(static_cast<std::size_t>(sale->id - 1), SaleState::cancelled, xid);
    transactions_.end(xid);
  }
  const Xid xid = transactions_.begin();
  auto reason = enter_refunds(sales[static_cast<std::size_t>(sale->id - 1)], document, xid);
  transactions_.end(xid);
  if (!reason.empty()) return {engine::ErpAnswer::rejected, {}, "order " + reference + ": " + reason};
  return {engine::ErpAnswer::linked, {sale->id, sale->number}, ""};
}

void Erp::set_state(std::size_t index, SaleState state, Xid xid) {
  Sale& sale = sales[index];
  if (sale.state != SaleState::confirmed) return;
  if (state == SaleState::shipped) {
    send(sale, [](const Sale::Line& line) { return line.open(); }, xid);
  } else {
    for (const auto& line : sale.lines) {
      Product& product = products[line.product];
      product.reserved -= line.open();
      product.xid = std::max(product.xid, xid);
    }
  }
  sale.state = state;
  sale.xid = std::max(sale.xid, xid);
}

void Erp::send_part(std::size_t index, Xid xid) {
  Sale& sale = sales[index];
  std::int64_t open = 0;
  for (const auto& line : sale.lines) open += line.open();
  if (sale.state != SaleState::confirmed || !sale.shipments.empty() || open < 2) return;
  const auto half = [](const Sale::Line& line) { return (line.open() + 1) / 2; };
  std::int64_t sent = 0;
  for (const auto& line : sale.lines) sent += half(line);
  if (sent == open)  // one of each: the first line goes alone
    return send(sale, [&](const Sale::Line& line) { return &line == sale.lines.data() ? line.open() : 0; }, xid);
  send(sale, half, xid);
}

void Erp::send(Sale& sale, const std::function<std::int64_t(const Sale::Line&)>& pieces_of, Xid xid) {
  Sale::Shipment shipment{"OUT-" + std::to_string(sale.id) + "-" + std::to_string(sale.shipments.size() + 1), {}};
  for (auto& line : sale.lines) {
    const auto pieces = pieces_of(line);
    if (pieces <= 0) continue;
    Product& product = products[line.product];
    product.reserved -= pieces;
    product.on_hand -= pieces;
    product.xid = std::max(product.xid, xid);
    shipment.pieces[product.sku] += pieces;
    line.sent += pieces;
  }
  if (!shipment.pieces.empty()) sale.shipments.push_back(std::move(shipment));
  sale.xid = std::max(sale.xid, xid);
}

}  // namespace ferry::simulation
