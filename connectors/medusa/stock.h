// Pushes stock: looks at what the portal shows, then sets what differs, absolutely and per location.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Medusa's stocked_quantity includes what its open orders have reserved, and falls when the portal fulfils. A number
// that is not the one last confirmed therefore means that the portal acted by itself and that our idea of its open
// orders is old: raising it could put goods on sale twice, so the item is `drifted` and nothing is written. Lowering
// cannot. An item with empty `acknowledged` is set without that comparison (the engine's way out of an unexplained
// drift).
//
// The location is verified first, because Medusa takes a level at a location that does not exist without a word:
// against the levels that there are, or else the list of all locations. An item without a level at the location shows 0
// there; it gets one with its first other quantity. What the portal already shows is `delivered` without a write, so a
// repeated batch has no further effect. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_stock_push(const Settings& settings,
                                                     std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
