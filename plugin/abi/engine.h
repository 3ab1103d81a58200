// What the C ABI needs of the running engine; runtime::Service behind an interface, so that the glue is tested alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/runtime/service.h"

namespace ferry::abi {

// Contracts are those of runtime::Service.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual void start() = 0;
  virtual void stop(Duration drain) = 0;
  virtual void wake() = 0;
  virtual std::optional<runtime::ErpCall> next_erp_call() = 0;
  virtual void answer(std::uint64_t call, engine::ErpReply reply) = 0;
  virtual std::size_t erp_calls_waiting() const = 0;
  virtual boost::system::result<std::string, runtime::OperationFailed> perform(std::string_view operation,
                                                                               std::string_view arguments_json) = 0;
};

// Checks the settings; problems are appended, and then the engine must not be started.
using MakeEngine = std::function<std::unique_ptr<Engine>(std::string_view settings_json, runtime::HostServices host,
                                                         std::vector<config::Problem>& problems)>;

// The real one.
std::unique_ptr<Engine> make_service(std::string_view settings_json, runtime::HostServices host,
                                     std::vector<config::Problem>& problems);

}  // namespace ferry::abi
