// ferry.so, loaded and activated, for the length of one command.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "host-api/cxx/host_adapter.h"
#include "host-api/cxx/module.h"
#include "host-api/cxx/plugin_handle.h"
#include "host-api/hosts/console/configuration.h"
#include "host-api/hosts/console/options.h"

namespace ferry::console {

// This program as a host: a log on standard error, secrets from the configuration, no order entry.
class ConsoleHost final : public abi::Host {
 public:
  // Lines below `least` are dropped; misbehaviour never is.
  ConsoleHost(Secrets secrets, ferry_log_severity_t least) : secrets_(std::move(secrets)), least_(least) {}
  void log(ferry_log_severity_t severity, std::string_view line) override;
  std::optional<std::string> secret(std::string_view name) override;

 private:
  const Secrets secrets_;
  const ferry_log_severity_t least_;
};

class Session {
 public:
  // Reads the configuration, loads the module, makes an instance. Not yet active.
  static Result<std::unique_ptr<Session>> open(const Options& options);

  // `only`: lanes, separated by commas; empty: as configured.
  Result<void> activate(abi::Activation mode, std::string_view only);
  void deactivate() { plugin_->deactivate(kDrainMs); }

  // Precondition: active. The refusal is the module's reason.
  Result<boost::json::object> perform(std::string_view operation, const boost::json::object& arguments);

  std::string module_version() const { return std::string(plugin_->version()); }

 private:
  static constexpr std::uint32_t kDrainMs = 10'000;

  Session(Configuration configuration, ferry_log_severity_t least);

  Configuration configuration_;
  ConsoleHost host_;
  abi::HostAdapter adapter_;
  abi::Module module_;
  std::unique_ptr<abi::PluginHandle> plugin_;
};

}  // namespace ferry::console
