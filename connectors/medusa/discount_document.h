// The documents of discounts: percentages off the list price of one SKU for the customers of one of the ERP's price
// lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/medusa/price_tiers.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

struct WantedDiscount {
  std::string sku;
  std::string list;
  std::string list_name;    // for people; empty where it is given away
  std::vector<Tier> tiers;  // the amount is per cent; none: withdrawn
};

// None: see `problem`, which names what is wrong and how to mend it.
std::optional<WantedDiscount> read_wanted_discount(const connector::OutboundItem& item, std::string& problem);

// `the discount of SKU "A" in price list "7" ("Dealers")`.
std::string name_of(const WantedDiscount& wanted);

}  // namespace ferry::medusa
