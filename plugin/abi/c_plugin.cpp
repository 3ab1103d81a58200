#include "plugin/abi/c_plugin.h"

#include <ferry/ext/events.h>
#include <ferry/ext/operations.h>

#include <cstdio>
#include <cstring>
#include <exception>

#include "host-api/cxx/text.h"
#include "plugin/abi/instance.h"

namespace ferry::abi {
namespace {

struct CPlugin {
  ferry_plugin_t c_plugin;
  Instance instance;
};

Instance& of(const ferry_plugin_t* plugin) noexcept { return static_cast<CPlugin*>(plugin->plugin_data)->instance; }

// Carries out one call; an exception becomes a line in the log and `otherwise`.
template <class Call, class Answer>
Answer guarded(const ferry_plugin_t* plugin, const char* function, Answer otherwise, Call call) noexcept {
  std::string what = "unknown exception";
  try {
    return call(of(plugin));
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  of(plugin).host().log(FERRY_LOG_ERROR, std::string(function) + " failed, a defect of the module: " + what);
  return otherwise;
}

bool init(const ferry_plugin_t* plugin) noexcept {
  return guarded(plugin, "init()", false, [](Instance& instance) { return instance.init(); });
}

void destroy(const ferry_plugin_t* plugin) noexcept {
  guarded(plugin, "destroy()", 0, [plugin](Instance& instance) {
    if (!instance.may_be_destroyed()) return 0;
    instance.deactivate(0);
    delete static_cast<CPlugin*>(plugin->plugin_data);
    return 0;
  });
}

ferry_status_t activate(const ferry_plugin_t* plugin, std::uint32_t mode, ferry_text_t config_json,
                        const ferry_sink_t* diagnostics) noexcept {
  std::vector<std::string> lines = {"the module failed; see the log"};
  const auto status = guarded(plugin, "activate()", ferry_status_t{FERRY_E_INTERNAL}, [&](Instance& instance) {
    std::vector<std::string> problems;
    const ferry_status_t answer = instance.activate(mode, config_json, problems);
    lines = std::move(problems);
    return answer;
  });
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + sanitized(one_line(line), 4096);
  write_to(diagnostics, text);
  return status;
}

void deactivate(const ferry_plugin_t* plugin, std::uint32_t drain_ms) noexcept {
  guarded(plugin, "deactivate()", 0, [drain_ms](Instance& instance) {
    instance.deactivate(drain_ms);
    return 0;
  });
}

std::uint32_t pump(const ferry_plugin_t* plugin) noexcept {
  return guarded(plugin, "pump()", std::uint32_t{0}, [](Instance& instance) { return instance.pump(); });
}

ferry_status_t perform(const ferry_plugin_t* plugin, ferry_text_t operation, ferry_text_t arguments_json,
                       const ferry_sink_t* result, const ferry_sink_t* reason) noexcept {
  Instance::Performed performed{FERRY_E_INTERNAL, "the operation failed, a defect of the module; see the log"};
  guarded(plugin, "perform()", 0, [&](Instance& instance) {
    performed = instance.perform(operation, arguments_json);
    return 0;
  });
  if (performed.status == FERRY_OK) {
    write_to(result, performed.text);
  } else {
    write_to(reason, sanitized(one_line(performed.text), 4096));
  }
  return performed.status;
}

void changed(const ferry_plugin_t* plugin) noexcept {
  guarded(plugin, "changed()", 0, [](Instance& instance) {
    instance.changed();
    return 0;
  });
}

constexpr ferry_plugin_operations_t kOperations{&perform};
constexpr ferry_plugin_events_t kEvents{&changed};

const void* get_extension(const ferry_plugin_t*, const char* id) noexcept {
  if (id == nullptr) return nullptr;
  if (std::strcmp(id, FERRY_EXT_OPERATIONS) == 0) return &kOperations;
  if (std::strcmp(id, FERRY_EXT_EVENTS) == 0) return &kEvents;
  return nullptr;
}

void print_refusal(const ferry_host_t* host) noexcept {
  if (host == nullptr) {
    std::fprintf(stderr, "ferry: host misbehaving: create() without a host\n");
    return;
  }
  const ferry_version_t theirs = host->abi_version, ours = ferry_abi_version();
  std::fprintf(stderr,
               "ferry: the host speaks ABI %u.%u.%u, this module %u.%u.%u: install the module and the host of the same "
               "release\n",
               theirs.major, theirs.minor, theirs.revision, ours.major, ours.minor, ours.revision);
}

}  // namespace

const ferry_plugin_descriptor_t kDescriptor{
    {FERRY_ABI_VERSION_MAJOR, FERRY_ABI_VERSION_MINOR, FERRY_ABI_VERSION_REVISION},
    "ferry",
    "Ferry",
    FERRY_VERSION,
    "Keeps commerce portals true to the ERP and brings their orders into it."};

const ferry_plugin_t* create_plugin(const ferry_host_t* host, MakeEngine make_engine) noexcept {
  if (host == nullptr || !ferry_version_is_compatible(host->abi_version)) {
    print_refusal(host);
    return nullptr;
  }
  try {
    auto* made = new CPlugin{{&kDescriptor, nullptr, &init, &destroy, &activate, &deactivate, &pump, &get_extension},
                             Instance(host, std::move(make_engine))};
    made->c_plugin.plugin_data = made;
    return &made->c_plugin;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ferry: no instance could be made: %s\n", e.what());
    return nullptr;
  }
}

}  // namespace ferry::abi
