// Results of operations (host-api/include/ferry/schemas/operations.md) as people read them.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host-api/hosts/console/result.h"

namespace ferry::console {

struct Rendered {
  std::string text;  // ends with a line end, or empty
  Exit exit = Exit::ok;
};

// `operation`: as performed. An operation without a rendering of its own is shown as its members.
Rendered render(std::string_view operation, const boost::json::object& result);

// Lanes of a `status` result as a table: the runs of those in `lanes` ("7/stock").
Rendered render_runs(const boost::json::object& status, const std::vector<std::string>& lanes);

}  // namespace ferry::console
