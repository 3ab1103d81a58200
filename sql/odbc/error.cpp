#include "sql/odbc/error.h"

#include <algorithm>
#include <utility>

namespace ferry::sql {
namespace {

bool is_missing_driver(const Diagnostic& record) noexcept {
  return record.sqlstate == "IM002" || record.text.find("Can't open lib") != std::string::npos;
}

std::string describe(std::string_view doing, const std::vector<Diagnostic>& diagnostics) {
  std::string line(doing);
  std::string_view separator = ": ";
  for (const auto& record : diagnostics) {
    line.append(separator).append("[").append(record.sqlstate).append("] ").append(record.text);
    separator = "; ";
  }
  if (std::ranges::any_of(diagnostics, is_missing_driver)) {
    line += "; install the package odbc-postgresql, or name a driver of odbcinst.ini in the setting 'database'";
  }
  return line;
}

bool is_refused_log_in(const Diagnostic& record) noexcept {
  return record.text.find("authentication failed") != std::string::npos ||
         record.text.find("no password supplied") != std::string::npos ||
         record.text.find("no pg_hba.conf entry") != std::string::npos ||
         (record.sqlstate.starts_with("08") && record.text.find("\" does not exist") != std::string::npos);
}

}  // namespace

ErrorClass classify(std::string_view sqlstate) noexcept {
  // 08 connection, 57 operator intervention (shutdown, cancel), 53 resources, HYT driver's timeouts, HY008 cancelled,
  // 25006 a standby that does not take writes yet
  for (const std::string_view prefix : {"08", "57", "53", "HYT", "HY008", "25006"}) {
    if (sqlstate.starts_with(prefix)) return ErrorClass::unavailable;
  }
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03") return ErrorClass::conflict;
  for (const std::string_view prefix : {"42501", "42P01", "3F000", "28", "3D000", "42883", "42703"}) {
    if (sqlstate.starts_with(prefix)) return ErrorClass::rights;
  }
  // the driver's own names for a table or column that is missing
  if (sqlstate == "42S02" || sqlstate == "42S22") return ErrorClass::rights;
  return ErrorClass::invalid;
}

ErrorClass classify(const std::vector<Diagnostic>& diagnostics) noexcept {
  ErrorClass found = ErrorClass::invalid;
  for (const auto& record : diagnostics) {
    if (is_refused_log_in(record) || is_missing_driver(record)) return ErrorClass::rights;
    found = std::min(found, classify(record.sqlstate));
  }
  return found;
}

DatabaseError::DatabaseError(ErrorClass error_class, std::string_view doing, std::vector<Diagnostic> diagnostics)
    : std::runtime_error(describe(doing, diagnostics)), class_(error_class), diagnostics_(std::move(diagnostics)) {}

}  // namespace ferry::sql
