// What the lanes of one channel have in common. A change of the channel's settings makes a new one, and new lanes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugin/connector/connector.h"
#include "plugin/engine/breaker.h"
#include "plugin/engine/channel_settings.h"
#include "plugin/engine/credential.h"

namespace ferry::engine {

// Immutable but for the credential and the breaker, which are thread-safe. No pointer is null.
struct Channel {
  std::int32_t id = 0;
  std::string profile;       // folder under sql/profiles
  ChannelSettings settings;  // after fit()
  std::unique_ptr<const connector::Connector> connector;
  std::shared_ptr<Credential> credential;  // shared by the channels that log in with it
  std::shared_ptr<Breaker> breaker = std::make_shared<Breaker>();  // shared by the lanes of this process
};

}  // namespace ferry::engine
