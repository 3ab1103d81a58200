#include "plugin/engine/alerts.h"

#include <algorithm>
#include <array>
#include <optional>


namespace ferry::engine {
namespace {

constexpr std::array kRules = {AlertRule::backlog_grows, AlertRule::errors, AlertRule::no_success,
                               AlertRule::oldest_unsent, AlertRule::paused, AlertRule::held, AlertRule::unread};

// What a rule looks at. `lasts`: it is raised already, and ends only when it is clearly over, lest it flutter.
struct Case {
  const ChannelFigures& channel;
  const JobFigures& job;
  const AlertSettings& settings;
  bool lasts = false;
  Instant news_at{};  // of the alert that lasts
};
using Finding = std::optional<std::string>;  // what is wrong and since when, how to mend it

std::string number(std::int64_t value) { return std::to_string(value); }

// Of a third of the window, 0..2; none without a sample.
std::optional<std::int64_t> least_of_third(const Case& the, int third) {
  const Instant begin = the.channel.now - the.settings.window;
  std::optional<std::int64_t> least;
  for (const BacklogSample& sample : the.job.backlog) {
    const auto of = std::clamp<std::int64_t>(3 * (sample.at - begin).count() / the.settings.window.count(), 0, 2);
    if (of == third) least = std::min(least.value_or(sample.waiting), sample.waiting);
  }
  return least;
}

Finding backlog_grows(const Case& the) {
  const auto first = least_of_third(the, 0), second = least_of_third(the, 1), third = least_of_third(the, 2);
  if (the.settings.backlog == 0 || !first || !second || !third) return std::nullopt;
  const std::int64_t limit = the.lasts ? the.settings.backlog / 2 : the.settings.backlog;
  const bool grows = the.lasts ? *third >= *first : *first < *second && *second < *third;
  if (!grows || the.job.waiting < std::max<std::int64_t>(1, limit)) return std::nullopt;
  return number(the.job.waiting) + " wait, and there were " + number(*first) + " at " +
         to_iso8601(the.channel.now - the.settings.window) +
         ": more comes than goes, so it will not drain by itself; raise rate_per_second or batch_cap if the portal "
         "allows more, or find out what changes so much";
}

Finding errors(const Case& the) {
  const std::int64_t answered = the.job.successful + the.job.failed;
  const std::int64_t limit = the.lasts ? (the.settings.error_percent + 1) / 2 : the.settings.error_percent;
  if (the.settings.error_percent == 0 || answered < kLeastAnswers) return std::nullopt;
  if (100 * the.job.failed < limit * answered) return std::nullopt;
  return number(the.job.failed) + " of " + number(answered) + " failed since " +
         to_iso8601(the.channel.now - the.settings.window) +
         "; the refused ones are grouped by reason: mend the cause, then replay them";
}

Finding no_success(const Case& the) {
  const Duration limit = std::max(the.settings.no_success, 2 * the.settings.poll_interval);
  if (the.settings.no_success == Duration(0) || the.job.is_paused) return std::nullopt;
  const Instant had_work_since = the.job.waiting > 0 ? the.job.oldest_waiting : Instant{};
  const Instant since = std::max({the.job.last_success_at, had_work_since, the.job.watched_since});
  if (the.channel.now - since < limit) return std::nullopt;
  std::string text = "nothing got through since " + to_iso8601(since);
  if (the.job.waiting > 0) text += ", " + number(the.job.waiting) + " wait";
  if (the.job.last_error.empty()) return text + "; see whether a server process drives the job";
  return text + "; last error: " + the.job.last_error;
}

Finding oldest_unsent(const Case& the) {
  if (the.settings.oldest_unsent == Duration(0) || the.job.waiting == 0 || the.job.is_paused) return std::nullopt;
  const Instant since = std::max(the.job.oldest_waiting, the.job.watched_since);
  if (the.channel.now - since < the.settings.oldest_unsent) return std::nullopt;
  return "the oldest of " + number(the.job.waiting) + " waits since " + to_iso8601(the.job.oldest_waiting) +
         (the.job.last_error.empty() ? "; its reason says what it waits for" : "; last error: " + the.job.last_error);
}

Finding paused(const Case& the) {
  if (the.settings.paused == Duration(0) || !the.job.is_paused) return std::nullopt;
  const Instant since = std::max(the.job.paused_at, the.job.watched_since);
  if (the.channel.now - since < the.settings.paused) return std::nullopt;
  return "paused since " + to_iso8601(the.job.paused_at == Instant{} ? since : the.job.paused_at) + " (" +
         the.job.pause_reason + "): " + number(the.job.waiting) +
         " wait, and what changes meanwhile is not looked at; mend the cause and resume it";
}

Finding held(const Case& the) {
  // another accident than the alert tells of: this one ends, and with the next look a new one begins
  const bool is_another = the.lasts && the.job.held_at > the.news_at;
  if (the.job.held_reason.empty() || is_another) return std::nullopt;
  return number(the.job.held) + " records are held since " + to_iso8601(the.job.held_at) + " and not sent: " +
         the.job.held_reason + ". Look at them (ferry-host held), then release or discard them, or mend the ERP: what "
         "it takes back is held no longer";
}

Finding unread(const Case& the) {
  if (the.job.unread.empty() || the.job.unread_since == Instant{} || the.job.is_paused) return std::nullopt;
  if (the.channel.now - std::max(the.job.unread_since, the.job.watched_since) < kLongestGarbled) return std::nullopt;
  return "since " + to_iso8601(the.job.unread_since) + " " + the.job.unread;
}

Finding apply(AlertRule rule, const Case& the) {
  switch (rule) {
    case AlertRule::backlog_grows: return backlog_grows(the);
    case AlertRule::errors: return errors(the);
    case AlertRule::no_success: return no_success(the);
    case AlertRule::oldest_unsent: return oldest_unsent(the);
    case AlertRule::paused: return paused(the);
    case AlertRule::held: return held(the);
    case AlertRule::unread: return unread(the);
  }
  return std::nullopt;
}

std::string line(const ChannelFigures& channel, const std::string& job, const std::string& what) {
  return "channel " + number(channel.channel) + " (" + channel.name + ") " + job + ": " + what +
         ". Look at the web shop's page Ferry, or ferry-host status --channel " + number(channel.channel);
}

void judge_rule(AlertRule rule, const ChannelFigures& figures, const JobFigures& job, const AlertSettings& settings,
                const LastingAlert* lasting, std::vector<AlertDecision>& decisions) {
  const auto finding = apply(
      rule, {figures, job, settings, lasting != nullptr, lasting != nullptr ? lasting->news_at : Instant{}});
  const std::string name(name_of(rule));
  if (finding && lasting == nullptr) {
    decisions.push_back({AlertNews::raised, 0, job.job, name, line(figures, job.job, *finding), {}});
  } else if (finding && !lasting->is_acknowledged && figures.now - lasting->news_at >= settings.repeat) {
    decisions.push_back(
        {AlertNews::repeated, lasting->id, job.job, name, line(figures, job.job, *finding), lasting->news_at});
  } else if (!finding && lasting != nullptr) {
    decisions.push_back({AlertNews::resolved, lasting->id, job.job, name, lasting->text, lasting->news_at});
  }
}

}  // namespace

std::string_view name_of(AlertRule rule) noexcept {
  switch (rule) {
    case AlertRule::backlog_grows: return "backlog_grows";
    case AlertRule::errors: return "errors";
    case AlertRule::no_success: return "no_success";
    case AlertRule::oldest_unsent: return "oldest_unsent";
    case AlertRule::paused: return "paused";
    case AlertRule::held: return "held";
    case AlertRule::unread: return "unread";
  }
  return "unknown";
}

std::string_view name_of(AlertNews news) noexcept {
  switch (news) {
    case AlertNews::raised: return "raised";
    case AlertNews::repeated: return "repeated";
    case AlertNews::resolved: return "resolved";
  }
  return "unknown";
}

std::vector<AlertDecision> judge(const ChannelFigures& figures, std::span<const std::string> jobs,
                                 const AlertSettings& settings, std::span<const LastingAlert> lasting) {
  std::vector<AlertDecision> decisions;
  std::vector<std::int64_t> judged;
  for (const JobFigures& job : figures.jobs) {
    if (!job.is_active || std::ranges::count(jobs, job.job) == 0) continue;
    for (const AlertRule rule : kRules) {
      const auto same = [&](const LastingAlert& alert) { return alert.job == job.job && alert.rule == name_of(rule); };
      const auto found = std::ranges::find_if(lasting, same);
      if (found != lasting.end()) judged.push_back(found->id);
      judge_rule(rule, figures, job, settings, found != lasting.end() ? &*found : nullptr, decisions);
    }
  }
  for (const LastingAlert& alert : lasting) {  // of jobs and channels that are no more
    if (std::ranges::count(judged, alert.id) > 0) continue;
    decisions.push_back({AlertNews::resolved, alert.id, alert.job, alert.rule, alert.text, alert.news_at});
  }
  return decisions;
}

}  // namespace ferry::engine
