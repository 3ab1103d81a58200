// Log-in with user name and password: the token comes in a response header and goes out as a bearer token.
#pragma once

#include <memory>
#include <string_view>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// `settings` outlives the log-in.
std::unique_ptr<connector::Login> make_login(const Settings& settings);

// Says which channel of the portal a request is for.
inline constexpr std::string_view kChannelHeader = "vendure-token";

// Adds the token, and the setting's channel to a request that names none; the channel also to the log-in itself, because
// a session remembers its channel.
void authorize(connector::HttpRequest& request, const connector::Session& session, const Settings& settings);

}  // namespace ferry::vendure
