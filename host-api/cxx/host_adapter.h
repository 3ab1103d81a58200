// A host written in C++: implement Host, hand adapter.c_host() to the module. Texts from the module are checked, and no
// exception of the implementation crosses the ABI.
#pragma once

#include <ferry/ext/log.h>
#include <ferry/ext/order-entry.h>
#include <ferry/ext/order-revision.h>
#include <ferry/ext/price.h>
#include <ferry/ext/secrets.h>
#include <ferry/host.h>

#include <optional>
#include <string>
#include <string_view>

namespace ferry::abi {

struct EnteredOrder {
  ferry_status_t status = FERRY_E_INTERNAL;  // as ferry_host_order_entry_t says
  std::int64_t id = 0;
  std::string number, reason;
};

struct EvaluatedPrices {
  ferry_status_t status = FERRY_E_INTERNAL;  // as ferry_host_price_t says
  std::string answers, reason;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual void log(ferry_log_severity_t severity, std::string_view line) = 0;  // any thread
  virtual std::optional<std::string> secret(std::string_view name) = 0;        // any thread

  // Order entry; a host that has none leaves these as they are.
  virtual bool has_order_entry() const { return false; }
  virtual void request_pump() {}  // any thread
  virtual EnteredOrder enter(std::int32_t, std::string_view, std::string_view) {
    return {FERRY_E_UNSUPPORTED, 0, {}, {}};
  }
  virtual EnteredOrder find(std::int32_t, std::string_view) { return {FERRY_E_UNSUPPORTED, 0, {}, {}}; }

  // What changes of such an order later; one that revises has order entry too.
  virtual bool has_order_revision() const { return false; }
  virtual EnteredOrder revise(std::int32_t, std::string_view, std::string_view) {
    return {FERRY_E_UNSUPPORTED, 0, {}, {}};
  }

  // Prices; likewise. One that has them has a request_pump() too.
  virtual bool has_prices() const { return false; }
  virtual EvaluatedPrices evaluate(std::int32_t, std::string_view) { return {FERRY_E_UNSUPPORTED, {}, {}}; }
};

// Stays where it is; `host` outlives it, and it outlives every plugin instance that was created with it.
class HostAdapter {
 public:
  HostAdapter(Host& host, std::string name, std::string version);
  HostAdapter(const HostAdapter&) = delete;
  HostAdapter& operator=(const HostAdapter&) = delete;

  const ferry_host_t* c_host() const noexcept { return &c_host_; }

 private:
  static const void* get_extension(const ferry_host_t* host, const char* id);

  const std::string name_, version_;
  ferry_host_t c_host_;
};

}  // namespace ferry::abi
