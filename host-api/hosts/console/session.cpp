#include "host-api/hosts/console/session.h"

#include <dlfcn.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace ferry::console {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

Result<Configuration> configuration_of(const Options& options) {
  fs::path file = options.config;
  if (file.empty()) file = environment("TRYTOND_CONFIG");
  std::error_code error;
  if (file.empty() && fs::exists("/etc/tryton/trytond.conf", error)) file = "/etc/tryton/trytond.conf";
  if (file.empty()) return misuse("say which configuration with --config FILE: trytond.conf, or Ferry's own");
  std::string uri = environment("TRYTOND_DATABASE__URI");
  if (uri.empty()) uri = environment("TRYTOND_DATABASE_URI");
  auto configuration = read_configuration(file, options.database, uri);
  if (!configuration) return Refusal{Exit::usage, configuration.error().reason};
  return configuration;
}

// For what touches no database: the setting is required, but nothing will connect to it.
Result<Configuration> without_database() {
  Configuration configuration;
  configuration.settings.emplace("database", "none");
  return configuration;
}

// Where ferry.so is: as said, as configured, or beside this program.
fs::path module_file(const Options& options, const Configuration& configuration) {
  if (!options.plugin.empty()) return options.plugin;
  if (!configuration.library.empty()) return configuration.library;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {here / "ferry.so", here / "../lib/ferry/ferry.so", here / "../lib/ferry.so"}) {
    if (fs::is_regular_file(place, error)) return place;
  }
  return here / "ferry.so";
}

// Marks the loaded module to stay until the process ends: the ODBC driver manager keeps what it has read for ever, and
// would leak it with each unloading.
void keep_loaded(const fs::path& file) {
  ::dlopen(fs::absolute(file).c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

const char* name_of(ferry_log_severity_t severity) {
  static constexpr std::array<const char*, 7> kNames = {"DEBUG", "INFO", "WARNING", "ERROR", "ERROR", "HOST", "PLUGIN"};
  const bool is_known = severity >= 0 && static_cast<std::size_t>(severity) < kNames.size();
  return kNames[is_known ? static_cast<std::size_t>(severity) : 3];
}

}  // namespace

void ConsoleHost::log(ferry_log_severity_t severity, std::string_view line) {
  if (severity >= 0 && severity < least_) return;
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  std::array<char, 32> time{};
  if (gmtime_r(&now, &utc) != nullptr) std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  std::fprintf(stderr, "%s %-7s %.*s\n", time.data(), name_of(severity), static_cast<int>(line.size()), line.data());
}

std::optional<std::string> ConsoleHost::secret(std::string_view name) {
  auto found = secrets_.find(name);
  if (found) return std::move(*found);
  log(FERRY_LOG_ERROR, found.error().reason);
  return std::nullopt;
}

Session::Session(Configuration configuration, ferry_log_severity_t least)
    : configuration_(std::move(configuration)),
      host_(configuration_.secrets, least),
      adapter_(host_, "ferry-host", FERRY_VERSION) {}

Result<std::unique_ptr<Session>> Session::open(const Options& options) {
  const bool needs_database = options.command != "settings" && !options.version;
  auto configuration = needs_database ? configuration_of(options) : without_database();
  if (!configuration) return configuration.error();
  const fs::path file = module_file(options, *configuration);
  ferry_log_severity_t least = FERRY_LOG_WARNING;
  if (options.command == "run") least = FERRY_LOG_INFO;
  if (options.verbose) least = FERRY_LOG_DEBUG;
  std::unique_ptr<Session> session(new Session(std::move(*configuration), least));
  auto module = abi::load_module(file);
  if (!module) return problem(module.error().reason);
  session->module_ = std::move(*module);
  keep_loaded(file);
  auto plugin = abi::PluginHandle::open(
      session->module_.entry, session->adapter_.c_host(),
      [host = &session->host_](ferry_log_severity_t severity, std::string_view line) { host->log(severity, line); });
  if (!plugin) return problem("'" + file.string() + "': " + plugin.error().reason);
  session->plugin_ = std::move(*plugin);
  return session;
}

Result<void> Session::activate(abi::Activation mode, std::string_view only) {
  const abi::Performed activated = plugin_->activate(mode, settings_json(configuration_, only));
  if (activated.status == FERRY_OK) return {};
  return Refusal{activated.status == FERRY_E_INVALID ? Exit::usage : Exit::problem, activated.text};
}

Result<boost::json::object> Session::perform(std::string_view operation, const boost::json::object& arguments) {
  abi::Performed performed = plugin_->perform(operation, boost::json::serialize(arguments));
  if (performed.status != FERRY_OK) return problem(std::move(performed.text));
  boost::system::error_code error;
  boost::json::value result = boost::json::parse(performed.text, error);
  if (error || !result.is_object())
    return problem("the module's result of '" + std::string(operation) + "' is no JSON object");
  return std::move(result.as_object());
}

}  // namespace ferry::console
