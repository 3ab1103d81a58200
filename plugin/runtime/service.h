// The running engine of one database in one process: threads, timers, connections, shutdown. Everything the C ABI
// offers is a thin translation to and from this class.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "plugin/engine/ports.h"

namespace ferry::runtime {

// What the host offers. Every function may be called from any thread and must not call back into the Service.
struct HostServices {
  // severity as in ferry/ext/log.h (FERRY_LOG_*)
  std::function<void(int severity, std::string_view line)> log;
  // the value of a named secret
  std::function<std::optional<std::string>(std::string_view name)> secret;
  // "please call next_erp_call() on a host thread soon"; empty: this host has no order entry
  std::function<void()> request_pump;
  // news of an alert (schemas/alert.md), for the host to carry on; empty: this host cannot
  std::function<void(std::string_view json)> alert;
  // as request_pump; empty: this host evaluates no prices
  std::function<void()> request_evaluation{};
};

// The server's settings: how to reach the database, and who we are.
// database (text, required): ODBC connection string without password ("Driver=...;Servername=...;Port=...;Database=...;UID=...")
// database_password (secret); notify (text): libpq connection string of the same database, empty = poll only;
// schema_role...: see server_fields().
std::span<const config::Field> server_fields() noexcept;

// One call into the ERP's order entry or its prices, made by the host on a thread of its own inside a transaction.
struct ErpCall {
  std::uint64_t id = 0;
  std::int32_t channel = 0;
  std::string reference, document;
  enum class Purpose : std::uint8_t { enter = 1, find, revise };
  Purpose purpose = Purpose::enter;  // find: there is no document
  std::vector<engine::ErpQuestion> questions{};  // not empty: evaluate these; there is no reference, and no order
};

struct OperationFailed {
  std::int32_t status = 0;  // ferry_status of the C ABI (ferry/types.h)
  std::string reason;       // one line: what is wrong and how to mend it
};

class Service {
 public:
  // Checks the settings only; no thread, no I/O. Problems go to `problems`; then start() must not be called.
  Service(std::string_view settings_json, HostServices host, std::vector<config::Problem>& problems);
  ~Service();  // stops if needed
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Starts the supervisor thread, which connects (again and again while the database is away), migrates the schema,
  // reads the channels and drives their lanes. Returns at once; errors are logged and shown in status.
  void start();
  // Takes no new work, waits at most `drain` for what is under way, joins every thread. What is unfinished stays in the
  // tables. May be called twice.
  void stop(Duration drain);

  // Something changed: hints were committed, a channel was saved. Any thread; returns at once.
  void wake();

  // Host thread: the next call to make, or none. answer() must follow, on any thread.
  std::optional<ErpCall> next_erp_call();
  void answer(std::uint64_t call, engine::ErpReply reply);
  std::size_t erp_calls_waiting() const;

  // A named operation of ferry.operations/1, with JSON arguments and a JSON result. Blocking (database, for some the
  // portal); works also when start() was never called, as ferry-host does. Any thread.
  boost::system::result<std::string, OperationFailed> perform(std::string_view operation, std::string_view arguments_json);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::runtime
