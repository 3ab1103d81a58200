#include "connectors/medusa/stock.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stock_document.h"
#include "connectors/medusa/stock_view.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

struct Item {
  std::size_t index = 0;
  WantedStock wanted;
};

class StockPush final : public Exchange {
 public:
  StockPush(const Settings& settings, std::span<const OutboundItem> items) : settings_(settings), batch_(items) {}

  Step start() override {
    std::set<std::string> skus;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      std::string problem;
      if (auto wanted = read_wanted(batch_[i], problem)) {
        skus.insert(wanted->sku);
        items_.push_back({i, std::move(*wanted)});
      } else {
        settle(i, Verdict::rejected, problem);
      }
    }
    if (items_.empty()) return finish();
    looks_ = targets(kItemsTarget, "sku", std::vector<std::string>(skus.begin(), skus.end()));
    return look_next();
  }

  Step on_reply(const HttpReply& reply) override {
    switch (stage_) {
      case Stage::looking: return on_looked(reply);
      case Stage::finding_locations: return on_locations(reply);
      case Stage::writing: break;
    }
    return on_written(reply);
  }
  Step on_resume() override { return finish(); }  // never pauses

 private:
  enum class Stage { looking = 1, finding_locations, writing };
  using Level = std::pair<std::string, std::string>;  // ids of item and location

  Step look_next() { return Send{get(settings_, looks_[looked_])}; }
  Step on_looked(const HttpReply& reply);
  Step on_locations(const HttpReply& reply);
  const std::string& location_of(const WantedStock& wanted) const {
    return wanted.location.empty() ? settings_.stock_location : wanted.location;
  }
  bool knows_all_locations() const;
  Step decide_all();
  void decide(const Item& item);
  void plan(const Item& item, const InventoryItem& shown, const std::string& location);
  Step on_written(const HttpReply& reply);
  Step fail_all(const Trouble& trouble);

  void settle(std::size_t index, Verdict verdict, std::string reason = "") {
    ItemVerdict item;
    item.index = index;
    item.verdict = verdict;
    item.reason = std::move(reason);
    settled_.push_back(std::move(item));
  }
  Step finish() { return Finish{std::move(settled_)}; }

  const Settings& settings_;
  std::span<const OutboundItem> batch_;
  Stage stage_ = Stage::looking;
  std::vector<Item> items_;
  std::vector<std::string> looks_;  // targets
  std::size_t looked_ = 0;          // of these
  StockView view_;
  std::map<Level, std::size_t> writes_;  // the item's index by what is written
  json::array created_, updated_;
  std::vector<ItemVerdict> settled_;
};

Step StockPush::fail_all(const Trouble& trouble) {
  for (const auto& item : items_) settled_.push_back(trouble.for_item(item.index, batch_.size() == 1));
  return finish();
}

Step StockPush::on_looked(const HttpReply& reply) {
  const auto answer = read_list(reply, "inventory_items");
  if (answer.trouble) return fail_all(*answer.trouble);
  view_.add_items(answer.body);
  if (++looked_ < looks_.size()) return look_next();
  if (knows_all_locations()) return decide_all();
  stage_ = Stage::finding_locations;
  return Send{get(settings_, std::string(kLocationsTarget))};
}

// The levels name theirs: usually there is nothing more to ask.
bool StockPush::knows_all_locations() const {
  return std::all_of(items_.begin(), items_.end(), [this](const Item& item) {
    return view_.items(item.wanted.sku).empty() || !view_.location_id(location_of(item.wanted)).empty();
  });
}

Step StockPush::on_locations(const HttpReply& reply) {
  const auto answer = read_list(reply, "stock_locations");
  if (answer.trouble) return fail_all(*answer.trouble);
  view_.add_locations(answer.body);
  return decide_all();
}

Step StockPush::decide_all() {
  for (const auto& item : items_) decide(item);
  if (writes_.empty()) return finish();
  stage_ = Stage::writing;
  // one transaction: all of it or nothing
  return Send{post(settings_, std::string(kLevelsPath), json::object{{"create", created_}, {"update", updated_}})};
}

void StockPush::decide(const Item& item) {
  const auto& wanted = item.wanted;
  const auto sku = quote_and_bound(wanted.sku, 100);
  const auto& found = view_.items(wanted.sku);
  if (found.empty()) {
    if (!view_.has_all_items())
      return settle(item.index, Verdict::retry, "the portal's answer has inventory items without id or SKU");
    if (wanted.is_withdrawal) return settle(item.index, Verdict::delivered);
    return settle(item.index, Verdict::absent, "the portal has no inventory item with SKU " + sku);
  }
  if (found.size() > 1)
    return settle(item.index, Verdict::rejected,
                  "the portal has several inventory items with SKU " + sku + ": ids " + found[0].id + " and " +
                      found[1].id + "; give each its own SKU");
  if (!found.front().is_readable)  // taken for 0 it would be left alone where 0 is wanted
    return settle(item.index, Verdict::retry, "the portal's answer has no readable stock of SKU " + sku);
  const auto& name = location_of(wanted);
  const auto location = view_.location_id(name);
  if (location.empty() && !view_.has_all_locations())
    return settle(item.index, Verdict::retry, "the portal's answer has stock locations without id or name");
  if (location.empty()) return settle(item.index, Verdict::rejected, view_.missing_location(name));
  const auto level = found.front().stocked.find(location);
  const auto shown = level == found.front().stocked.end() ? Decimal() : level->second;
  if (shown == wanted.quantity) return settle(item.index, Verdict::delivered);
  if (wanted.last_known && shown != *wanted.last_known && wanted.quantity > shown)
    return settle(
        item.index, Verdict::drifted,
        "the portal shows " + shown.text() + " where it last confirmed " + wanted.last_known->text());
  plan(item, found.front(), location);
}

void StockPush::plan(const Item& item, const InventoryItem& shown, const std::string& location) {
  if (!writes_.emplace(Level(shown.id, location), item.index).second)
    return settle(item.index, Verdict::rejected,
                  "two ERP records carry SKU " + quote_and_bound(item.wanted.sku, 100) +
                      " at the same location; only one can be shown");
  auto& list = shown.stocked.contains(location) ? updated_ : created_;
  list.push_back(json::object{{"inventory_item_id", shown.id},
                              {"location_id", location},
                              {"stocked_quantity", *number_of(item.wanted.quantity)}});
}

Step StockPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::write);
  const bool is_alone = writes_.size() == 1;
  if (answer.trouble) {
    for (const auto& [level, index] : writes_) {
      auto item = answer.trouble->for_item(index, is_alone);
      // deleted, or given a level by somebody else, since we looked
      if (is_alone && answer.trouble->is_not_found) item.verdict = Verdict::absent;
      if (is_alone && answer.trouble->is_existing) item.verdict = Verdict::retry;
      settled_.push_back(std::move(item));
    }
    return finish();
  }
  std::set<Level> confirmed;
  for (const char* list : {"created", "updated"}) {
    for (const auto& level : array_at(answer.body, {list}))
      confirmed.emplace(id_at(level, {"inventory_item_id"}), id_at(level, {"location_id"}));
  }
  for (const auto& [level, index] : writes_) {
    if (confirmed.contains(level)) {
      settle(index, Verdict::delivered);
    } else {
      settle(index, Verdict::retry, "the portal's answer does not name inventory item " + level.first);
    }
  }
  return finish();
}

}  // namespace

std::unique_ptr<Exchange> make_stock_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<StockPush>(settings, items);
}

}  // namespace ferry::medusa
