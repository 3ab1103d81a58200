// Checks a channel before it is used: rights and stock locations.
#pragma once

#include <memory>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// A batch of one; everything that is missing is named at once. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_probe(const Settings& settings);

}  // namespace ferry::medusa
