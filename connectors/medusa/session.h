// Log-in with e-mail address and password: the token (JWT, a day long) goes out as a bearer token.
#pragma once

#include <memory>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// `settings` outlives the log-in. A password rather than a secret API key, which Medusa checks with scrypt: 50 ms of its
// processor for every single request.
std::unique_ptr<connector::Login> make_login(const Settings& settings);

void authorize(connector::HttpRequest& request, const connector::Session& session);

}  // namespace ferry::medusa
