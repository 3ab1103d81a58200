// The module's one exported symbol. Compiled into the module itself: from a static library the linker would drop it.
#include <ferry/entry.h>

#include <cstring>

#include "plugin/abi/c_plugin.h"

namespace ferry::abi {
namespace {

const ferry_plugin_t* create(const ferry_host_t* host) noexcept { return create_plugin(host, &make_service); }

constexpr ferry_plugin_factory_t kFactory{&kDescriptor, &create};

const void* get_factory(const char* id) noexcept {
  return id != nullptr && std::strcmp(id, FERRY_PLUGIN_FACTORY) == 0 ? &kFactory : nullptr;
}

constexpr ferry_entry_t kEntry{{FERRY_ABI_VERSION_MAJOR, FERRY_ABI_VERSION_MINOR, FERRY_ABI_VERSION_REVISION},
                               &get_factory};

}  // namespace
}  // namespace ferry::abi

extern "C" const ferry_entry_t* ferry_get_entry(void) { return &ferry::abi::kEntry; }
