// SQL as it stands in the .sql files: sections that begin with `-- name: <name>`, parameters written `:name`.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::sql {

// Ready for ODBC: comments removed, every `:name` a `?`.
struct SqlText {
  std::string text;
  std::vector<std::string> parameters;  // name of each `?`, in order; a name may stand several times
};

// Leaves quoted text, quoted identifiers, dollar-quoted bodies and `::` casts alone.
// Throws std::invalid_argument for an unterminated quote or comment, and for a `?`, which the driver would take for a
// parameter.
SqlText parse_sql(std::string_view sql);

// The sections of a file by name. Text before the first section is ignored; a name that stands twice throws
// std::invalid_argument. Line ends and a final ';' are trimmed.
using Sections = std::map<std::string, std::string, std::less<>>;
Sections parse_sections(std::string_view file);

}  // namespace ferry::sql
