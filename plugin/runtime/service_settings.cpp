#include "plugin/runtime/service_settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace ferry::runtime {
namespace {

using config::Type;

constexpr std::array<config::Field, 6> kFields{{
    {"database", Type::text, "", true, 0, 0,
     "ODBC connection string of the ERP's database, without a password (Driver=...;Servername=...;Database=...;UID=...)."},
    {"database_password", Type::text, "", false, 0, 0,
     "Name of the secret that holds the password; empty: the database lets us in without one."},
    {"notify", Type::text, "", false, 0, 0,
     "libpq connection string of the same database, without a password, for being woken; empty: poll only."},
    {"only", Type::list, "", false, 0, 0, "Lanes this process may drive, each CHANNEL or CHANNEL/JOB; empty: all."},
    {"connections", Type::integer, "4", false, 2, 32, "Most connections to the database that the lanes share."},
    {"retention_days", Type::integer, "30", false, 1, 3650, "Days that exchanges and runs are kept."},
}};

bool mentions_password(std::string_view database) {
  std::string upper(database);
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper.find("PWD=") != std::string::npos || upper.find("PASSWORD=") != std::string::npos;
}

}  // namespace

std::span<const config::Field> server_fields() noexcept { return kFields; }

ServiceSettings read_service_settings(std::string_view json, std::vector<config::Problem>& problems) {
  ServiceSettings settings;
  auto found = config::problems(kFields, json);
  if (found.empty()) {
    const config::Values values = config::parse(
        kFields, json, [](std::string_view) { return std::nullopt; }, found);
    settings.database = values.text("database");
    settings.database_password = values.text("database_password");
    settings.notify = values.text("notify");
    settings.only = values.list("only");
    settings.connections = static_cast<std::size_t>(values.integer("connections"));
    settings.retention_days = static_cast<std::int32_t>(values.integer("retention_days"));
    if (mentions_password(settings.database)) {
      found.push_back({"database", "a password must not stand in 'database'; name a secret in 'database_password'"});
    }
    if (mentions_password(settings.notify)) {
      found.push_back({"notify", "a password must not stand in 'notify'; name a secret in 'database_password'"});
    }
  }
  problems.insert(problems.end(), found.begin(), found.end());
  return settings;
}

bool drives(const ServiceSettings& settings, const engine::LaneId& lane) {
  const std::string channel = std::to_string(lane.channel);
  return settings.only.empty() || std::ranges::count(settings.only, channel) > 0 ||
         std::ranges::count(settings.only, channel + "/" + lane.job) > 0;
}

config::SecretResolver secrets_of_channels(const ServiceSettings& settings, config::SecretResolver all) {
  return [kept = settings.database_password, all = std::move(all)](std::string_view name) {
    const bool is_kept = name == kept || name == "database";
    return is_kept || !all ? std::nullopt : all(name);
  };
}

std::string make_holder() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::string(host.data()) + ":" + std::to_string(getpid()) + ":" + std::to_string(std::random_device{}());
}

}  // namespace ferry::runtime
