#include "host-api/cxx/host_proxy.h"

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

constexpr std::size_t kLongestLineBytes = 8192;

void to_standard_error(std::string_view line) noexcept {
  std::fprintf(stderr, "ferry: %.*s\n", static_cast<int>(line.size()), line.data());
}

// What they may answer beside FERRY_OK.
constexpr ferry_status_t kRefusalsOfEnter[] = {FERRY_E_NOT_FOUND, FERRY_E_REJECTED, FERRY_E_BUSY, FERRY_E_RETRY,
                                               FERRY_E_UNSUPPORTED};
constexpr ferry_status_t kRefusalsOfFind[] = {FERRY_E_NOT_FOUND, FERRY_E_BUSY, FERRY_E_RETRY, FERRY_E_UNSUPPORTED};
constexpr ferry_status_t kRefusalsOfRevise[] = {FERRY_E_NOT_FOUND, FERRY_E_REJECTED, FERRY_E_BUSY, FERRY_E_RETRY,
                                                FERRY_E_UNSUPPORTED};
constexpr ferry_status_t kRefusalsOfEvaluate[] = {FERRY_E_REJECTED, FERRY_E_BUSY, FERRY_E_RETRY, FERRY_E_UNSUPPORTED};

}  // namespace

bool HostProxy::attach() noexcept {
  if (host_->get_extension == nullptr) {
    misbehaves("its get_extension is null");
    return false;
  }
  try {
    const auto fetch = [this](auto*& target, const char* id, auto is_complete) {
      using Extension = std::remove_reference_t<decltype(target)>;
      const auto found = static_cast<Extension>(extension(id));
      if (found == nullptr) return;
      if (is_complete(*found))
        target = found;
      else
        misbehaves(std::string(id) + " lacks a function; treated as not offered");
    };
    fetch(log_, FERRY_EXT_LOG, [](const auto& e) { return e.log != nullptr; });
    fetch(alert_, FERRY_EXT_ALERT, [](const auto& e) { return e.alert != nullptr; });
    fetch(alert_news_, FERRY_EXT_ALERT_NEWS, [](const auto& e) { return e.news != nullptr; });
    fetch(secrets_, FERRY_EXT_SECRETS, [](const auto& e) { return e.resolve != nullptr; });
    fetch(order_entry_, FERRY_EXT_ORDER_ENTRY, [](const auto& e) { return e.enter != nullptr && e.find != nullptr; });
    fetch(order_revision_, FERRY_EXT_ORDER_REVISION, [](const auto& e) { return e.revise != nullptr; });
    fetch(price_, FERRY_EXT_PRICE, [](const auto& e) { return e.evaluate != nullptr; });
    const auto needs_pump = [this](auto*& offered, const char* id) {
      if (offered == nullptr || host_->request_pump != nullptr) return;
      offered = nullptr;
      misbehaves("it offers " + std::string(id) + " but request_pump is null; treated as not offered");
    };
    needs_pump(order_entry_, FERRY_EXT_ORDER_ENTRY);
    needs_pump(price_, FERRY_EXT_PRICE);
    return true;
  } catch (...) {
    misbehaves("its get_extension threw");
    return false;
  }
}

const void* HostProxy::extension(const char* id) const { return host_->get_extension(host_, id); }

std::string HostProxy::description() const {
  const auto part = [](const char* text) {
    return text == nullptr ? std::string("unnamed") : sanitized(one_line(text), 100);
  };
  return part(host_->name) + " " + part(host_->version);
}

void HostProxy::log(ferry_log_severity_t severity, std::string_view line) const noexcept {
  try {
    const std::string sound = sanitized(one_line(line), kLongestLineBytes);
    if (log_ == nullptr) {
      to_standard_error(sound);
    } else {
      log_->log(host_, severity, as_text(sound));
    }
    if (severity == FERRY_LOG_ERROR && alert_ != nullptr) alert_->alert(host_, as_text(sound));
  } catch (...) {  // a log that throws cannot be told so
    to_standard_error("host misbehaving: its log or alert threw");
  }
}

void HostProxy::misbehaves(std::string_view how) const noexcept {
  try {
    log(FERRY_LOG_HOST_MISBEHAVING, "host misbehaving: " + std::string(how));
  } catch (...) {
    to_standard_error("host misbehaving");
  }
}

void HostProxy::alert(std::string_view json) const noexcept {
  try {
    alert_news_->news(host_, as_text(json));
  } catch (...) {
    misbehaves("news() of an alert threw");
  }
}

std::optional<std::string> HostProxy::secret(std::string_view name) const noexcept {
  if (secrets_ == nullptr) return std::nullopt;
  try {
    StringSink value;
    const ferry_status_t status = secrets_->resolve(host_, as_text(name), value.sink());
    if (status == FERRY_E_NOT_FOUND) return std::nullopt;
    if (status != FERRY_OK) {
      misbehaves("resolve() of a secret answered " + std::string(name_of(status)) + " (" + std::to_string(status) +
                 ")");
      return std::nullopt;
    }
    if (!value.flaw().empty()) {
      misbehaves("the secret '" + std::string(name) + "' " + std::string(value.flaw()));
      return std::nullopt;
    }
    return value.take();
  } catch (...) {
    misbehaves("resolve() of a secret threw");
    return std::nullopt;
  }
}

