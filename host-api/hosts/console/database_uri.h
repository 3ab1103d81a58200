// From Tryton's `uri` to the settings `database` and `notify`: host-api/include/ferry/schemas/settings.md.
#pragma once

#include <string>
#include <string_view>

#include "host-api/hosts/console/result.h"

namespace ferry::console {

struct DatabaseAddress {
  std::string odbc;      // setting `database`
  std::string libpq;     // setting `notify`
  std::string password;  // a secret; empty: none in the uri
};

// `uri`: postgresql://user:password@host:port/?sslmode=mode; its path is ignored in favour of `database`.
// The reason of a refusal never contains the password.
Result<DatabaseAddress> database_address(std::string_view uri, std::string_view database);

}  // namespace ferry::console
