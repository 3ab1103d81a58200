// The feed's product document, and what it asks of the portal.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

struct WantedProduct {
  std::string sku;
  std::string product;  // the ERP's template
  std::string name, description;
  std::vector<std::string> categories;  // paths: "Tools / Hammers"
  std::vector<std::string> images;      // URLs
  json::object metadata;                // of the variant, by key
  // What the portal confirmed last.
  std::string known_product, known_name, known_description;
  std::set<std::string, std::less<>> known_images;
  bool is_withdrawal = false;
  std::set<std::string_view> left_out;  // members that are not the ERP's on this channel, so nothing is set

  bool owns(std::string_view member) const { return !left_out.contains(member); }
};

// What is wrong is in `problem`.
std::optional<WantedProduct> read_product(const Settings& settings, const connector::OutboundItem& item,
                                          std::string& problem);

}  // namespace ferry::medusa
