// The operations of ferry.operations/1 (host-api/include/ferry/schemas/operations.md), by name.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "plugin/runtime/channel_driver.h"
#include "plugin/runtime/service_settings.h"
#include "plugin/runtime/supervisor.h"

namespace ferry::runtime {

// What an operation works with. `engine` answers for the running engine; empty when none was started.
struct OperationContext {
  StorePool& stores;
  Credentials& credentials;
  const HostServices& host;
  std::string holder;
  std::function<std::optional<Supervisor::State>()> engine;
};

// The result, JSON. Throws OperationFailed.
std::string perform_operation(const OperationContext& context, std::string_view operation, std::string_view arguments_json);

}  // namespace ferry::runtime
