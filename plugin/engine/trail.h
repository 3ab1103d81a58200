// The exchange record: what was said to the portal and answered, as it may be kept and shown.
#pragma once

#include <string>
#include <string_view>

#include "plugin/connector/connector.h"

namespace ferry::engine {

inline constexpr std::size_t kLongestTrail = 8 * 1024;  // bytes of each side

// Method, target, headers and body; bounded, valid UTF-8. The values of headers and query parameters that carry
// credentials, and `secret` (unless empty) wherever it stands, are "***".
std::string trail_of(const connector::HttpRequest& request, std::string_view secret);
std::string trail_of(const connector::HttpReply& reply, std::string_view secret);

// The same for a log-in, of which neither body is kept.
std::string login_trail_of(const connector::HttpRequest& request);
std::string login_trail_of(const connector::HttpReply& reply);

}  // namespace ferry::engine
