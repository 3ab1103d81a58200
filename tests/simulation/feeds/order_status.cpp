// What the portal should know of the sale that its order became: sql/profiles/tryton-6.0/order_status.sql.
#include "plugin/domain/decimal.h"
#include "tests/simulation/feed_model.h"

namespace ferry::simulation {
namespace {

using engine::OrderState;

class OrderStatus final : public FeedModel {
 public:
  Feed feed() const override { return Feed::order_status; }

  std::set<std::int64_t> all(const View& view) const override {
    std::set<std::int64_t> keys;
    for (const auto& [reference, order] : view.tables.orders(view.channel)) {
      if (order.state == OrderState::linked) keys.insert(order.erp_id);
    }
    return keys;
  }

  void add_reported(const View& view, const Snapshot& before, std::set<std::int64_t>& keys) const override {
    for (const auto& [reference, order] : view.tables.orders(view.channel)) {
      if (order.state == OrderState::linked && !before.sees(order.xid)) keys.insert(order.erp_id);
    }
  }

  void add_changed(const View& view, Xid since, std::set<std::int64_t>& keys) const override {
    for (const auto key : all(view)) {
      if (view.erp.sales.at(static_cast<std::size_t>(key - 1)).xid >= since) keys.insert(key);
    }
  }

  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& sale = view.erp.sales.at(static_cast<std::size_t>(key - 1));
    const auto& orders = view.tables.orders(view.channel);
    const auto order = orders.find(sale.reference);
    if (sale.channel != view.channel || order == orders.end() || order->second.erp_id != key) return std::nullopt;
    return Wanted{sale.reference, R"({"order":")" + order->second.seen.portal_id + R"(","reference":")" +
                                      sale.reference + R"(","number":")" + sale.number + R"(","state":")" +
                                      std::string(name_of(sale.state)) + "\",\"shipments\":[" + shipments(sale) + "]" +
                                      (view.tables.pays_back ? member("refunds", refunds(sale)) : "") +
                                      member("invoices", invoices(sale)) + member("cancelled", cancelled(view, sale)) + "}"};
  }

  static std::string member(const std::string& name, const std::string& entries) {
    return entries.empty() ? "" : ",\"" + name + "\":[" + entries + "]";
  }

  static void add(std::string& entries, const std::string& entry) { entries += (entries.empty() ? "" : ",") + entry; }

  // What the portal has paid back itself is not told, nor what came back for nothing.
  static std::string refunds(const Sale& sale) {
    std::string text;
    for (const auto& returned : sale.returns) {
      if (!returned.refund.empty() || returned.cents <= 0) continue;
      std::string lines;
      for (const auto& [sku, pieces] : returned.pieces)
        add(lines, R"({"sku":")" + sku + R"(","quantity":")" + std::to_string(pieces) + "\"}");
      add(text, R"({"number":")" + returned.number + R"(","total":")" + Decimal::from_minor_units(returned.cents, 2)->text() +
                    R"(","currency":"EUR","reason":")" + returned.reason + R"(","lines":[)" + lines + "]}");
    }
    return text;
  }

  static std::string invoices(const Sale& sale) {
    std::string text;
    for (const auto& invoice : sale.invoices)
      add(text, R"({"number":")" + invoice.number + R"(","date":")" + invoice.date + R"(","kind":")" +
                    (invoice.is_credit_note ? "credit_note" : "invoice") + "\"}");
    return text;
  }

  static std::string cancelled(const View& view, const Sale& sale) {
    std::map<std::string, std::int64_t> pieces;  // in order of SKU
    for (const auto& line : sale.lines) pieces[view.erp.products[line.product].sku] += line.cancelled;
    std::string text;
    for (const auto& [sku, count] : pieces) {
      if (count > 0 && sale.state != SaleState::cancelled)
        add(text, R"({"sku":")" + sku + R"(","quantity":")" + std::to_string(count) + "\"}");
    }
    return text;
  }

  static std::string shipments(const Sale& sale) {
    std::string text;
    for (const auto& shipment : sale.shipments) {
      std::string lines;
      for (const auto& [sku, pieces] : shipment.pieces) {
        lines += (lines.empty() ? "" : ",") + (R"({"sku":")" + sku) + R"(","quantity":")" + std::to_string(pieces) + "\"}";
      }
      text += (text.empty() ? "" : ",") + (R"({"number":")" + shipment.number) +
              R"(","carrier":"","tracking":")" + shipment.number + R"(T","lines":[)" + lines + "]}";
    }
    return text;
  }

  bool is_urgent(const std::string&, const std::string&) const override { return false; }
  Instant boundary(Instant) const override { return {}; }
};

}  // namespace

const FeedModel& feed_model_order_status();
const FeedModel& feed_model_order_status() {
  static const OrderStatus model;
  return model;
}

}  // namespace ferry::simulation
