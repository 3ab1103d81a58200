// The configuration file of this program: trytond.conf, a file of the same form, or JSON
// (host-api/include/ferry/schemas/settings.md).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host-api/hosts/console/result.h"

namespace ferry::console {

struct Secrets {
  std::map<std::string, std::string, std::less<>> values;
  std::map<std::string, std::filesystem::path, std::less<>> files;

  // The file is read each time. nullopt: no such secret. A refusal: others may read it, or it cannot be read.
  Result<std::optional<std::string>> find(std::string_view name) const;
};

struct Configuration {
  std::map<std::string, std::string, std::less<>> settings;  // as passed to activate(), without `only`
  std::string only;                                          // lanes, separated by commas
  Secrets secrets;
  std::filesystem::path library;  // empty: not given
};

// `database`: its name (-d), needed where the file has a [database] uri; may be empty otherwise.
// `environment_uri`: what TRYTOND_DATABASE__URI says, for a file without one.
Result<Configuration> read_configuration(const std::filesystem::path& file, std::string_view database,
                                         std::string_view environment_uri);

// As activate() takes it. `only` wins over the file's when not empty.
std::string settings_json(const Configuration& configuration, std::string_view only);

}  // namespace ferry::console
