// Available to sell, as sql/profiles/tryton-6.0/stock.sql computes it for a shop with one warehouse and no kits.
#include <algorithm>

#include "plugin/domain/allocation.h"
#include "tests/simulation/feed_model.h"

namespace ferry::simulation {
namespace {

using engine::OrderState;

// Portal orders of every channel that the ERP has not reserved.
std::int64_t claimed(const View& view, const std::string& sku) {
  std::int64_t sum = 0;
  for (const auto& [channel, orders] : view.tables.all_orders()) {
    for (const auto& [reference, order] : orders) {
      const bool is_due = order.state == OrderState::waiting || order.state == OrderState::ready ||
                          order.state == OrderState::review;
      if (!is_due || order.seen.cancelled || view.erp.sale_of(channel, reference)) continue;
      for (const auto& line : order.lines) sum += line.sku == sku ? line.quantity : 0;
    }
  }
  return sum;
}

// What that portal itself still holds back; not what the ERP has cancelled.
std::int64_t opened(const View& view, std::int32_t channel, const std::string& sku) {
  std::int64_t sum = 0;
  for (const auto& [reference, order] : view.tables.orders(channel)) {
    if (!order.seen.open || order.seen.cancelled) continue;
    std::int64_t quantity = 0;
    for (const auto& line : order.lines) quantity += line.sku == sku ? line.open_quantity : 0;
    if (quantity == 0) continue;
    const auto* sale = view.erp.sale_of(channel, reference);
    if (!sale || sale->state != SaleState::cancelled) sum += quantity;
  }
  return sum;
}

// What a document says under that name, in whole pieces; 0: nothing.
std::int64_t number_in(const std::string& document, const std::string& member) {
  const std::string name = "\"" + member + "\":\"";
  const auto at = document.find(name);
  return at == std::string::npos ? 0 : std::stoll(document.substr(at + name.size()));
}

std::int64_t exposed_by(const std::string& document) {
  return number_in(document, "quantity") + number_in(document, "open");
}

std::int64_t held_by(const View& view, std::int32_t channel, std::int64_t key, const std::string& sku) {
  const auto lane = view.tables.lanes().find({channel, std::string(name_of(Feed::stock))});
  if (lane == view.tables.lanes().end()) return 0;
  const auto found = lane->second.publications.find({key, 0});
  if (found == lane->second.publications.end()) return 0;
  const auto& known = found->second;
  const auto exposed = known.exposed.value_or(
      std::max(exposed_by(known.acknowledged.value_or("")), exposed_by(known.desired.value_or(""))));
  return std::max<std::int64_t>(0, exposed - opened(view, channel, sku));
}

std::int64_t held_by_others(const View& view, std::int64_t key, const std::string& sku) {
  std::int64_t sum = 0;
  for (const auto& [channel, percent] : view.tables.allocation_percents) {
    if (channel != view.channel) sum += held_by(view, channel, key, sku);
  }
  return sum;
}

// The channel's share, as far as the others leave room.
std::int64_t told(const View& view, std::int64_t key, const std::string& sku, std::int64_t pool) {
  const auto found = view.tables.allocation_percents.find(view.channel);
  if (found == view.tables.allocation_percents.end()) return pool;
  const auto share = share_of(Decimal(pool), {static_cast<std::int32_t>(found->second), {}, {}, {}}, {}, 0);
  const auto told = allotted(*share, Decimal(pool), Decimal(held_by_others(view, key, sku)), 0);
  return *told->to_minor_units(0);
}

class Stock final : public FeedModel {
 public:
  Feed feed() const override { return Feed::stock; }

  std::set<std::int64_t> all(const View& view) const override {
    std::set<std::int64_t> keys;
    for (const auto& product : view.erp.products) {
      if (product.is_known && product.is_published) keys.insert(product.key);
    }
    return keys;
  }

  void add_reported(const View& view, const Snapshot& before, std::set<std::int64_t>& keys) const override {
    for (const auto& [channel, orders] : view.tables.all_orders()) {
      for (const auto& [reference, order] : orders) {
        if (before.sees(order.xid)) continue;
        for (const auto& line : order.lines) {
          for (const auto& product : view.erp.products) {
            if (product.is_known && product.sku == line.sku) keys.insert(product.key);
          }
        }
      }
    }
  }

  void add_changed(const View& view, Xid since, std::set<std::int64_t>& keys) const override {
    for (const auto& product : view.erp.products) {
      if (product.xid >= since) keys.insert(product.key);
    }
    for (auto sale = view.erp.sales.rbegin(); sale != view.erp.sales.rend(); ++sale) {
      if (sale->xid < since) continue;
      for (const auto& line : sale->lines) keys.insert(view.erp.products[line.product].key);
    }
  }

  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& product = view.erp.products.at(static_cast<std::size_t>(key - 1));
    if (!product.is_known || !product.is_published) return std::nullopt;
    const auto free = view.erp.on_hand(product, view.now) - product.reserved - claimed(view, product.sku);
    const auto own = opened(view, view.channel, product.sku);
    const bool subtracts = view.stock_meaning == connector::StockMeaning::on_hand;
    const auto quantity = told(view, key, product.sku, std::max<std::int64_t>(0, free)) + (subtracts ? own : 0);
    const bool tells_open = !subtracts && !view.tables.allocation_percents.empty();
    return Wanted{product.sku, R"({"sku":")" + product.sku + R"(","location":null,"quantity":")" +
                                   std::to_string(quantity) + (product.has_half_a_piece ? ".5" : "") +
                                   (tells_open ? R"(","open":")" + std::to_string(own) : "") + "\"}"};
  }

  bool is_urgent(const std::string& previous, const std::string& document) const override {
    return number_in(previous, "quantity") > number_in(document, "quantity");
  }
  std::int64_t exposure(const std::string& document) const override { return exposed_by(document); }
  std::int64_t held(const View& view, std::int64_t key) const override {
    return held_by(view, view.channel, key, view.erp.products.at(static_cast<std::size_t>(key - 1)).sku);
  }
  Instant boundary(Instant now) const override {
    return std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1);  // what is dated tomorrow counts then
  }
};

}  // namespace

const FeedModel& feed_model_stock();
const FeedModel& feed_model_stock() {
  static const Stock model;
  return model;
}

}  // namespace ferry::simulation
