#include "connectors/vendure/stock_view.h"

#include "plugin/domain/text.h"

namespace ferry::vendure {

bool StockView::add(const json::value& data) {
  const auto& items = array_at(data, {"productVariants", "items"});
  for (const auto& item : items) {
    Variant variant;
    variant.id = id_at(item, {"id"});
    for (const auto& level : array_at(item, {"stockLevels"}))
      variant.on_hand[id_at(level, {"stockLocationId"})] = integer_at(level, {"stockOnHand"}).value_or(0);
    if (!variant.id.empty()) variants_[std::string(text_at(item, {"sku"}))].push_back(std::move(variant));
  }
  locations_.clear();
  for (const auto& location : array_at(data, {"stockLocations", "items"}))
    locations_.emplace_back(id_at(location, {"id"}), text_at(location, {"name"}));
  seen_ += static_cast<std::int64_t>(items.size());
  return !items.empty() && seen_ < integer_at(data, {"productVariants", "totalItems"}).value_or(0);
}

const std::vector<Variant>& StockView::variants(std::string_view sku) const noexcept {
  static const std::vector<Variant> none;
  const auto found = variants_.find(sku);
  return found == variants_.end() ? none : found->second;
}

std::string StockView::location_id(std::string_view id_or_name) const {
  if (id_or_name.empty()) return locations_.empty() ? "" : locations_.front().first;
  for (const auto& [id, name] : locations_) {
    if (id == id_or_name) return id;
  }
  for (const auto& [id, name] : locations_) {
    if (name == id_or_name) return id;
  }
  return "";
}

std::string StockView::location_names() const {
  std::string names;
  for (const auto& [id, name] : locations_) names += (names.empty() ? "" : ", ") + quote_and_bound(name, 40);
  return bound(names, 300);
}

}  // namespace ferry::vendure