void HostProxy::request_pump() const noexcept {
  try {
    host_->request_pump(host_);
  } catch (...) {
    misbehaves("request_pump() threw");
  }
}

OrderEntryAnswer HostProxy::enter(std::int32_t channel, std::string_view reference,
                                  std::string_view order_json) const noexcept {
  const OrderEntryCall call{"enter()", reference, kRefusalsOfEnter};
  return ask_order_entry(call, [&](std::int64_t* id, const ferry_sink_t* number, const ferry_sink_t* reason) {
    return order_entry_->enter(host_, channel, as_text(reference), as_text(order_json), id, number, reason);
  });
}

OrderEntryAnswer HostProxy::find(std::int32_t channel, std::string_view reference) const noexcept {
  const OrderEntryCall call{"find()", reference, kRefusalsOfFind};
  return ask_order_entry(call, [&](std::int64_t* id, const ferry_sink_t* number, const ferry_sink_t* reason) {
    return order_entry_->find(host_, channel, as_text(reference), id, number, reason);
  });
}

OrderEntryAnswer HostProxy::revise(std::int32_t channel, std::string_view reference,
                                   std::string_view order_json) const noexcept {
  const OrderEntryCall call{"revise()", reference, kRefusalsOfRevise};
  return ask_order_entry(call, [&](std::int64_t* id, const ferry_sink_t* number, const ferry_sink_t* reason) {
    return order_revision_->revise(host_, channel, as_text(reference), as_text(order_json), id, number, reason);
  });
}

template <class Ask>
OrderEntryAnswer HostProxy::ask_order_entry(const OrderEntryCall& call, Ask ask) const noexcept {
  try {
    StringSink number, reason;
    OrderEntryAnswer answer;
    answer.status = ask(&answer.id, number.sink(), reason.sink());
    return checked(call, std::move(answer), number, reason);
  } catch (...) {
    misbehaves(std::string(call.name) + " threw");
    OrderEntryAnswer failed;
    failed.reason = "the ERP's order entry failed; see its log";
    return failed;
  }
}

OrderEntryAnswer HostProxy::checked(const OrderEntryCall& call, OrderEntryAnswer answer, const StringSink& number,
                                    const StringSink& reason) const {
  answer.number = sanitized(one_line(number.text()), 200);
  answer.reason = sanitized(one_line(reason.text()), 2000);
  const std::string told = std::string(call.name) + " of order '" + sanitized(call.reference, 200) + "'";
  if (answer.status == FERRY_OK) {
    if (answer.id > 0 && !answer.number.empty() && number.flaw().empty()) return answer;
    misbehaves(told + " answered FERRY_OK without a sound id and number");
    return {FERRY_E_INTERNAL, 0, {}, "the ERP's order entry did not name the order it entered"};
  }
  if (std::find(call.refusals.begin(), call.refusals.end(), answer.status) == call.refusals.end()) {
    misbehaves(told + " answered " + std::string(name_of(answer.status)) + " (" + std::to_string(answer.status) + ")");
    answer.status = FERRY_E_INTERNAL;
  }
  if (!reason.flaw().empty()) misbehaves("the reason of " + told + " " + std::string(reason.flaw()));
  answer.id = 0;
  answer.number.clear();
  if (answer.reason.empty()) answer.reason = "the ERP's order entry gave no reason";
  return answer;
}

PriceAnswer HostProxy::evaluate(std::int32_t channel, std::string_view questions_json) const noexcept {
  PriceAnswer answer;
  try {
    StringSink answers, reason;
    answer.status = price_->evaluate(host_, channel, as_text(questions_json), answers.sink(), reason.sink());
    answer.reason = sanitized(one_line(reason.text()), 2000);
    if (answer.status == FERRY_OK && answers.flaw().empty()) {
      answer.answers = answers.take();
      return answer;
    }
    if (answer.status == FERRY_OK) {
      misbehaves("the answers of evaluate() " + std::string(answers.flaw()));
      answer.status = FERRY_E_INTERNAL;
    } else if (std::ranges::find(kRefusalsOfEvaluate, answer.status) == std::end(kRefusalsOfEvaluate)) {
      misbehaves("evaluate() answered " + std::string(name_of(answer.status)) + " (" + std::to_string(answer.status) + ")");
      answer.status = FERRY_E_INTERNAL;
    }
    if (answer.reason.empty()) answer.reason = "the ERP's prices gave no reason";
  } catch (...) {
    misbehaves("evaluate() threw");
    answer = {FERRY_E_INTERNAL, "", "the ERP's prices failed; see its log"};
  }
  return answer;
}

}  // namespace ferry::abi
