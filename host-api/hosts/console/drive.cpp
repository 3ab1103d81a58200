#include "host-api/hosts/console/drive.h"

#include <algorithm>

#include "host-api/hosts/console/members.h"

namespace ferry::console {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks{200};

json::object lane_arguments(const Options& options) {
  json::object arguments;
  if (options.channel) arguments["channel"] = *options.channel;
  if (!options.job.empty()) arguments["job"] = options.job;
  return arguments;
}

json::object channel_arguments(const Options& options) {
  json::object arguments;
  if (options.channel) arguments["channel"] = *options.channel;
  return arguments;
}

// Waits until the engine reached the database; its own error otherwise.
Result<void> wait_until_connected(Session& session, Clock::time_point deadline, const StopSignals& signals) {
  for (;;) {
    const auto status = session.perform("status", {});
    if (status && is_true(object_of(*status, "engine"), "connected")) return {};
    const bool has_error = status && has_text(object_of(*status, "engine"), "error");
    if (has_error) return problem(text_of(object_of(*status, "engine"), "error"));
    const bool gives_up = Clock::now() > deadline || signals.arrives_within(kBetweenLooks);
    if (gives_up)
      return status ? problem("the engine did not reach the database in time: see --verbose") : status.error();
  }
}

std::vector<std::string> lanes_of(const json::object& asked) {
  std::vector<std::string> lanes;
  for (const json::value& item : array_of(asked, "lanes")) {
    lanes.push_back(text_of(as_object(item), "channel") + "/" + text_of(as_object(item), "job"));
  }
  return lanes;
}

// The chosen lanes' jobs that are not done yet.
std::vector<json::object> undone(const json::object& status, const std::vector<std::string>& lanes) {
  std::vector<json::object> jobs;
  for (const json::value& channel : array_of(status, "channels")) {
    for (const json::value& job : array_of(as_object(channel), "jobs")) {
      const std::string lane = text_of(as_object(channel), "id") + "/" + text_of(as_object(job), "job");
      if (std::ranges::count(lanes, lane) > 0 && !is_done(as_object(job))) jobs.push_back(as_object(job));
    }
  }
  return jobs;
}

Refusal late(const Options& options, const std::vector<json::object>& jobs) {
  std::string reason = "not done after " + std::to_string(options.wait_s) + " s";
  for (const json::object& job : jobs) {
    reason += "; " + text_of(job, "job") + ": " +
              (has_text(job, "last_error") ? text_of(job, "last_error") : "still running");
  }
  return problem(reason + ": see ferry-host status, or give more with --wait");
}

Rendered as_result(const Options& options, const json::object& status, const std::vector<std::string>& lanes) {
  Rendered rendered = render_runs(status, lanes);
  if (options.json) rendered.text = json::serialize(status) + "\n";
  return rendered;
}

}  // namespace

StopSignals::StopSignals() : signals_{} {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

bool StopSignals::arrives_within(std::chrono::milliseconds duration) const {
  const timespec timeout{duration.count() / 1000, (duration.count() % 1000) * 1'000'000};
  return sigtimedwait(&signals_, nullptr, &timeout) > 0;
}

std::string chosen_lanes(const Options& options) {
  if (!options.channel) return {};
  return std::to_string(*options.channel) + (options.job.empty() ? "" : "/" + options.job);
}

bool is_done(const json::object& job) {
  if (is_true(job, "paused")) return true;
  const json::object& run = object_of(job, "last_run");
  const bool is_asked_for = has_text(job, "requested");
  const bool is_held = !object_of(job, "held").empty();  // its run ends when a person has decided
  const bool is_running = !run.empty() && !has_text(run, "finished_at") && !is_held;
  const bool is_sending = text_of(job, "job") != "intake" && number_of(job, "due") > 0;
  return !is_asked_for && !is_running && !is_sending;
}

Result<Rendered> run(Session& session, const Options& options, const StopSignals& signals) {
  if (auto activated = session.activate(abi::Activation::engine, chosen_lanes(options)); !activated)
    return activated.error();
  signals.wait();
  session.deactivate();
  return Rendered{};
}

Result<Rendered> run_once(Session& session, const Options& options, const StopSignals& signals) {
  if (auto activated = session.activate(abi::Activation::engine, chosen_lanes(options)); !activated)
    return activated.error();
  const auto deadline = Clock::now() + std::chrono::seconds(options.wait_s);
  if (auto connected = wait_until_connected(session, deadline, signals); !connected) return connected.error();
  json::object arguments = lane_arguments(options);
  arguments["mode"] = options.full ? "full" : "incremental";
  auto asked = session.perform("run-now", arguments);
  if (!asked) return asked.error();
  const std::vector<std::string> lanes = lanes_of(*asked);
  if (lanes.empty()) return problem("there is no such job: see ferry-host status");
  for (;;) {
    auto status = session.perform("status", channel_arguments(options));
    if (!status) return status.error();
    const std::vector<json::object> jobs = undone(*status, lanes);
    if (jobs.empty()) return as_result(options, *status, lanes);
    if (Clock::now() > deadline) return late(options, jobs);
    if (signals.arrives_within(kBetweenLooks)) return problem("interrupted; what is not sent yet stays pending");
  }
}

Result<Rendered> dry_run(Session& session, const Options& options) {
  auto status = session.perform("status", channel_arguments(options));
  if (!status) return status.error();
  Rendered all;
  json::array results;
  for (const json::value& channel : array_of(*status, "channels")) {
    for (const json::value& entry : array_of(as_object(channel), "jobs")) {
      const std::string job = text_of(as_object(entry), "job");
      const bool is_chosen = job != "intake" && job != "reconcile" && (options.job.empty() || options.job == job);
      if (!is_chosen) continue;
      const std::int64_t id = number_of(as_object(channel), "id");
      auto preview = session.perform("preview", {{"channel", id}, {"job", job}, {"limit", options.limit}});
      if (!preview) return preview.error();
      all.text += job + " on channel " + std::to_string(id) + ": " + render("preview", *preview).text;
      results.push_back({{"channel", id}, {"job", job}, {"preview", std::move(*preview)}});
    }
  }
  if (results.empty()) return problem("there is no such feed: see ferry-host status");
  if (options.json) all.text = json::serialize(results) + "\n";
  return all;
}

}  // namespace ferry::console
