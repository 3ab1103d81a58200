#include <stdexcept>

#include "config/field.h"
#include "config/reading.h"

namespace ferry::config {

const std::string& Values::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::logic_error("no setting '" + std::string(name) + "' in the table");
  return found->second;
}

std::int64_t Values::integer(std::string_view name) const {
  const auto value = read_integer(text(name));
  if (!value) throw std::logic_error("setting '" + std::string(name) + "' is not a whole number");
  return *value;
}

bool Values::boolean(std::string_view name) const {
  const std::string& value = text(name);
  if (value != "true" && value != "false")
    throw std::logic_error("setting '" + std::string(name) + "' is not a boolean");
  return value == "true";
}

std::vector<std::string> Values::list(std::string_view name) const {
  auto entries = read_list(text(name));
  if (!entries) throw std::logic_error("setting '" + std::string(name) + "' is not a list");
  return std::move(*entries);
}

}  // namespace ferry::config
