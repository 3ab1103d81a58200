// The feed's product document, and what it asks of the portal.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

struct WantedProduct {
  std::string sku;
  std::string product;  // the ERP's template
  std::string name, description;
  std::map<std::string, std::string> fields;  // texts by custom field of ProductVariant
  bool is_withdrawal = false;
  std::set<std::string_view> left_out;  // of name and description: not the ERP's on this channel, so nothing is set

  bool owns(std::string_view member) const { return !left_out.contains(member); }
};

// What is wrong is in `problem`.
std::optional<WantedProduct> read_product(const Settings& settings, const connector::OutboundItem& item,
                                          std::string& problem);

}  // namespace ferry::vendure
