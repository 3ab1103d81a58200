// Asks a portal whether connection, credentials and rights are in order, and waits for the answer.
#pragma once

#include <string>

#include "plugin/engine/channel.h"

namespace ferry::runtime {

struct ProbeResult {
  bool is_ok = false;
  std::string message;  // one line for a person
};

// Blocks until the portal has answered, at most about the channel's request timeout for each of its few requests.
ProbeResult probe(const engine::Channel& channel);

}  // namespace ferry::runtime
