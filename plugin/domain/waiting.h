// Which feeds' records wait on a portal for those of another.
#pragma once

#include <array>
#include <span>

#include "plugin/domain/feed.h"

namespace ferry {

namespace waiting {
inline constexpr std::array kForProducts{Feed::stock, Feed::list_price, Feed::cost, Feed::discount,
                                         Feed::fixed_net_price};
inline constexpr std::array kForListPrices{Feed::product};  // some portals keep a product from sale until it has one
inline constexpr std::array kProducts{Feed::product};
inline constexpr std::array kListPrices{Feed::list_price};
}  // namespace waiting

// What may be absent on a portal until this feed has brought it, record for record of the same label.
constexpr std::span<const Feed> waiting_for(Feed brings) noexcept {
  if (brings == Feed::product) return waiting::kForProducts;
  if (brings == Feed::list_price) return waiting::kForListPrices;
  return {};
}

// The other way round: which feeds may bring what a record of this one waits for.
constexpr std::span<const Feed> awaited_by(Feed waits) noexcept {
  if (waits == Feed::product) return waiting::kListPrices;
  for (const Feed feed : waiting::kForProducts) {
    if (feed == waits) return waiting::kProducts;
  }
  return {};
}

}  // namespace ferry
