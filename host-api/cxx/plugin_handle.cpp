#include "host-api/cxx/plugin_handle.h"

#include <array>
#include <stdexcept>

#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

constexpr std::size_t kLongestReasonBytes = 4096;

std::string text_of(ferry_version_t version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.revision);
}

Unusable wrong_version(std::string_view what, ferry_version_t version) {
  return {std::string(what) + " speaks ABI " + text_of(version) + ", this host " + text_of(ferry_abi_version()) +
          ": install the module and the host of the same release"};
}

std::string missing_in(const ferry_plugin_descriptor_t* desc) {
  if (desc == nullptr) return "its descriptor";
  if (desc->id == nullptr) return "its descriptor's id";
  if (desc->name == nullptr) return "its descriptor's name";
  if (desc->version == nullptr) return "its descriptor's version";
  if (desc->description == nullptr) return "its descriptor's description";
  return {};
}

// The first required member that is null, by name; empty when the instance is complete.
std::string missing_in(const ferry_plugin_t& plugin) {
  const std::array<std::pair<const char*, bool>, 6> functions = {{{"init", plugin.init == nullptr},
                                                                  {"destroy", plugin.destroy == nullptr},
                                                                  {"activate", plugin.activate == nullptr},
                                                                  {"deactivate", plugin.deactivate == nullptr},
                                                                  {"pump", plugin.pump == nullptr},
                                                                  {"get_extension", plugin.get_extension == nullptr}}};
  for (const auto& [name, is_missing] : functions) {
    if (is_missing) return std::string("its ") + name + "()";
  }
  return missing_in(plugin.desc);
}

Unusable broken(const std::string& missing) {
  return {"the module lacks " + missing + ": it is damaged or not Ferry's; install it again"};
}

boost::system::result<const ferry_plugin_factory_t*, Unusable> factory_of(const ferry_entry_t* entry) {
  if (entry == nullptr) return broken("its entry");
  if (!ferry_version_is_compatible(entry->abi_version)) return wrong_version("the module", entry->abi_version);
  if (entry->get_factory == nullptr) return broken("its get_factory()");
  const auto factory = static_cast<const ferry_plugin_factory_t*>(entry->get_factory(FERRY_PLUGIN_FACTORY));
  if (factory == nullptr) return broken("the factory " FERRY_PLUGIN_FACTORY);
  if (factory->create == nullptr) return broken("its create()");
  if (const std::string missing = missing_in(factory->desc); !missing.empty()) return broken(missing);
  if (!ferry_version_is_compatible(factory->desc->abi_version))
    return wrong_version("the module", factory->desc->abi_version);
  return factory;
}

Performed refused(ferry_status_t status, std::string reason) { return {status, std::move(reason)}; }

}  // namespace

void throw_exception_from_error(const Unusable& unusable, const boost::source_location&) {
  throw std::runtime_error(unusable.reason);
}

boost::system::result<std::unique_ptr<PluginHandle>, Unusable> PluginHandle::open(const ferry_entry_t* entry,
                                                                                  const ferry_host_t* host,
                                                                                  Report report) {
  try {
    const auto factory = factory_of(entry);
    if (!factory) return factory.error();
    const ferry_plugin_t* plugin = (*factory)->create(host);
    if (plugin == nullptr) return Unusable{"the module refused to make an instance; see the line it printed"};
    if (const std::string missing = missing_in(*plugin); !missing.empty()) return broken(missing);
    std::unique_ptr<PluginHandle> handle(new PluginHandle(plugin, std::move(report)));
    if (!handle->initialise()) return Unusable{"the module could not be initialised; see its log"};
    return handle;
  } catch (const std::exception& e) {
    return Unusable{"the module threw across the ABI: " + sanitized(one_line(e.what()), kLongestReasonBytes)};
  } catch (...) {
    return Unusable{"the module threw across the ABI"};
  }
}

PluginHandle::PluginHandle(const ferry_plugin_t* plugin, Report report) : plugin_(plugin), report_(std::move(report)) {}

bool PluginHandle::initialise() {
  if (!plugin_->init(plugin_)) return false;
  operations_ = static_cast<const ferry_plugin_operations_t*>(plugin_->get_extension(plugin_, FERRY_EXT_OPERATIONS));
  if (operations_ == nullptr || operations_->perform == nullptr) {
    plugin_misbehaves(FERRY_EXT_OPERATIONS " is missing");
    operations_ = nullptr;
  }
  events_ = static_cast<const ferry_plugin_events_t*>(plugin_->get_extension(plugin_, FERRY_EXT_EVENTS));
  if (events_ == nullptr || events_->changed == nullptr) {
    plugin_misbehaves(FERRY_EXT_EVENTS " is missing");
    events_ = nullptr;
  }
  return true;
}

