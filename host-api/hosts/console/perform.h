// From a command to an operation of the module, and to what is printed.
#pragma once

#include "host-api/hosts/console/drive.h"

namespace ferry::console {

// Arguments of the operation that has the command's name.
boost::json::object operation_arguments(const Options& options);

// Carries out the command; prints nothing.
Result<Rendered> perform(Session& session, const Options& options, const StopSignals& signals);

}  // namespace ferry::console
