// When to call a person, decided from figures alone. Who reads the figures and carries the news is runtime/watch.h.
//
//   backlog grows   more waits than the limit, and the least that waited grew from each third of the window to the
//                   next: a bulk change that drains does not alarm, one that never drains does
//   errors          the failed share of what the portal answered within the window
//   no success      nothing got through for that long although there was work (comparing is work too)
//   oldest unsent   a record or order has waited that long
//   paused          a job rests for that long: what changes meanwhile is not even looked at
//   unread          the portal lists orders that cannot be imported, for want of a code or id; ten minutes, because a
//                   garbled answer is over sooner; whatever the settings
//   held            a change set that looks like an accident waits for a person; at once, and whatever the settings
//
// Nothing counts that began before the channel was looked at without a gap: after a weekend without any server the
// jobs get their time first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::engine {

enum class AlertRule : std::uint8_t { backlog_grows = 1, errors, no_success, oldest_unsent, paused, held, unread };
std::string_view name_of(AlertRule rule) noexcept;

// Zero switches a rule off.
struct AlertSettings {
  Duration window = std::chrono::minutes(30);
  std::int64_t backlog = 100;
  std::int64_t error_percent = 20;
  Duration no_success = std::chrono::hours(1);
  Duration oldest_unsent = std::chrono::hours(2);
  Duration paused = std::chrono::hours(1);
  Duration repeat = std::chrono::hours(4);
  Duration poll_interval{};  // the channel's: a job that looks once a day is no sooner late
};
inline constexpr std::int64_t kLeastAnswers = 20;  // fewer say nothing of a share
inline constexpr Duration kLongestGarbled = std::chrono::minutes(10);

struct BacklogSample {
  Instant at{};
  std::int64_t waiting = 0;
};

// Of one job. Epoch: never, none.
struct JobFigures {
  std::string job;
  bool is_active = true;  // the channel
  bool is_paused = false;
  std::string pause_reason, last_error;
  Instant paused_at{}, last_success_at{}, watched_since{}, oldest_waiting{};
  std::int64_t waiting = 0;
  std::int64_t successful = 0, failed = 0;  // within the window
  std::int64_t held = 0;                    // records, and why
  std::string held_reason;
  Instant held_at{};
  std::string unread;                       // intake: what the portal lists and nobody can import
  Instant unread_since{};
  std::vector<BacklogSample> backlog;       // of the window, in order of time
};

struct ChannelFigures {
  std::int32_t channel = 0;
  std::string name;
  Instant now{};  // by the clock that the other times are of
  std::vector<JobFigures> jobs;
};

// An alert that lasts, as the table has it.
struct LastingAlert {
  std::int64_t id = 0;
  std::string job, rule, text;
  Instant news_at{};  // raised, or last repeated
  bool is_acknowledged = false;
};

enum class AlertNews : std::uint8_t { raised = 1, repeated, resolved };
std::string_view name_of(AlertNews news) noexcept;

struct AlertDecision {
  AlertNews news{};
  std::int64_t id = 0;  // of the lasting alert; 0: a new one
  std::string job, rule;
  std::string text;  // one line: what, since when, where to look, how to mend
  Instant news_at{};  // of the lasting alert, as it was seen
};

// What changes about the alerts of a channel. `jobs`: those that the channel's settings name; alerts of others are
// resolved, as are all of a channel that is not active.
std::vector<AlertDecision> judge(const ChannelFigures& figures, std::span<const std::string> jobs,
                                 const AlertSettings& settings, std::span<const LastingAlert> lasting);

}  // namespace ferry::engine
