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

// By the setting `owner`, whether a field ("order_status.invoices") is the ERP's. What is not is missing in documents, as what
// there is none of may be: a connector that would take that away on the portal has to know.
bool is_of_erp(std::string_view owner_setting, std::string_view field);

}  // namespace ferry::connector
