// Net prices of one SKU in one of the ERP's price lists, and the same as Medusa takes them. There a price list has one
// window, and of the prices that fit a quantity the cheapest applies. So time is cut at every moment at which a tier
// begins or ends, and within each window every price is bounded by the quantity at which the next one begins.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/json.h"
#include "plugin/connector/connector.h"
#include "plugin/domain/time.h"

namespace ferry::medusa {

// from <= now < until; the epoch: no bound.
struct Window {
  Instant from{}, until{};
  friend auto operator<=>(const Window&, const Window&) = default;
};

struct Tier {
  Decimal quantity;  // from so many on
  Decimal amount;
  Window window;
};

// `figure`: the member that is its amount. None: a number is missing or below 0, or the window cannot be read.
std::optional<Tier> read_tier(const json::value& from, std::string_view figure);

bool covers(const Window& longer, const Window& window) noexcept;
// All time, cut at these moments.
std::vector<Window> cut(std::set<Instant> moments);
// The tiers of each window in which none begins or ends, in ascending order of quantity; windows that have none are left
// out. They belong to `all`.
std::map<Window, std::vector<const Tier*>> by_window(const std::vector<Tier>& all);

struct WantedPrices {
  std::string sku;
  std::string list;
  std::string list_name;  // for people
  std::string currency;
  std::vector<Tier> tiers;  // none: withdrawn
};

// One price of a portal's list. Quantities are inclusive; none: no bound.
struct PriceRow {
  std::optional<Decimal> least, most;
  Decimal amount;
};
using PriceWindows = std::map<Window, std::vector<PriceRow>>;

// None: see `problem`, which names what is wrong and how to mend it.
std::optional<WantedPrices> read_wanted_prices(const connector::OutboundItem& item, std::string& problem);

// As the portal is to show them. None: it cannot show them rightly, see `problem`.
std::optional<PriceWindows> in_windows(const WantedPrices& wanted, std::string& problem);
// The tiers that were made into these, in the order of a document: contiguous ones of the same amount as one.
std::vector<Tier> tiers_of(const PriceWindows& windows);

std::string text_of(Instant instant);    // "2026-12-01T18:30:00Z"; of the epoch ""
json::value moment_of(Instant instant);  // the same as JSON; of the epoch null

}  // namespace ferry::medusa
