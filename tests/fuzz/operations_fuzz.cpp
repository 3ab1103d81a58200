// Any bytes as an operation of the ABI: its name, a line end, its arguments. Through the C functions, as a host calls them.
#include <ferry/ext/operations.h>

#include <boost/json.hpp>

#include "ferry/types.h"
#include "host-api/cxx/text.h"
#include "plugin/abi/c_plugin.h"
#include "plugin/abi/fake_engine.h"
#include "plugin/runtime/operations.h"
#include "tests/fuzz/target.h"

namespace {

using namespace ferry;
using fuzz::demand;

// No database: an operation gets as far as its arguments are good.
boost::system::result<std::string, runtime::OperationFailed> perform(std::string_view operation,
                                                                     std::string_view arguments) {
  static runtime::StorePool stores(1, []() -> std::unique_ptr<sql::OdbcStore> {
    throw runtime::OperationFailed{FERRY_E_RETRY, "no database"};
  });
  static runtime::Credentials credentials;
  static const runtime::HostServices host{[](int, std::string_view) {}, [](std::string_view) { return std::nullopt; }, {}, {}};
  try {
    return runtime::perform_operation({stores, credentials, host, "fuzz", [] { return std::nullopt; }}, operation, arguments);
  } catch (const runtime::OperationFailed& failed) {
    return failed;
  }
}

const void* no_extension(const ferry_host_t*, const char*) { return nullptr; }

struct Instance {
  ferry::abi::FakeEngineLog log;
  ferry_host_t host{};
  const ferry_plugin_t* plugin = nullptr;
  const ferry_plugin_operations_t* operations = nullptr;

  Instance() {
    host.abi_version = ferry_abi_version();
    host.name = host.version = "fuzz";
    host.get_extension = &no_extension;
    host.request_pump = [](const ferry_host_t*) {};
    log.perform = &perform;
    plugin = ferry::abi::create_plugin(&host, ferry::abi::making_fakes(log));
    demand(plugin->init(plugin), "init()");
    demand(plugin->activate(plugin, FERRY_ACTIVATE_OPERATIONS, ferry::abi::as_text("{}"), nullptr) == FERRY_OK, "activate()");
    operations = static_cast<const ferry_plugin_operations_t*>(plugin->get_extension(plugin, FERRY_EXT_OPERATIONS));
  }
};

}  // namespace

FERRY_FUZZ_TARGET(operations, "") {
  static Instance& instance = *new Instance;
  fuzz::Input rest(input);
  const auto name = rest.until("\n");
  ferry::abi::StringSink result, reason;
  const auto status = instance.operations->perform(instance.plugin, ferry::abi::as_text(name), ferry::abi::as_text(rest.rest()),
                                                   result.sink(), reason.sink());
  demand(ferry::abi::is_known(status), "an unknown status");
  demand(status != FERRY_E_INTERNAL, "a defect: " + reason.text());
  demand(result.flaw().empty() && reason.flaw().empty(), "an answer that is no text");
  if (status == FERRY_OK) {
    demand(boost::json::parse(result.text()).is_object(), "a result that is no object");
  } else {
    demand(!reason.text().empty() && reason.text().size() <= 4096, "a refusal without a bounded reason");
    demand(fuzz::is_clean(reason.text(), true), "a reason that is not one clean line");
  }
}
