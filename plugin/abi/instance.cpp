#include "plugin/abi/instance.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "host-api/cxx/text.h"
#include "plugin/runtime/price_call.h"

namespace ferry::abi {
namespace {

engine::ErpAnswer answer_of(ferry_status_t status) noexcept {
  switch (status) {
    case FERRY_OK: return engine::ErpAnswer::linked;
    case FERRY_E_REJECTED: return engine::ErpAnswer::rejected;
    case FERRY_E_BUSY: return engine::ErpAnswer::busy;
    case FERRY_E_NOT_FOUND: return engine::ErpAnswer::absent;
    case FERRY_E_UNSUPPORTED: return engine::ErpAnswer::unsupported;
    default:
      return engine::ErpAnswer::retry;  // FERRY_E_INTERNAL too: found by its reference if it was entered after all
  }
}

bool is_mode(std::uint32_t mode) noexcept { return mode == FERRY_ACTIVATE_ENGINE || mode == FERRY_ACTIVATE_OPERATIONS; }

}  // namespace

Instance::Instance(const ferry_host_t* host, MakeEngine make_engine)
    : host_(host), make_engine_(std::move(make_engine)) {}

bool Instance::init() {
  const HostThread::Call call(host_thread_);
  if (!call.is_alone() || is_initialised_) {
    host_.misbehaves("init() was called twice");
    return false;
  }
  is_initialised_ = host_.attach();
  return is_initialised_;
}

ferry_status_t Instance::refuse(std::string_view how, std::vector<std::string>& diagnostics) const {
  host_.misbehaves(how);
  diagnostics.emplace_back(how);
  return FERRY_E_INVALID;
}

ferry_status_t Instance::activate(std::uint32_t mode, ferry_text_t config_json, std::vector<std::string>& diagnostics) {
  const HostThread::Call call(host_thread_);
  if (!call.is_alone()) return refuse("activate() while another [host-thread] call is under way", diagnostics);
  if (!is_initialised_) return refuse("activate() without a successful init()", diagnostics);
  if (!is_mode(mode)) return refuse("activate() with the unknown mode " + std::to_string(mode), diagnostics);
  if (const auto wrong = flaw(config_json); !wrong.empty()) {
    return refuse("the settings text of activate() " + std::string(wrong), diagnostics);
  }
  {
    std::lock_guard lock(mutex_);
    if (engine_ != nullptr) return refuse("activate() while active", diagnostics);
  }
  std::vector<config::Problem> problems;
  std::shared_ptr<Engine> made = make_engine_(view(config_json), services(mode), problems);
  for (const config::Problem& problem : problems) diagnostics.push_back(problem.message);
  if (!problems.empty()) return FERRY_E_INVALID;
  if (mode == FERRY_ACTIVATE_ENGINE) made->start();
  std::lock_guard lock(mutex_);
  engine_ = std::move(made);
  mode_ = mode;
  active_in_ = ::getpid();
  return FERRY_OK;
}

runtime::HostServices Instance::services(std::uint32_t mode) const {
  runtime::HostServices services;
  services.log = [this](int severity, std::string_view line) { host_.log(severity, line); };
  services.secret = [this](std::string_view name) { return host_.secret(name); };
  if (mode == FERRY_ACTIVATE_ENGINE && host_.has_order_entry()) {
    services.request_pump = [this] { host_.request_pump(); };
  }
  if (mode == FERRY_ACTIVATE_ENGINE && host_.has_prices()) {
    services.request_evaluation = [this] { host_.request_pump(); };
  }
  if (host_.carries_alerts()) services.alert = [this](std::string_view json) { host_.alert(json); };
  return services;
}

void Instance::deactivate(std::uint32_t drain_ms) {
  std::shared_ptr<Engine> stopping;
  {
    std::lock_guard lock(mutex_);
    if (engine_ == nullptr) return;
    stopping = std::move(engine_);
    if (is_in_forked_child()) {  // its threads and connections are the parent's: leave them alone
      [[maybe_unused]] const auto* abandoned = new std::shared_ptr<Engine>(std::move(stopping));
      return;
    }
  }
  const HostThread::Call call(host_thread_);
  if (!call.is_alone()) host_.misbehaves("deactivate() while another [host-thread] call is under way");
  stopping->stop(std::chrono::milliseconds(drain_ms));  // a pump() that still runs keeps the engine until it is done
}

std::uint32_t Instance::pump() {
  const std::shared_ptr<Engine> active = engine("pump()");
  if (active == nullptr) return 0;
  const HostThread::Call alone(host_thread_);
  if (!alone.is_alone()) {
    host_.misbehaves("pump() while another [host-thread] call is under way");
    return 0;
  }
  if (const auto call = active->next_erp_call()) answer_from_host(*active, *call);
  return static_cast<std::uint32_t>(std::min<std::size_t>(active->erp_calls_waiting(), UINT32_MAX));
}

void Instance::answer_from_host(Engine& engine, const runtime::ErpCall& call) const {
  if (!call.questions.empty()) return engine.answer(call.id, evaluated_by_host(call));
  if (!host_.has_order_entry()) {
    engine.answer(call.id, {engine::ErpAnswer::unsupported, {}, "this host has no order entry"});
    return;
  }
  const bool is_revision = call.purpose == runtime::ErpCall::Purpose::revise;
  if (is_revision && !host_.has_order_revision()) {
    engine.answer(call.id, {engine::ErpAnswer::rejected, {}, "this ERP takes no changes of order " + call.reference +
                                                                 " from its portal: look at both and change the ERP's by hand"});
    return;
  }
  OrderEntryAnswer answer = call.purpose == runtime::ErpCall::Purpose::find ? host_.find(call.channel, call.reference)
                            : is_revision ? host_.revise(call.channel, call.reference, call.document)
                                          : host_.enter(call.channel, call.reference, call.document);
  engine.answer(call.id, {answer_of(answer.status), {answer.id, std::move(answer.number)}, std::move(answer.reason)});
}

engine::ErpReply Instance::evaluated_by_host(const runtime::ErpCall& call) const {
  if (!host_.has_prices()) return {engine::ErpAnswer::unsupported, {}, "this host evaluates no prices"};
  PriceAnswer answer = host_.evaluate(call.channel, runtime::price_questions(call.questions));
  if (answer.status != FERRY_OK) return {answer_of(answer.status), {}, std::move(answer.reason)};
  auto prices = runtime::price_answers(call.questions, answer.answers);
  if (prices) return {engine::ErpAnswer::evaluated, {}, "", std::move(*prices)};
  host_.misbehaves("the answers of evaluate() " + prices.error());
  return {engine::ErpAnswer::retry, {}, "its answers are not as schemas/price.md says; see the log"};
}

Instance::Performed Instance::perform(ferry_text_t operation, ferry_text_t arguments_json) {
  const std::shared_ptr<Engine> active = engine("perform()");
  if (active == nullptr) return {FERRY_E_INVALID, "the engine is not active in this process"};
  for (const ferry_text_t text : {operation, arguments_json}) {
    if (const auto wrong = flaw(text); !wrong.empty()) {
      host_.misbehaves("an argument of perform() " + std::string(wrong));
      return {FERRY_E_INVALID, "an argument of perform() " + std::string(wrong)};
    }
  }
  const std::string_view arguments = view(arguments_json);
  auto performed = active->perform(view(operation), arguments.empty() ? "{}" : arguments);
  if (performed) return {FERRY_OK, std::move(*performed)};
  runtime::OperationFailed failed = performed.error();
  if (is_known(failed.status) && failed.status != FERRY_OK) return {failed.status, std::move(failed.reason)};
  host_.log(FERRY_LOG_PLUGIN_MISBEHAVING,
            "plugin misbehaving: an operation failed with status " + std::to_string(failed.status));
  return {FERRY_E_INTERNAL, std::move(failed.reason)};
}

void Instance::changed() {
  if (const std::shared_ptr<Engine> active = engine("changed()")) active->wake();
}

bool Instance::may_be_destroyed() {
  const HostThread::Call call(host_thread_);
  std::lock_guard lock(mutex_);
  if (engine_ != nullptr && is_in_forked_child()) return false;
  if (call.is_alone()) return true;
  host_.misbehaves("destroy() while another [host-thread] call is under way; the instance is left as it is");
  return false;
}

bool Instance::is_in_forked_child() const { return active_in_ != ::getpid(); }

std::shared_ptr<Engine> Instance::engine(std::string_view caller) {
  std::string how(caller);
  {
    std::lock_guard lock(mutex_);
    if (engine_ != nullptr && !is_in_forked_child()) return engine_;
    how += engine_ == nullptr ? " while not active" : " in a forked child: activate an instance of its own there";
  }
  host_.misbehaves(how);
  return nullptr;
}

}  // namespace ferry::abi
