// Reads the portal's orders, one page at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Orders of any state created in the window. Not by updated_at, which a capture does not move and our own number does:
// payments are noticed because open orders are read again by their ids. A draft order counts from the moment it was
// drafted, so one that is converted later than the window's overlap is not found by itself.
//
// The cursor is an offset into the order of ids, which ascend with time: an order that joins moves others to later pages
// and hides none. Medusa ignores a filter that it does not know, so an order outside the window is an error. `settings`
// outlives the pull.
std::unique_ptr<connector::Pull> make_order_pull(const Settings& settings, const connector::Window& window,
                                                 std::string_view cursor);

// The orders with these ids as they are now; those that are gone are missing.
std::unique_ptr<connector::Pull> make_order_pull(const Settings& settings, std::span<const std::string> portal_ids);

// The query of a window's page.
std::string window_query(const connector::Window& window, std::int64_t take, std::int64_t skip);
// 0 for what is no cursor.
std::int64_t offset_of(std::string_view cursor);

}  // namespace ferry::medusa
