// What the simulated Medusa is asked, and how it refuses.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/domain/decimal.h"

namespace ferry::portal {

// A number in the exact form, that of the members raw_….
inline boost::json::object raw(const Decimal& value) { return {{"value", value.text()}, {"precision", 20}}; }
inline boost::json::object raw(std::int64_t value) { return raw(Decimal(value)); }

inline std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
    } else {
      result += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return result;
}

// Path and query of a request.
struct Target {
  std::string path;
  std::multimap<std::string, std::string> query;

  explicit Target(std::string_view text) : path(text.substr(0, text.find('?'))) {
    for (auto rest = text.substr(std::min(text.size(), path.size() + 1)); !rest.empty();) {
      const auto part = rest.substr(0, rest.find('&'));
      const auto name = part.substr(0, part.find('='));
      query.emplace(decoded(name), decoded(part.substr(std::min(part.size(), name.size() + 1))));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
  }
  std::vector<std::string> all(const std::string& name) const {
    std::vector<std::string> values;
    for (auto [at, end] = query.equal_range(name); at != end; ++at) values.push_back(at->second);
    return values;
  }
  std::int64_t number(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? 0 : std::stoll(found->second);
  }
};

// Thrown; becomes Medusa's {"type":…,"message":…}.
struct Problem {
  int status = 400;
  std::string type, message;
};

}  // namespace ferry::portal
