// A plugin instance as the C struct that a host holds.
#pragma once

#include <ferry/plugin.h>

#include "plugin/abi/engine.h"

namespace ferry::abi {

extern const ferry_plugin_descriptor_t kDescriptor;

// As ferry_plugin_factory_t::create: null, with a line on standard error, when the host is null or of another major
// version. Freed by its destroy().
const ferry_plugin_t* create_plugin(const ferry_host_t* host, MakeEngine make_engine) noexcept;

}  // namespace ferry::abi
