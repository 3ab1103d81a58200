#include "plugin/runtime/watch.h"

#include <algorithm>
#include <vector>

#include "ferry/ext/log.h"

namespace ferry::runtime {
namespace {

constexpr std::chrono::seconds kTurn{30};  // a channel is looked at every so often, by whichever process
constexpr std::chrono::minutes kGap{5};    // without a look, after which what lasts gets its time afresh

std::vector<std::string> jobs_of(const engine::ChannelFigures& figures) {
  std::vector<std::string> jobs;
  for (const engine::JobFigures& job : figures.jobs) jobs.push_back(job.job);
  return jobs;
}

}  // namespace

Watch::Watch(const HostServices& host, StorePool& stores, Credentials& credentials, Duration breath)
    : host_(host), stores_(stores), credentials_(credentials), breath_(breath), thread_([this] { run(); }) {}

Watch::~Watch() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopped_.notify_all();
  webhook_.break_off();
  thread_.join();
}

void Watch::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, breath_, [this] { return is_stopping_; })) {
    lock.unlock();
    look();
    call_host();
    lock.lock();
  }
}

// A database that is away is told by the supervisor.
void Watch::note(const engine::Problem& problem) {
  const bool is_known = problem_ == problem.message || problem.failure == engine::Failure::unavailable;
  if (!is_known) host_.log(FERRY_LOG_WARNING, "watching for alerts: " + problem.message);
  problem_ = problem.message;
}

void Watch::look() {
  const auto turns = stores_.borrow()->take_turns(kTurn, kGap);
  if (!turns) {
    note(turns.error());
    return;
  }
  if (turns->empty()) return;
  const auto rows = stores_.borrow()->channels();
  if (!rows) {
    note(rows.error());
    return;
  }
  for (const sql::ChannelRow& row : *rows) {
    if (std::ranges::count(*turns, row.id) == 0) continue;
    const ChannelPlan plan = plan_channel(row, host_.secret, credentials_);
    look_at(row, plan);
    if (plan.channel) post(plan.channel->settings, row.id);
  }
}

// A channel whose settings are wrong is watched by the defaults: nothing drives it, which is worth an alert.
void Watch::look_at(const sql::ChannelRow& row, const ChannelPlan& plan) {
  const engine::AlertSettings settings = plan.channel ? plan.channel->settings.alerts : engine::AlertSettings{};
  const auto figures = stores_.borrow()->figures(row.id, settings.window);
  if (!figures) {
    note(figures.error());
    return;
  }
  const auto lasting = stores_.borrow()->lasting_alerts(row.id);
  if (!lasting) {
    note(lasting.error());
    return;
  }
  const auto jobs = plan.channel ? plan.channel->settings.jobs : jobs_of(*figures);
  const auto decisions = engine::judge(*figures, jobs, settings, *lasting);
  if (decisions.empty()) return;
  const auto ours = stores_.borrow()->record_alerts(row.id, decisions);
  if (!ours) {
    note(ours.error());
    return;
  }
  for (const engine::AlertDecision& decision : *ours) tell(decision);
}

void Watch::tell(const engine::AlertDecision& decision) const {
  const std::string rule = " (" + decision.rule + ") ";
  switch (decision.news) {
    case engine::AlertNews::raised: return host_.log(FERRY_LOG_ERROR, "alert" + rule + decision.text);
    case engine::AlertNews::repeated: return host_.log(FERRY_LOG_WARNING, "alert still lasts" + rule + decision.text);
    case engine::AlertNews::resolved: return host_.log(FERRY_LOG_INFO, "alert is over" + rule + decision.text);
  }
}

void Watch::call_host() {
  if (!host_.alert) return;
  const auto letters = stores_.borrow()->take_alert_calls();
  if (!letters) {
    note(letters.error());
    return;
  }
  for (const sql::AlertLetter& letter : *letters) host_.alert(letter.json);
}

// What fails is tried again later, by whichever process has the turn then.
void Watch::post(const engine::ChannelSettings& settings, std::int32_t channel) {
  if (settings.alert_webhook.empty()) return;
  const auto letters = stores_.borrow()->take_alert_posts(channel);
  if (!letters) {
    note(letters.error());
    return;
  }
  for (const sql::AlertLetter& letter : *letters) {
    const std::string failure = webhook_.post(settings, letter);
    if (!failure.empty()) {
      host_.log(FERRY_LOG_WARNING, "channel " + std::to_string(channel) + ": the webhook did not take an alert: " + failure);
      return;
    }
    const auto noted = stores_.borrow()->alert_posted(letter);
    if (!noted) note(noted.error());
  }
}

}  // namespace ferry::runtime
