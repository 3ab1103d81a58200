// What the lanes of one channel have in common. A change of the channel's settings makes a new one, and new lanes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugin/connector/connector.h"
#include "plugin/engine/channel_settings.h"
#include "plugin/engine/credential.h"

namespace ferry::engine {

// Immutable but for the credential, which is thread-safe. Neither pointer is null.
struct Channel {
  std::int32_t id = 0;
  std::string profile;       // folder under sql/profiles
  ChannelSettings settings;  // after fit()
  std::unique_ptr<const connector::Connector> connector;
  std::shared_ptr<Credential> credential;  // shared by the channels that log in with it
};

}  // namespace ferry::engine
