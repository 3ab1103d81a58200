// Time as Ferry uses it: UTC everywhere inside, microsecond resolution (PostgreSQL's own).
// Zones are converted at the edge; nothing in here reads a clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

using Duration = std::chrono::microseconds;
// A moment, UTC. `Instant{}` (the epoch) means "never" where a field says so.
using Instant = std::chrono::sys_time<Duration>;

// "2026-11-21T09:30:00.123456Z": always UTC, always six decimals, so that text order is time order.
std::string to_iso8601(Instant instant);

// Reads ISO 8601 with 'T' or ' ' between date and time, 0 to 9 decimals (cut to microseconds) and a zone
// ("Z", "+05:30", "-0330"), within the years 1 to 9999 of UTC. Text without a zone is refused: guessing one has lost other connectors hours of orders.
std::optional<Instant> from_iso8601(std::string_view text);

}  // namespace ferry
