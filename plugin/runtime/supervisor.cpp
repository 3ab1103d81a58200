#include "plugin/runtime/supervisor.h"

#include <malloc.h>

#include <chrono>
#include <utility>
#include <vector>

#include "ferry/ext/log.h"
#include "plugin/runtime/clock.h"

namespace ferry::runtime {
namespace {

using std::chrono::seconds;

constexpr seconds kLookAtChannels{15};  // the safety net below the notification of a saved channel
constexpr seconds kListenRetry{5};
constexpr seconds kRetireDrain{10};
constexpr std::chrono::hours kPurgeEvery{1};
constexpr std::chrono::minutes kTrimEvery{1};

std::string fingerprint(const sql::ChannelRow& row) {
  return row.name + '\n' + row.profile + '\n' + row.connector + '\n' + row.settings;
}

}  // namespace

Supervisor::Supervisor(const ServiceSettings& settings, const HostServices& host, StorePool& stores, ErpQueue& erp,
                       Credentials& credentials, std::string holder)
    : settings_(settings), host_(host), stores_(stores), erp_(erp), credentials_(credentials), holder_(std::move(holder)) {
  if (!settings_.notify.empty()) {
    std::string password;
    if (!settings_.database_password.empty()) password = host_.secret(settings_.database_password).value_or("");
    listener_ = std::make_unique<sql::Listener>(settings_.notify, std::move(password), "ferry");
    listener_thread_ = std::thread([this] { listen(); });
  }
  thread_ = std::thread([this] { run(); });
}

Supervisor::~Supervisor() { stop(Duration{}); }

void Supervisor::wake() {
  if (!is_listening_) wake_job(0, "");
}

void Supervisor::stop(Duration drain) {
  if (is_stopping_.exchange(true)) return;
  orders_.put(false);
  if (listener_) listener_->cancel();
  std::map<std::int32_t, Driven> driven;
  {
    std::lock_guard lock(mutex_);
    driven.swap(driven_);
  }
  for (auto& [id, channel] : driven) channel.driver->ask_to_stop();
  if (!await_stopped(driven, now() + drain)) {
    for (auto& [id, channel] : driven) channel.driver->break_off();
    erp_.abandon();
    stores_.cancel_all();
  }
  driven.clear();
  if (listener_thread_.joinable()) listener_thread_.join();
  thread_.join();
}

Supervisor::State Supervisor::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void Supervisor::run() {
  seconds wait{0};
  while (!is_stopping_) {
    orders_.take_all(now() + wait);
    if (is_stopping_) break;
    if (has_schema_ || prepare_schema()) {
      follow_channels();
      purge_now_and_then(now());
      trim_now_and_then(now());
    }
    wait = kLookAtChannels;
    if (!state().error.empty()) wait = seconds(5);
  }
}

bool Supervisor::prepare_schema() {
  const auto migrated = stores_.borrow()->migrate();
  if (!migrated) {
    note_error(migrated.error().message);
    return false;
  }
  for (const std::string& name : migrated->applied) log(FERRY_LOG_INFO, "schema ferry: applied migration " + name);
  has_schema_ = true;
  return true;
}

void Supervisor::follow_channels() {
  const auto rows = stores_.borrow()->channels();
  if (!rows) {
    note_error(rows.error().message);
    return;
  }
  note_error("");
  std::map<std::int32_t, const sql::ChannelRow*> wanted;
  for (const sql::ChannelRow& row : *rows) {
    if (row.active) wanted.emplace(row.id, &row);
  }
  retire([&wanted](std::int32_t id, const Driven& driven) {
    const auto row = wanted.find(id);
    return row == wanted.end() || fingerprint(*row->second) != driven.row;
  });
  for (const auto& [id, row] : wanted) {
    if (!is_driven(id)) take_channel(*row);
  }
  std::lock_guard lock(mutex_);
  std::erase_if(troubles_, [&wanted](const auto& entry) { return !wanted.contains(entry.first); });
}

// Ends the channels that `is_obsolete` names; what they have under way is given a moment to be recorded.
void Supervisor::retire(const std::function<bool(std::int32_t, const Driven&)>& is_obsolete) {
  std::map<std::int32_t, Driven> gone;
  {
    std::lock_guard lock(mutex_);
    for (auto it = driven_.begin(); it != driven_.end();) {
      const auto next = std::next(it);
      if (is_obsolete(it->first, it->second)) gone.insert(driven_.extract(it));
      it = next;
    }
  }
  for (auto& [id, channel] : gone) channel.driver->ask_to_stop();
  await_stopped(gone, now() + kRetireDrain);
}

bool Supervisor::await_stopped(const std::map<std::int32_t, Driven>& driven, Instant deadline) {
  for (const auto& [id, channel] : driven) {
    while (!channel.driver->is_stopped()) {
      if (now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return true;
}

bool Supervisor::is_driven(std::int32_t channel) const {
  std::lock_guard lock(mutex_);
  return driven_.contains(channel);
}

void Supervisor::take_channel(const sql::ChannelRow& row) {
  ChannelPlan plan = plan_channel(row, secrets_of_channels(settings_, host_.secret), credentials_);
  const std::string trouble = all_messages(plan.problems);
  const std::string who = "channel " + std::to_string(row.id) + " (" + row.name + ")";
  if (note_trouble(row.id, trouble)) log(FERRY_LOG_ERROR, who + " is not driven: " + trouble);
  if (!plan.channel) return;
  for (const std::string& warning : plan.warnings) log(FERRY_LOG_WARNING, who + ": " + warning);
  auto driver = std::make_unique<ChannelDriver>(
      plan.channel,
      ChannelDriver::Surroundings{
          stores_, erp_, holder_, [this](const engine::WakeJob& wake) { wake_job(wake.channel, wake.job); }, host_.log,
          [this](const engine::LaneId& lane) { return drives(settings_, lane); }});
  std::lock_guard lock(mutex_);
  if (!is_stopping_) driven_[row.id] = {fingerprint(row), std::move(driver)};
}

// Keeps what is wrong with a channel (empty: nothing); true when it is bad news that was not told yet.
bool Supervisor::note_trouble(std::int32_t channel, const std::string& trouble) {
  std::lock_guard lock(mutex_);
  if (trouble.empty()) {
    troubles_.erase(channel);
    return false;
  }
  return std::exchange(troubles_[channel], trouble) != trouble;
}

void Supervisor::purge_now_and_then(Instant at) {
  if (at < next_purge_) return;
  next_purge_ = at + kPurgeEvery;
  const auto purged = stores_.borrow()->purge(settings_.retention_days);
  if (!purged) {
    log(FERRY_LOG_WARNING, "purging old exchanges: " + purged.error().message);
  } else if (*purged > 0) {
    next_purge_ = at;  // a bounded number went; there may be more
  }
}

// glibc keeps what is freed in the middle of a thread's arena. In an ERP server, with its many short-lived threads beside
// ours, the memory that nobody uses grew to more than half of what the process held (43 of 75 MB after half an hour).
void Supervisor::trim_now_and_then(Instant at) {
  if (at < next_trim_) return;
  next_trim_ = at + kTrimEvery;
  ::malloc_trim(0);
}

void Supervisor::listen() {
  bool is_first_problem = true;
  while (!is_stopping_) {
    const sql::Woken woken = listener_->wait(kListenRetry);
    is_listening_ = woken.connected;
    if (!woken.problem.empty() && std::exchange(is_first_problem, false)) {
      log(FERRY_LOG_WARNING, "not notified of changes, polling instead: " + woken.problem);
    }
    if (woken.connected) is_first_problem = true;
    if (woken.reconnected) {
      orders_.put(true);
      wake_job(0, "");
    }
    for (const std::string& payload : woken.payloads) {
      if (payload == "channel") {
        orders_.put(true);
      } else if (payload == "pause") {
        notice_pause();
      } else {
        wake_job(0, payload);
      }
    }
  }
}

void Supervisor::wake_job(std::int32_t channel, std::string_view job) {
  std::lock_guard lock(mutex_);
  for (auto& [id, driven] : driven_) {
    if (channel == 0 || channel == id) driven.driver->wake(job);
  }
}

void Supervisor::notice_pause() {
  std::lock_guard lock(mutex_);
  for (auto& [id, driven] : driven_) driven.driver->notice_pause();
}

void Supervisor::note_error(const std::string& error) {
  {
    std::lock_guard lock(mutex_);
    state_.is_connected = error.empty();
    if (std::exchange(state_.error, error) == error) return;
  }
  if (error.empty()) {
    log(FERRY_LOG_INFO, "the database is reachable again");
  } else {
    log(FERRY_LOG_ERROR, error);
  }
}

void Supervisor::log(int severity, const std::string& line) const { host_.log(severity, line); }

}  // namespace ferry::runtime
