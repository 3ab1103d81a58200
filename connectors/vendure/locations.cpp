#include "connectors/vendure/locations.h"

#include "plugin/domain/text.h"

namespace ferry::vendure {

Locations::Locations(const json::value& data) {
  for (const auto& location : array_at(data, {"stockLocations", "items"})) {
    locations_.emplace_back(id_at(location, {"id"}), text_at(location, {"name"}));
    const auto& [id, name] = locations_.back();
    are_all_readable_ = are_all_readable_ && !id.empty() && !name.empty();
  }
}

std::string Locations::id_of(std::string_view id_or_name) const {
  if (id_or_name.empty()) return locations_.empty() ? "" : locations_.front().first;
  for (const auto& [id, name] : locations_) {
    if (id == id_or_name) return id;
  }
  for (const auto& [id, name] : locations_) {
    if (name == id_or_name) return id;
  }
  return "";
}

std::string Locations::names() const {
  std::string names;
  for (const auto& [id, name] : locations_) names += (names.empty() ? "" : ", ") + quote_and_bound(name, 40);
  return bound(names, 300);
}

}  // namespace ferry::vendure
