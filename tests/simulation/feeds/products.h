// What the feeds have in common that have one record of each product and change with nothing but its row.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tests/simulation/feed_model.h"

namespace ferry::simulation {

class ProductsModel : public FeedModel {
 public:
  std::set<std::int64_t> all(const View& view) const override {
    std::set<std::int64_t> keys;
    for (const auto& product : view.erp.products) {
      if (product.is_known) keys.insert(product.key);
    }
    return keys;
  }
  void add_reported(const View&, const Snapshot&, std::set<std::int64_t>&) const override {}
  void add_changed(const View& view, Xid since, std::set<std::int64_t>& keys) const override {
    for (const auto& product : view.erp.products) {
      if (product.xid >= since) keys.insert(product.key);
    }
  }
  bool is_urgent(const std::string&, const std::string&) const override { return false; }
  Instant boundary(Instant) const override { return {}; }
};

}  // namespace ferry::simulation
