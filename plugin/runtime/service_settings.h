// The settings of an instance (host-api/include/ferry/schemas/settings.md), parsed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "plugin/engine/ports.h"
#include "plugin/runtime/service.h"

namespace ferry::runtime {

struct ServiceSettings {
  std::string database;           // ODBC connection string, no password
  std::string database_password;  // the secret's name; empty: none
  std::string notify;             // libpq connection string, no password; empty: poll only
  std::vector<std::string> only;  // "CHANNEL" or "CHANNEL/JOB"; empty: everything
  std::size_t connections = 4;
  std::int32_t retention_days = 30;
};

// Every problem is appended to `problems`; then the result must not be used.
ServiceSettings read_service_settings(std::string_view json, std::vector<config::Problem>& problems);

// Whether `only` lets this process drive the lane.
bool drives(const ServiceSettings& settings, const engine::LaneId& lane);

// The host's secrets as a channel may use them: all but the database's. Whoever may edit a channel also says where it
// connects to, and would else have that password sent there.
config::SecretResolver secrets_of_channels(const ServiceSettings& settings, config::SecretResolver all);

// A name for this engine in leases and runs: host, process, and a part that differs after a restart with the same id.
std::string make_holder();

}  // namespace ferry::runtime
