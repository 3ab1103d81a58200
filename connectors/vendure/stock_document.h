// The feed's stock document, and what it asks of the portal; the portal's own stock of a variant.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/vendure/json.h"
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

// What a listed variant has on hand, by location id; a location that is not there: 0. None: some level was no number of
// a location, so that none of them can be believed.
std::optional<std::map<std::string, std::int64_t>> stock_levels(const json::value& variant);

}  // namespace ferry::vendure
