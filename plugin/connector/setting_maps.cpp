#include "plugin/connector/setting_maps.h"

#include <algorithm>

#include "plugin/connector/json.h"

namespace ferry::connector {

std::map<std::string, std::string> map_of(std::string_view setting) {
  boost::system::error_code error;
  const auto parsed = json::parse(setting.empty() ? "{}" : setting, error);
  std::map<std::string, std::string> map;
  if (error || !parsed.is_object()) return map;
  for (const auto& entry : parsed.get_object()) {
    if (entry.value().is_string()) map[entry.key()] = entry.value().get_string();
  }
  return map;
}

std::vector<std::string> locations_of(std::string_view setting) {
  std::vector<std::string> names;
  for (auto& [warehouse, name] : map_of(setting)) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool is_of_erp(std::string_view owner_setting, std::string_view field) {
  const auto owners = map_of(owner_setting);
  const auto found = owners.find(std::string(field));
  return found == owners.end() || found->second == "erp";
}

}  // namespace ferry::connector
