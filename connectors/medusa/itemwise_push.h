// What the pushes that settle each record by itself share.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// `Item` has the `index` in the batch and whether it `is_settled`. `batch` outlives the exchange.
template <class Item>
class ItemwisePush : public connector::Exchange {
 protected:
  explicit ItemwisePush(std::span<const connector::OutboundItem> batch) : batch_(batch) {}

  // Only the first verdict on an item counts.
  void settle(Item& item, Verdict verdict, std::string reason = "") {
    if (std::exchange(item.is_settled, true)) return;
    ItemVerdict settled;
    settled.index = item.index;
    settled.verdict = verdict;
    settled.reason = std::move(reason);
    settled_.push_back(std::move(settled));
  }
  void settle(Item& item, const Trouble& trouble, bool is_alone) {
    if (std::exchange(item.is_settled, true)) return;
    settled_.push_back(trouble.for_item(item.index, is_alone));
  }
  connector::Step fail_all(const Trouble& trouble) {
    for (auto& item : items_) settle(item, trouble, batch_.size() == 1);
    return finish();
  }
  connector::Step stop_all(Verdict verdict, const std::string& reason) {
    for (auto& item : items_) settle(item, verdict, reason);
    return finish();
  }
  connector::Step finish() { return connector::Finish{std::move(settled_)}; }

  std::span<const connector::OutboundItem> batch_;
  std::vector<Item> items_;

 private:
  std::vector<ItemVerdict> settled_;
};

}  // namespace ferry::medusa
