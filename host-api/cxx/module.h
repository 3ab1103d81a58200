// Loading a module from a file.
#pragma once

#include <ferry/entry.h>

#include <boost/system/result.hpp>
#include <filesystem>
#include <memory>

#include "host-api/cxx/plugin_handle.h"

namespace ferry::abi {

// The loaded file; unloaded when the last copy goes. Every PluginHandle must be gone by then.
struct Module {
  const ferry_entry_t* entry = nullptr;
  std::shared_ptr<void> library;
};

// Loads with all symbols bound and none of them global, so that two modules do not mix. The reason names the file and
// what the loader said.
boost::system::result<Module, Unusable> load_module(const std::filesystem::path& file);

}  // namespace ferry::abi
