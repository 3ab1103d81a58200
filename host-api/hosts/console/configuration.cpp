#include "host-api/hosts/console/configuration.h"

#include <sys/stat.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "host-api/hosts/console/database_uri.h"
#include "host-api/hosts/console/ini.h"

namespace ferry::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kLargestFileBytes = 1 << 20;

bool others_may_read(const std::filesystem::path& file) {
  struct ::stat status {};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

Result<std::string> contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kLargestFileBytes, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.gcount() == 0 && !stream.eof()) {
    return problem("'" + file.string() + "' cannot be read: check that it exists and who may read it");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() == kLargestFileBytes) return problem("'" + file.string() + "' is larger than 1 MiB");
  return text;
}

// One option of [ferry] into its place.
void take_option(Configuration& configuration, std::string_view name, const std::string& value) {
  constexpr std::string_view kSecret = "secret.", kSecretFile = "secret_file.";
  if (name.starts_with(kSecret)) {
    configuration.secrets.values.emplace(name.substr(kSecret.size()), value);
  } else if (name.starts_with(kSecretFile)) {
    configuration.secrets.files.emplace(name.substr(kSecretFile.size()), value);
  } else if (name == "library") {
    configuration.library = value;
  } else if (name == "only") {
    configuration.only = value;
  } else if (!name.starts_with("host.")) {
    configuration.settings.emplace(name, value);
  }
}

Result<Configuration> from_ini(std::string_view text, std::string_view database, std::string_view environment_uri) {
  auto ini = parse_ini(text);
  if (!ini) return ini.error();
  Configuration configuration;
  for (const auto& [name, value] : (*ini)["ferry"]) take_option(configuration, name, value);
  std::string uri = (*ini)["database"]["uri"];
  if (uri.empty()) uri = environment_uri;
  const bool is_complete = configuration.settings.contains("database") && configuration.settings.contains("notify");
  if (!uri.empty() && !is_complete) {
    if (database.empty()) return misuse("say which database with -d NAME");
    auto address = database_address(uri, database);
    if (!address) return address.error();
    configuration.settings.try_emplace("database", address->odbc);
    configuration.settings.try_emplace("notify", address->libpq);
    if (!address->password.empty() && !configuration.secrets.files.contains("database")) {
      configuration.secrets.values.try_emplace("database", address->password);
    }
  }
  return configuration;
}

Result<std::string> member_text(const json::key_value_pair& member) {
  if (const auto* text = member.value().if_string()) return std::string(*text);
  if (member.value().is_number() || member.value().is_bool()) return json::serialize(member.value());
  return problem("'" + std::string(member.key()) + "' must be a text");
}

// The members of `object` as options of [ferry], names preceded by `prefix`.
Result<void> take_members(Configuration& configuration, const json::object& object, const std::string& prefix) {
  for (const auto& member : object) {
    auto text = member_text(member);
    if (!text) return text.error();
    take_option(configuration, prefix + std::string(member.key()), *text);
  }
  return {};
}

Result<void> take_object(Configuration& configuration, json::object object, std::string_view name,
                         const std::string& prefix) {
  const auto* found = object.if_contains(name);
  if (found == nullptr) return {};
  if (!found->is_object()) return problem("'" + std::string(name) + "' must be an object");
  return take_members(configuration, found->as_object(), prefix);
}

Result<Configuration> from_json(std::string_view text) {
  boost::system::error_code error;
  json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return problem("is no JSON object: " + error.message());
  json::object& object = parsed.as_object();
  Configuration configuration;
  if (auto taken = take_object(configuration, object, "secrets", "secret."); !taken) return taken.error();
  if (auto taken = take_object(configuration, object, "secret_files", "secret_file."); !taken) return taken.error();
  object.erase("secrets");
  object.erase("secret_files");
  if (const auto* only = object.if_contains("only"); only != nullptr && only->is_array()) {
    std::string lanes;
    for (const auto& lane : only->as_array()) {
      if (lane.is_string()) lanes += (lanes.empty() ? "" : ",") + std::string(lane.as_string());
    }
    object["only"] = lanes;
  }
  if (auto taken = take_members(configuration, object, {}); !taken) return taken.error();
  return configuration;
}

Result<void> check_secrets(const Configuration& configuration, const std::filesystem::path& file,
                           std::string_view text) {
  for (const auto& [name, path] : configuration.secrets.files) {
    if (configuration.secrets.values.contains(name))
      return problem("secret '" + name + "' is given twice: as a value and as a file");
  }
  const bool holds_one =
      text.find("secret.") != std::string_view::npos || text.find("\"secrets\"") != std::string_view::npos;
  if (holds_one && !configuration.secrets.values.empty() && others_may_read(file)) {
    return problem("it holds secrets and others may read it: chmod o-r " + file.string());
  }
  return {};
}

Refusal in_file(const std::filesystem::path& file, const Refusal& refusal) {
  return {refusal.exit, "'" + file.string() + "': " + refusal.reason};
}

}  // namespace

Result<std::optional<std::string>> Secrets::find(std::string_view name) const {
  if (const auto value = values.find(name); value != values.end()) return std::optional(value->second);
  const auto file = files.find(name);
  if (file == files.end()) return std::optional<std::string>();
  if (others_may_read(file->second)) {
    return problem("secret '" + std::string(name) + "': others may read it: chmod o-r " + file->second.string());
  }
  auto text = contents(file->second);
  if (!text) return problem("secret '" + std::string(name) + "': " + text.error().reason);
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return std::optional(std::move(*text));
}

Result<Configuration> read_configuration(const std::filesystem::path& file, std::string_view database,
                                         std::string_view environment_uri) {
  auto text = contents(file);
  if (!text) return text.error();
  const bool is_json = trimmed(*text).starts_with('{');
  auto configuration = is_json ? from_json(*text) : from_ini(*text, database, environment_uri);
  if (!configuration) return in_file(file, configuration.error());
  if (auto checked = check_secrets(*configuration, file, *text); !checked) return in_file(file, checked.error());
  const Secrets& secrets = configuration->secrets;
  if (secrets.values.contains("database") || secrets.files.contains("database")) {
    configuration->settings.try_emplace("database_password", "database");
  }
  return configuration;
}

std::string settings_json(const Configuration& configuration, std::string_view only) {
  json::object object;
  for (const auto& [name, value] : configuration.settings) object[name] = value;
  json::array lanes;
  std::istringstream given{std::string(only.empty() ? std::string_view(configuration.only) : only)};
  for (std::string lane; std::getline(given, lane, ',');) {
    if (const std::string_view name = trimmed(lane); !name.empty()) lanes.emplace_back(name);
  }
  if (!lanes.empty()) object["only"] = lanes;
  return json::serialize(object);
}

}  // namespace ferry::console
