// The customer group of the portal that stands for one of the ERP's price lists.
#pragma once

#include <string>
#include <string_view>

#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

struct ListGroup {
  std::string id;  // empty: there is none yet
  Verdict verdict = Verdict::delivered;
  std::string problem;  // empty: none
};
// `name`: of the one that would be made; `is_needed`: it would.
ListGroup group_of(const PriceListView& view, const std::string& list, const std::string& name, bool is_needed);

// How it is named when it is made.
std::string group_name(const std::string& list, const std::string& list_name);
// `fields`: of the group, in the answer.
connector::HttpRequest new_group(const Settings& settings, const std::string& list, const std::string& name,
                                 std::string_view fields = "id");

}  // namespace ferry::medusa
