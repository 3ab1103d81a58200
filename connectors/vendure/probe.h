// Checks a channel before it is used: rights, custom fields, stock location, money.
#pragma once

#include <memory>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// A batch of one; everything that is missing is named at once. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_probe(const Settings& settings);

}  // namespace ferry::vendure
