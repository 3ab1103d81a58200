// Times and waits as HTTP headers say them.
#pragma once

#include <optional>
#include <string_view>

#include "plugin/connector/connector.h"

namespace ferry::connector {

// "Sat, 21 Nov 2026 02:18:44 GMT" (RFC 9110 IMF-fixdate, the only form still written); empty when it is anything else.
std::optional<Instant> parse_http_date(std::string_view text);

// How long the reply's Retry-After asks to wait, never negative: its seconds, or its date less the reply's own Date (so
// that the difference between the clocks does not matter). Empty: no such header, not readable, or a date without Date.
std::optional<Duration> retry_after(const HttpReply& reply);

}  // namespace ferry::connector
