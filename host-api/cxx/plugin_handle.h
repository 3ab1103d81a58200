// A module's plugin instance as a host sees it: loads nothing, checks everything. A module that breaks the contract
// (missing functions, unknown statuses, results that are no text) is reported as "plugin misbehaving", and so is a host
// that uses this class in the wrong state or from two threads ("host misbehaving"); neither is crashed on.
#pragma once

#include <ferry/entry.h>
#include <ferry/ext/events.h>
#include <ferry/ext/log.h>
#include <ferry/ext/operations.h>

#include <boost/system/result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host-api/cxx/host_thread.h"

namespace ferry::abi {

// One line: why a module cannot be used, and how to mend it.
struct Unusable {
  std::string reason;
};
[[noreturn]] void throw_exception_from_error(const Unusable& unusable, const boost::source_location& where);

enum class Activation : std::uint32_t { engine = FERRY_ACTIVATE_ENGINE, operations = FERRY_ACTIVATE_OPERATIONS };

struct Performed {
  ferry_status_t status = FERRY_E_INTERNAL;
  std::string text;  // FERRY_OK: the result (JSON); otherwise the reason (one line)
};

class PluginHandle {
 public:
  // Receives one line per misbehaviour; any thread; must not throw.
  using Report = std::function<void(ferry_log_severity_t severity, std::string_view line)>;

  // Checks versions and functions, creates an instance and initialises it. `entry` (of a module that stays loaded) and
  // `host` outlive the handle. [host-thread]
  static boost::system::result<std::unique_ptr<PluginHandle>, Unusable> open(const ferry_entry_t* entry,
                                                                             const ferry_host_t* host, Report report);
  ~PluginHandle();  // deactivates if needed, destroys [host-thread]
  PluginHandle(const PluginHandle&) = delete;
  PluginHandle& operator=(const PluginHandle&) = delete;

  std::string_view version() const noexcept { return plugin_->desc->version; }

  // FERRY_OK, or the diagnostics, one problem per line. [host-thread & !active]
  Performed activate(Activation mode, std::string_view config_json);
  void deactivate(std::uint32_t drain_ms);                                         // [host-thread]
  std::uint32_t pump();                                                            // [host-thread & active]
  Performed perform(std::string_view operation, std::string_view arguments_json);  // [thread-safe & active]
  void changed();                                                                  // [thread-safe & active]

 private:
  PluginHandle(const ferry_plugin_t* plugin, Report report);
  bool initialise();
  template <class Call>
  bool on_host_thread(std::string_view function, Call call);  // false: refused or threw; reported
  void plugin_misbehaves(std::string_view how) const;
  void host_misbehaves(std::string_view how) const;
  Performed checked(std::string_view function, ferry_status_t status, class StringSink& result,
                    class StringSink& reason) const;

  const ferry_plugin_t* const plugin_;
  const Report report_;
  const ferry_plugin_operations_t* operations_ = nullptr;
  const ferry_plugin_events_t* events_ = nullptr;
  HostThread host_thread_;
  std::atomic<bool> is_active_ = false;
};

}  // namespace ferry::abi
