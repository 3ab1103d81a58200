// The host as the module sees it: every callback checked. A host that breaks the contract (missing functions, unknown
// statuses, texts that are no text) is reported in the log as "host misbehaving" and answered for, never crashed on.
#pragma once

#include <ferry/ext/alert.h>
#include <ferry/ext/log.h>
#include <ferry/ext/order-entry.h>
#include <ferry/ext/order-revision.h>
#include <ferry/ext/price.h>
#include <ferry/ext/secrets.h>
#include <ferry/host.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ferry::abi {

class StringSink;

// What the host's order entry answered; checked: with FERRY_OK id and number are set, with any other status reason is.
// FERRY_E_NOT_FOUND comes from find() and revise() only.
struct OrderEntryAnswer {
  ferry_status_t status = FERRY_E_INTERNAL;
  std::int64_t id = 0;
  std::string number;
  std::string reason;  // one line
};

// What the host's prices answered; checked: with FERRY_OK there are answers, with any other status a reason.
struct PriceAnswer {
  ferry_status_t status = FERRY_E_INTERNAL;
  std::string answers;  // JSON
  std::string reason;   // one line
};

// Thread-safe after attach(), except enter(), find(), revise() and evaluate(). Nothing throws.
class HostProxy {
 public:
  // Calls nothing of the host. Precondition: not null, compatible version; valid as long as this object.
  explicit HostProxy(const ferry_host_t* host) noexcept : host_(host) {}

  // Fetches the extensions, as init() may. False: the host cannot be used at all; the reason was reported.
  bool attach() noexcept;

  std::string description() const;  // "trytond 6.0.29"

  // Also calls a person (ferry.alert/1) when severity is FERRY_LOG_ERROR. To standard error when the host has no log.
  void log(ferry_log_severity_t severity, std::string_view line) const noexcept;
  void misbehaves(std::string_view how) const noexcept;  // logs "host misbehaving: ..."

  bool carries_alerts() const noexcept { return alert_news_ != nullptr; }
  void alert(std::string_view json) const noexcept;  // Precondition: carries_alerts()

  std::optional<std::string> secret(std::string_view name) const noexcept;

  bool has_order_entry() const noexcept { return order_entry_ != nullptr; }
  void request_pump() const noexcept;
  // [host-thread], within pump(). Precondition: has_order_entry().
  OrderEntryAnswer enter(std::int32_t channel, std::string_view reference, std::string_view order_json) const noexcept;
  OrderEntryAnswer find(std::int32_t channel, std::string_view reference) const noexcept;

  bool has_order_revision() const noexcept { return order_entry_ != nullptr && order_revision_ != nullptr; }
  // [host-thread], within pump(). Precondition: has_order_revision().
  OrderEntryAnswer revise(std::int32_t channel, std::string_view reference, std::string_view order_json) const noexcept;

  bool has_prices() const noexcept { return price_ != nullptr; }
  // [host-thread], within pump(). Precondition: has_prices().
  PriceAnswer evaluate(std::int32_t channel, std::string_view questions_json) const noexcept;

 private:
  const void* extension(const char* id) const;
  struct OrderEntryCall {
    const char* name;
    std::string_view reference;
    std::span<const ferry_status_t> refusals;
  };
  template <class Ask>
  OrderEntryAnswer ask_order_entry(const OrderEntryCall& call, Ask ask) const noexcept;
  OrderEntryAnswer checked(const OrderEntryCall& call, OrderEntryAnswer answer, const StringSink& number,
                           const StringSink& reason) const;

  const ferry_host_t* const host_;
  const ferry_host_log_t* log_ = nullptr;
  const ferry_host_secrets_t* secrets_ = nullptr;
  const ferry_host_order_entry_t* order_entry_ = nullptr;
  const ferry_host_order_revision_t* order_revision_ = nullptr;
  const ferry_host_price_t* price_ = nullptr;
  const ferry_host_alert_t* alert_ = nullptr;
  const ferry_host_alert_news_t* alert_news_ = nullptr;
};

}  // namespace ferry::abi