PluginHandle::~PluginHandle() {
  if (is_active_) deactivate(0);
  on_host_thread("destroy", [this] { plugin_->destroy(plugin_); });
}

template <class Call>
bool PluginHandle::on_host_thread(std::string_view function, Call call) {
  const HostThread::Call alone(host_thread_);
  if (!alone.is_alone()) {
    host_misbehaves(std::string(function) + "() while another [host-thread] call is under way; not carried out");
    return false;
  }
  try {
    call();
    return true;
  } catch (...) {
    plugin_misbehaves(std::string(function) + "() threw across the ABI");
    return false;
  }
}

Performed PluginHandle::activate(Activation mode, std::string_view config_json) {
  if (is_active_) {
    host_misbehaves("activate() while active; not carried out");
    return refused(FERRY_E_INVALID, "the instance is active already");
  }
  ferry_status_t status = FERRY_E_INTERNAL;
  StringSink diagnostics;
  const bool returned = on_host_thread("activate", [&] {
    status = plugin_->activate(plugin_, static_cast<std::uint32_t>(mode), as_text(config_json), diagnostics.sink());
  });
  if (!returned) return refused(FERRY_E_INTERNAL, "the module could not be activated; see the log");
  if (!is_known(status)) {
    plugin_misbehaves("activate() answered " + std::to_string(status));
    status = FERRY_E_INTERNAL;
  }
  is_active_ = status == FERRY_OK;
  std::string text = sanitized(diagnostics.text(), FERRY_TEXT_MAX_BYTES);
  if (status != FERRY_OK && text.empty())
    text = "activate() answered " + std::string(name_of(status)) + " without saying why";
  return {status, std::move(text)};
}

void PluginHandle::deactivate(std::uint32_t drain_ms) {
  if (!is_active_) return;
  if (on_host_thread("deactivate", [&] { plugin_->deactivate(plugin_, drain_ms); })) is_active_ = false;
}

std::uint32_t PluginHandle::pump() {
  if (!is_active_) {
    host_misbehaves("pump() while not active; not carried out");
    return 0;
  }
  std::uint32_t waiting = 0;
  on_host_thread("pump", [&] { waiting = plugin_->pump(plugin_); });
  return waiting;
}

Performed PluginHandle::perform(std::string_view operation, std::string_view arguments_json) {
  if (!is_active_) {
    host_misbehaves("perform() while not active; not carried out");
    return refused(FERRY_E_INVALID, "the instance is not active");
  }
  if (operations_ == nullptr) return refused(FERRY_E_UNSUPPORTED, "the module offers no operations");
  StringSink result, reason;
  try {
    const ferry_status_t status =
        operations_->perform(plugin_, as_text(operation), as_text(arguments_json), result.sink(), reason.sink());
    return checked(std::string("perform(") + std::string(operation) + ")", status, result, reason);
  } catch (...) {
    plugin_misbehaves("perform() threw across the ABI");
    return refused(FERRY_E_INTERNAL, "the module failed; see the log");
  }
}

Performed PluginHandle::checked(std::string_view function, ferry_status_t status, StringSink& result,
                                StringSink& reason) const {
  const std::string call(function);
  if (!is_known(status)) {
    plugin_misbehaves(call + " answered " + std::to_string(status));
    return refused(FERRY_E_INTERNAL, call + " answered an unknown status");
  }
  if (status == FERRY_OK) {
    if (result.flaw().empty() && !result.text().empty()) return {status, result.take()};
    plugin_misbehaves("the result of " + call + " " +
                      std::string(result.text().empty() ? "is missing" : result.flaw()));
    return refused(FERRY_E_INTERNAL, call + " gave no sound result");
  }
  std::string line = sanitized(one_line(reason.text()), kLongestReasonBytes);
  if (line.empty()) {
    plugin_misbehaves(call + " answered " + std::string(name_of(status)) + " without a reason");
    line = call + " answered " + std::string(name_of(status));
  }
  return refused(status, std::move(line));
}

void PluginHandle::changed() {
  if (!is_active_) {
    host_misbehaves("changed() while not active; not carried out");
    return;
  }
  if (events_ == nullptr) return;
  try {
    events_->changed(plugin_);
  } catch (...) {
    plugin_misbehaves("changed() threw across the ABI");
  }
}

void PluginHandle::plugin_misbehaves(std::string_view how) const {
  report_(FERRY_LOG_PLUGIN_MISBEHAVING, "plugin misbehaving: " + std::string(how));
}

void PluginHandle::host_misbehaves(std::string_view how) const {
  report_(FERRY_LOG_HOST_MISBEHAVING, "host misbehaving: " + std::string(how));
}

}  // namespace ferry::abi
