#define BOOST_DLL_USE_STD_FS
#include "host-api/cxx/module.h"

#include <boost/dll/shared_library.hpp>
#include <system_error>

namespace ferry::abi {

boost::system::result<Module, Unusable> load_module(const std::filesystem::path& file) {
  namespace dll = boost::dll;
  const std::string name = "'" + file.string() + "'";
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return Unusable{"there is no module " + name + ": say where ferry.so is with --plugin PATH"};
  }
  try {
    auto library = std::make_shared<dll::shared_library>();
    library->load(std::filesystem::absolute(file), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    if (!library->has("ferry_get_entry")) return Unusable{name + " is not a Ferry module: it lacks ferry_get_entry()"};
    const auto get_entry = library->get<const ferry_entry_t*()>("ferry_get_entry");
    return Module{get_entry(), std::move(library)};
  } catch (const std::exception& e) {
    return Unusable{name + " cannot be loaded: " + e.what()};
  }
}

}  // namespace ferry::abi
