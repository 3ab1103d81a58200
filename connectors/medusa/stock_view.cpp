#include "connectors/medusa/stock_view.h"

#include <algorithm>

#include "plugin/domain/text.h"

namespace ferry::medusa {

void StockView::add_locations(const json::value& body) {
  for (const auto& location : array_at(body, {"stock_locations"})) {
    locations_.emplace_back(id_at(location, {"id"}), text_at(location, {"name"}));
    const auto& [id, name] = locations_.back();
    has_all_locations_ = has_all_locations_ && !id.empty() && !name.empty();
  }
}

void StockView::add_items(const json::value& body) {
  for (const auto& listed : array_at(body, {"inventory_items"})) {
    InventoryItem item;
    item.id = id_at(listed, {"id"});
    const std::string sku(text_at(listed, {"sku"}));
    has_all_items_ = has_all_items_ && !item.id.empty() && !sku.empty();
    if (item.id.empty()) continue;
    const auto* levels = find(listed, {"location_levels"});
    item.is_readable = levels && levels->is_array();
    for (const auto& level : array_at(listed, {"location_levels"})) {
      const auto location = id_at(level, {"location_id"});
      const auto stocked = raw_at(level, {"raw_stocked_quantity"});
      item.is_readable = item.is_readable && !location.empty() && stocked;
      item.stocked[location] = stocked.value_or(Decimal());
      const auto& named = array_at(level, {"stock_locations"});
      if (!location.empty()) levelled_[location] = named.empty() ? "" : text_at(named.front(), {"name"});
    }
    items_[sku].push_back(std::move(item));
  }
}

const std::vector<InventoryItem>& StockView::items(std::string_view sku) const noexcept {
  static const std::vector<InventoryItem> none;
  const auto found = items_.find(sku);
  return found == items_.end() ? none : found->second;
}

std::string StockView::location_id(std::string_view id_or_name) const {
  if (id_or_name.empty()) return locations_.size() == 1 ? locations_.front().first : "";
  const auto is_it = [&](const auto& location) { return location.first == id_or_name; };
  const auto is_called = [&](const auto& location) { return location.second == id_or_name; };
  if (locations_.empty()) {
    if (std::any_of(levelled_.begin(), levelled_.end(), is_it)) return std::string(id_or_name);
    const auto found = std::find_if(levelled_.begin(), levelled_.end(), is_called);
    return found == levelled_.end() ? "" : found->first;
  }
  auto found = std::find_if(locations_.begin(), locations_.end(), is_it);
  if (found == locations_.end()) found = std::find_if(locations_.begin(), locations_.end(), is_called);
  return found == locations_.end() ? "" : found->first;
}

std::string StockView::missing_location(std::string_view id_or_name) const {
  std::string names;
  for (const auto& [id, name] : locations_) names += (names.empty() ? "" : ", ") + quote_and_bound(name, 40);
  names = bound(names, 300);
  if (locations_.empty()) return "the portal has no stock location; create one there";
  if (id_or_name.empty()) return "the portal has several stock locations; set stock_location to one of " + names;
  return "the portal has no stock location " + quote_and_bound(id_or_name, 100) + "; it has " + names;
}

}  // namespace ferry::medusa
