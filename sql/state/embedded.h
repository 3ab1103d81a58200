// The SQL files of this folder and of the profiles, embedded in the binary by the build, so that one file is deployed.
#pragma once

#include <span>
#include <string_view>

namespace ferry::sql {

struct EmbeddedFile {
  std::string_view name;  // path below sql/: "profiles/tryton-6.0/stock.sql"
  std::string_view content;
};

std::span<const EmbeddedFile> embedded_files() noexcept;  // ordered by name

}  // namespace ferry::sql
