// What the portal shows of a batch's SKUs: its inventory items with their levels, and its stock locations.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/medusa/json.h"

namespace ferry::medusa {

struct InventoryItem {
  std::string id;
  std::map<std::string, Decimal, std::less<>> stocked;  // by location id; none: no level there
  bool is_readable = true;  // false: some level was no number of a location, so that none of them can be believed
};

class StockView {
 public:
  void add_items(const json::value& body);
  void add_locations(const json::value& body);  // all that there are

  // All items that carry this SKU exactly; Medusa allows one, but what a portal allows changes.
  const std::vector<InventoryItem>& items(std::string_view sku) const noexcept;
  // False: some item came without id or SKU, so that a missing one says nothing.
  bool has_all_items() const noexcept { return has_all_items_; }

  // Id of the location with that id or else that name; of the only one for an empty text. Empty: there is none, or as
  // long as not all are known, none that an item has a level at.
  std::string location_id(std::string_view id_or_name) const;
  // False: some location came without id or name, so that a missing one says nothing.
  bool has_all_locations() const noexcept { return has_all_locations_; }
  // Why location_id() is empty, and how to mend it.
  std::string missing_location(std::string_view id_or_name) const;

 private:
  std::map<std::string, std::vector<InventoryItem>, std::less<>> items_;
  std::map<std::string, std::string> levelled_;                 // name by id, of those that some item has a level at
  std::vector<std::pair<std::string, std::string>> locations_;  // id, name
  bool has_all_locations_ = true, has_all_items_ = true;
};

}  // namespace ferry::medusa
