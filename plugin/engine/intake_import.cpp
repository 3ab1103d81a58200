// The second half of an intake run: what is ready goes into the ERP, then the run is closed.
#include <algorithm>
#include <utility>

#include "plugin/engine/intake_lane.h"

namespace ferry::engine {
namespace {

constexpr Duration kLeastImportTime = std::chrono::seconds(1);
constexpr int kImportShare = 3;  // while orders are ready, looking for more takes at most a quarter of the time
constexpr Duration kLongestBlockedWait = std::chrono::seconds(30);
constexpr Duration kUnreadLookInterval = std::chrono::minutes(10);
constexpr int kUnreadLookShare = 9;  // it takes at most a tenth of the time
constexpr std::size_t kMostNamed = 3;

}  // namespace

void IntakeLane::begin_import() {
  hang_up();
  phase_ = Phase::importing;
  import_until_ =
      now_ + std::max({channel_->settings.order_poll_interval, kLeastImportTime, kImportShare * (now_ - began_at_)});
  next_look_ = is_window_complete_ ? Instant{} : look_after_failure();
}

Instant IntakeLane::look_after_failure() const {
  const Instant blocked_until = std::max(channel_->credential->blocked_until(), channel_->breaker->ask_at(Priority::orders, now_));
  if (blocked_until > now_) return std::min(blocked_until, now_ + kLongestBlockedWait);
  return now_ + std::max(backoff(kPortalBackoff, portal_failures_, unit_), channel_->settings.order_poll_interval);
}

// A portal that is left alone is no reason to leave what it gave before out of the ERP, unless somebody asks for a look.
bool IntakeLane::may_import() const {
  return now_ < import_until_ || (now_ < next_look_ && !is_woken_ && !is_paused_);
}

void IntakeLane::advance_import() {
  if (trouble_.retry_at() > now_) return;
  const bool is_in_time = may_import();
  const std::size_t unrecorded = entry_.outcomes().size();
  const bool is_at_rest = !entry_.is_waiting() && !entry_.has_ready();
  if (unrecorded > 0 && (is_at_rest || !is_in_time || unrecorded >= OrderEntry::kMostUnrecorded)) return start_record();
  if (!is_in_time) return start_finish();
  if (auto order = entry_.next()) out_.actions.emplace_back(std::move(*order));
  if (entry_.is_waiting()) return;
  if (entry_.wants_list(now_)) return start(Call::ready, ListReady{OrderEntry::kMostListed});
  start_finish();
}

void IntakeLane::start_record() {
  recording_ = entry_.outcomes().size();
  for (const OrderOutcome& outcome : entry_.outcomes()) {
    if (outcome.is_revision || outcome.was_left_alone) continue;  // counted when its change, or it, was seen
    if (outcome.state == OrderState::linked || outcome.state == OrderState::skipped) ++counts_.successful;
    if (outcome.state == OrderState::review) ++counts_.failed;
  }
  start(Call::record, RecordOrders{run_, entry_.outcomes()});
}

void IntakeLane::start_finish() {
  sum_up_unread();
  const Instant window_end = is_window_complete_ ? window_end_ : Instant{};
  start(Call::finish, FinishIntake{run_, window_end, {unread_since_, unread_text()}});
}

// Only a run that read everything from there on can tell that an order was mended.
void IntakeLane::sum_up_unread() {
  if (looks_at_unread_ && is_window_complete_ && !has_failed_) {
    next_unread_look_ = now_ + std::max(kUnreadLookInterval, kUnreadLookShare * (now_ - began_at_));
    unread_ = unread_here_;
    if (unread_.empty()) unread_since_ = Instant{};
  } else if (!unread_here_.empty()) {
    for (const auto& order : unread_here_) {
      if (unread_.size() < kMostUnread) unread_.insert(order);
    }
    if (unread_since_ == Instant{}) {
      unread_since_ = window_.from;
      next_unread_look_ = now_ + kUnreadLookInterval;
    }
  }
  looks_at_unread_ = false;
}

std::string IntakeLane::unread_text() const {
  if (unread_.empty()) return "";
  std::string text = "the portal lists what cannot be imported: ";
  std::size_t named = 0;
  for (auto order = unread_.begin(); order != unread_.end() && named < kMostNamed; ++order, ++named) {
    text += (named > 0 ? "; " : "") + *order;
  }
  if (unread_.size() > named) text += "; and " + std::to_string(unread_.size() - named) + " more";
  return text + ". Give them a code and an id on the portal, then they are imported by themselves";
}

// A run that brought nothing new and entered nothing is not told: there is one every few seconds.
void IntakeLane::note_finished() {
  phase_ = Phase::idle;
  if (is_window_complete_) portal_clock_ = window_end_;
  if (is_window_complete_ && !has_failed_) {
    portal_failures_ = 0;
    trouble_.portal(unread_text());
  }
  const auto& settings = channel_->settings;
  next_run_ = entry_.has_ready() && !entry_.is_waiting() ? now_ : began_at_ + settings.order_poll_interval;
  if (!is_window_complete_) next_run_ = std::max(next_look_, now_);
  if (counts_.changed == 0 && counts_.successful + counts_.failed == 0) return;
  // orders of earlier runs that were entered now belong to those
  counts_.successful = std::min(counts_.successful, counts_.changed);
  counts_.failed = std::min(counts_.failed, counts_.changed - counts_.successful);
  counts_.deferred = counts_.changed - counts_.successful - counts_.failed;
  counts_.unchanged = counts_.inbound - counts_.changed;
  out_.actions.emplace_back(RunSummary{run_, std::string(kIntakeJob), counts_});
}

// New orders count against what may be sold; what became an ERP order has a number for the portal.
void IntakeLane::wake_others() {
  out_.actions.emplace_back(WakeJob{0, std::string(name_of(Feed::stock))});
  out_.actions.emplace_back(WakeJob{channel_->id, std::string(name_of(Feed::order_status))});
}

}  // namespace ferry::engine
