// The feed's stock document, and what it asks of the portal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/connector/connector.h"

namespace ferry::vendure {

struct WantedStock {
  std::string sku;
  std::string location;                    // name or id; empty: the channel's
  std::int32_t quantity = 0;               // what the portal should show as on hand
  std::optional<std::int32_t> last_known;  // what it last confirmed at the same location
  bool is_withdrawal = false;              // the ERP does not publish the record any more
};

// What is wrong is in `problem`. A withdrawal (empty document) becomes quantity 0 where the record last was.
std::optional<WantedStock> read_wanted(const connector::OutboundItem& item, std::string& problem);

}  // namespace ferry::vendure
