#include <odbcinst.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "sql/odbc/connection.h"

namespace ferry::sql {
namespace {

// The value of Driver= in a connect string, without braces; empty: none, or a DSN is used.
std::string driver_name(std::string_view connect_string) {
  std::string lowered(connect_string);
  std::ranges::transform(lowered, lowered.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = lowered.find("driver=");
  if (at == std::string::npos) return {};
  std::string_view value = connect_string.substr(at + 7);
  value = value.substr(0, value.find(';'));
  if (value.starts_with('{') && value.ends_with('}')) value = value.substr(1, value.size() - 2);
  return std::string(value);
}

std::string ini_value(const std::string& section, const char* name) {
  char value[64] = {};
  SQLGetPrivateProfileString(section.c_str(), name, "", value, sizeof value, "odbcinst.ini");
  return value;
}

}  // namespace

std::vector<std::string> driver_warnings(std::string_view connect_string) {
  std::vector<std::string> warnings;
  const std::string driver = driver_name(connect_string);
  if (driver.empty()) return warnings;
  if (ini_value(driver, "Threading") == "3") {
    warnings.push_back(
        "odbcinst.ini: [" + driver +
        "] has Threading=3, which lets one connection work at a time; remove the line or set Threading=0");
  }
  return warnings;
}

}  // namespace ferry::sql
