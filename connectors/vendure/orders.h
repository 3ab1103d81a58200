// Reads the portal's orders, one page at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// Orders of any state placed in the window. By orderPlacedAt and never by updatedAt, which Vendure does not move when
// an order is paid, shipped or settled: a window over it has been seen to miss paid orders. The cursor is an offset; an
// order can only join the window at its end, so pages never skip one. `settings` outlives the pull.
std::unique_ptr<connector::Pull> make_order_pull(const Settings& settings, const connector::Window& window,
                                                 std::string_view cursor);

// The orders with these ids as they are now; one page, those that are gone are missing.
std::unique_ptr<connector::Pull> make_order_pull(const Settings& settings, std::span<const std::string> portal_ids);

}  // namespace ferry::vendure
