// Settings of Type::map, as connectors use them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::connector {

// The texts of a JSON object; whatever is none is left out. Empty for what is no object: settings are checked before.
std::map<std::string, std::string> map_of(std::string_view setting);

// The portal's locations in the setting `locations`, each once, sorted.
std::vector<std::string> locations_of(std::string_view setting);

}  // namespace ferry::connector
