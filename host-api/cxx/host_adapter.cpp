#include "host-api/cxx/host_adapter.h"

#include <cstring>

#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

Host& of(const ferry_host_t* host) noexcept { return *static_cast<Host*>(host->host_data); }

void plugin_misbehaves(Host& host, std::string_view what, std::string_view how) {
  host.log(FERRY_LOG_PLUGIN_MISBEHAVING, "plugin misbehaving: " + std::string(what) + " " + std::string(how));
}

// The text if it is sound; otherwise reports and answers nothing.
std::optional<std::string_view> checked(Host& host, std::string_view what, ferry_text_t text) {
  const std::string_view wrong = flaw(text);
  if (wrong.empty()) return view(text);
  plugin_misbehaves(host, what, wrong);
  return std::nullopt;
}

void log(const ferry_host_t* host, ferry_log_severity_t severity, ferry_text_t line) noexcept {
  try {
    if (const auto text = checked(of(host), "a log line", line)) of(host).log(severity, *text);
  } catch (...) {  // there is no better place to say that the log failed
  }
}

ferry_status_t resolve(const ferry_host_t* host, ferry_text_t name, const ferry_sink_t* value) noexcept {
  try {
    const auto text = checked(of(host), "the name of a secret", name);
    if (!text) return FERRY_E_NOT_FOUND;
    const auto secret = of(host).secret(*text);
    if (!secret) return FERRY_E_NOT_FOUND;
    if (!write_to(value, *secret)) plugin_misbehaves(of(host), "its sink for a secret", "refused it");
    return FERRY_OK;
  } catch (...) {
    return FERRY_E_NOT_FOUND;
  }
}

ferry_status_t answer(const EnteredOrder& order, std::int64_t* erp_id, const ferry_sink_t* number,
                      const ferry_sink_t* reason) {
  if (erp_id != nullptr) *erp_id = order.id;
  write_to(number, order.number);
  write_to(reason, order.reason);
  return order.status;
}

// Host::enter or Host::revise
template <auto Take>
ferry_status_t take(const ferry_host_t* host, std::int32_t channel, ferry_text_t reference, ferry_text_t order_json,
                    std::int64_t* erp_id, const ferry_sink_t* number, const ferry_sink_t* reason) noexcept {
  try {
    const auto name = checked(of(host), "the reference of an order", reference);
    const auto order = checked(of(host), "an order", order_json);
    if (!name || !order) return FERRY_E_RETRY;
    return answer((of(host).*Take)(channel, *name, *order), erp_id, number, reason);
  } catch (...) {
    write_to(reason, "the host's order entry failed");
    return FERRY_E_RETRY;
  }
}

ferry_status_t find(const ferry_host_t* host, std::int32_t channel, ferry_text_t reference, std::int64_t* erp_id,
                    const ferry_sink_t* number, const ferry_sink_t* reason) noexcept {
  try {
    const auto name = checked(of(host), "the reference of an order", reference);
    if (!name) return FERRY_E_RETRY;
    return answer(of(host).find(channel, *name), erp_id, number, reason);
  } catch (...) {
    write_to(reason, "the host's order entry failed");
    return FERRY_E_RETRY;
  }
}

ferry_status_t evaluate(const ferry_host_t* host, std::int32_t channel, ferry_text_t questions_json,
                        const ferry_sink_t* answers, const ferry_sink_t* reason) noexcept {
  try {
    const auto questions = checked(of(host), "the questions for prices", questions_json);
    if (!questions) return FERRY_E_RETRY;
    const EvaluatedPrices prices = of(host).evaluate(channel, *questions);
    write_to(prices.status == FERRY_OK ? answers : reason, prices.status == FERRY_OK ? prices.answers : prices.reason);
    return prices.status;
  } catch (...) {
    write_to(reason, "the host's prices failed");
    return FERRY_E_RETRY;
  }
}

void request_pump(const ferry_host_t* host) noexcept {
  try {
    of(host).request_pump();
  } catch (...) {  // the pump then runs when it is next asked for
  }
}

constexpr ferry_host_log_t kLog{&log};
constexpr ferry_host_secrets_t kSecrets{&resolve};
constexpr ferry_host_order_entry_t kOrderEntry{&take<&Host::enter>, &find};
constexpr ferry_host_order_revision_t kOrderRevision{&take<&Host::revise>};
constexpr ferry_host_price_t kPrice{&evaluate};

}  // namespace

HostAdapter::HostAdapter(Host& host, std::string name, std::string version)
    : name_(std::move(name)), version_(std::move(version)), c_host_{ferry_abi_version(),
                                                                    &host,
                                                                    name_.c_str(),
                                                                    version_.c_str(),
                                                                    &HostAdapter::get_extension,
                                                                    &abi::request_pump} {}

const void* HostAdapter::get_extension(const ferry_host_t* host, const char* id) {
  if (std::strcmp(id, FERRY_EXT_LOG) == 0) return &kLog;
  if (std::strcmp(id, FERRY_EXT_SECRETS) == 0) return &kSecrets;
  if (std::strcmp(id, FERRY_EXT_ORDER_ENTRY) == 0 && of(host).has_order_entry()) return &kOrderEntry;
  if (std::strcmp(id, FERRY_EXT_ORDER_REVISION) == 0 && of(host).has_order_revision()) return &kOrderRevision;
  if (std::strcmp(id, FERRY_EXT_PRICE) == 0 && of(host).has_prices()) return &kPrice;
  return nullptr;
}

}  // namespace ferry::abi
