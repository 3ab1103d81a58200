// The feed's stock document, and what it asks of the portal.
#pragma once

#include <optional>
#include <string>

#include "plugin/connector/connector.h"
#include "plugin/domain/decimal.h"

namespace ferry::medusa {

struct WantedStock {
  std::string sku;
  std::string location;               // name or id; empty: the channel's
  Decimal quantity;                   // what the portal should show as stocked; number_of() has it
  std::optional<Decimal> last_known;  // what it last confirmed at the same location
  bool is_withdrawal = false;         // the ERP does not publish the record any more
};

// What is wrong is in `problem`. A withdrawal (empty document) becomes quantity 0 where the record last was.
std::optional<WantedStock> read_wanted(const connector::OutboundItem& item, std::string& problem);

}  // namespace ferry::medusa
