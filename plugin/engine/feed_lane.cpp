#include "plugin/engine/feed_lane.h"

#include <algorithm>
#include <utility>

#include "plugin/engine/moment.h"

namespace ferry::engine {
namespace {

// The database's clock may be behind ours; asking again at once would turn that into a busy loop.
constexpr Duration kLeastDueWait = std::chrono::milliseconds(50);

}  // namespace

FeedLane::FeedLane(std::shared_ptr<const Channel> channel, Feed feed)
    : LaneBase(std::move(channel)), feed_(feed), dispatch_(*channel_, feed) {}

// ---- inputs -----------------------------------------------------------------------------------------------------

void FeedLane::take(Input input) {
  std::visit([this](auto&& part) { on(std::forward<decltype(part)>(part)); }, std::move(input));
}

void FeedLane::on_stop() {
  dispatch_.stop();
  evaluation_.drop();
}

void FeedLane::lose() {
  summarize();
  // what is under way is given up, and may be applied all the same
  if (dispatch_.is_waiting_for_reply()) dispatch_.doubt(now_ + channel_->settings.retry.lateness);
  dispatch_.give_up();
  if (is_stopping_) dispatch_.stop();
  recording_.clear();
  evaluation_.drop();
  is_load_wanted_ = false;
  next_due_ = Instant{};
}

void FeedLane::gain() {
  next_poll_ = now_;
  is_load_wanted_ = true;
}

void FeedLane::read_row(const LeaseAnswer& row) {
  const bool was_paused = std::exchange(is_paused_, row.paused);
  if (was_paused && !is_paused_) is_load_wanted_ = true;
  if (is_paused_) dispatch_.forget_unsent();
  if (is_paused_) drop_evaluation();
  compared_before_ = row.compared_before;
  requested_ = row.requested;
  compared_fully_at_ = row.compared_fully_at;
  next_boundary_ = row.next_boundary;
  if (row.taken_over_at != Instant{}) dispatch_.doubt(row.taken_over_at + channel_->settings.retry.lateness);
}

void FeedLane::on(Ran ran) {
  if (!expects(Call::run)) return;
  if (ran.report.has_error()) {
    next_poll_ = now_;  // whatever started this run, the next one must find it
    evaluation_.drop();
  }
  if (!succeeded(ran.report)) return;
  if (!ran.report->questions.empty() && !is_stopping_) {
    evaluation_.begin(std::move(*ran.report));
    if (is_paused_) drop_evaluation();
    return;
  }
  if (evaluation_.is_free_of_questions()) trouble_.erp("");
  evaluation_.drop();
  if (ran.report->questions.empty()) note_run(*ran.report);
}

// The run that waited for it is given up before it has compared anything.
void FeedLane::drop_evaluation() {
  if (evaluation_.is_open()) next_poll_ = now_;
  evaluation_.drop();
}

void FeedLane::on(Evaluated evaluated) {
  if (auto error = evaluation_.on_answer(std::move(evaluated), now_)) trouble_.erp(std::move(*error));
}

void FeedLane::ask_erp() {
  if (auto error = evaluation_.on_time(now_)) trouble_.erp(std::move(*error));
  if (!lease_.is_held(now_)) return;
  if (auto question = evaluation_.next(now_)) out_.actions.emplace_back(std::move(*question));
}

void FeedLane::note_run(const FeedRunReport& report) {
  if (report.mode != RunMode::hints) {
    next_poll_ = now_ + channel_->settings.poll_interval;
    requested_.reset();
    compared_before_ = true;
    is_load_wanted_ = true;  // a person may have replayed a dead letter, which is no change and may not have woken us
  }
  if (report.mode == RunMode::full) {
    compared_fully_at_ = now_;
    next_boundary_ = Instant{};
  }
  // a boundary from before this run is what it has looked at; one that came while it ran is still to be looked at
  if (report.next_boundary > run_began_at_) next_boundary_ = earlier(next_boundary_, report.next_boundary);
  if (report.counts.changed > 0) {
    dispatch_.forget_unsent();
    is_load_wanted_ = true;
  }
  // perhaps a person replayed a dead letter, or the intake saw that the portal had moved a number by itself; or what was
  // held is to be sent
  if (was_woken_ || !report.news.empty()) is_load_wanted_ = true;
  // nothing had happened: perhaps a person asked for a run, which stands in the lane's row
  if (report.run == 0 && was_woken_) lease_.ask_now();
  if (report.run == 0 && report.news.empty()) return;
  summarize();
  summary_ = RunSummary{report.run, std::string(name_of(report.mode)), report.counts, report.news};
}

// One line per run, with what became of what it found: at the latest when the next run finds something.
void FeedLane::summarize() {
  if (summary_) out_.actions.emplace_back(std::move(*summary_));
  summary_.reset();
}

void FeedLane::on(Loaded loaded) {
  if (!expects(Call::load)) return;
  if (loaded.due.has_error()) is_load_wanted_ = true;
  if (!succeeded(loaded.due)) return;
  is_load_wanted_ = loaded.due->items.size() >= dispatch_.most_items();
  next_due_ = loaded.due->next_due;
  if (next_due_ != Instant{}) next_due_ = std::max(next_due_, now_ + kLeastDueWait);
  dispatch_.offer(std::move(loaded.due->items));
}

void FeedLane::on(const Replied& replied) { dispatch_.on_reply(replied, now_, unit_, out_.actions); }

// A fenced record is forgotten with the rest, any other that failed is tried again.
void FeedLane::on(const Recorded& recorded) {
  if (!expects(Call::record) || !succeeded(recorded.result)) return;
  dispatch_.release(recording_);
  recording_.clear();
  is_load_wanted_ = true;
}

// ---- decisions ----------------------------------------------------------------------------------------------------

bool FeedLane::may_send() const {
  return lease_.is_held(now_) && !is_paused_ && !is_stopping_ && trouble_.retry_at() <= now_;
}

void FeedLane::send() {
  if (may_send()) dispatch_.advance(now_, unit_, out_.actions);
  act_on_findings();
  ask_erp();
}

void FeedLane::act_on_findings() {
  Findings findings = dispatch_.take_findings();
  if (summary_) {
    Counts& counts = summary_->counts;
    const auto successful = std::min(findings.delivered, counts.deferred);
    counts.successful += successful;
    counts.deferred -= successful;
    const auto dead = std::min(findings.dead, counts.deferred);
    counts.failed += dead;
    counts.deferred -= dead;
  }
  if (findings.has_freed_keys) is_load_wanted_ = true;
  if (findings.drifted) out_.actions.emplace_back(WakeJob{channel_->id, std::string(kIntakeJob)});
  if (findings.unauthorized && !is_paused_) {
    dispatch_.forget_unsent();
    drop_evaluation();
    pause(*findings.unauthorized);
  }
  if (findings.breaker) report(*findings.breaker);
  if (findings.portal_error) trouble_.portal(std::move(*findings.portal_error));
}

std::optional<RunMode> FeedLane::wanted_run() const {
  if (evaluation_.is_open()) return evaluation_.resumable();
  const bool is_full_due = !compared_before_ || requested_ == "full" || has_come(next_boundary_, now_) ||
                           now_ - compared_fully_at_ >= channel_->settings.full_interval;
  if (is_full_due) return RunMode::full;
  if (requested_ || next_poll_ <= now_) return RunMode::watermark;
  if (is_woken_) return RunMode::hints;
  return std::nullopt;
}

void FeedLane::advance() {
  if (lease_.is_due(now_)) return start(Call::acquire, lease_.ask(now_));
  if (!lease_.is_held(now_) || trouble_.retry_at() > now_) return;
  const auto run = is_paused_ ? std::nullopt : wanted_run();
  const bool has_records = !recording_.empty() || dispatch_.has_finished();
  // a steady stream of records must not keep a run waiting
  if (has_records && !(run && last_call_ == Call::record)) return start_record();
  if (run) return start_run(*run);
  const bool is_load_due = !is_paused_ && (is_load_wanted_ || has_come(next_due_, now_));
  if (is_load_due && dispatch_.wants_items()) return start_load();
  if (!is_load_due && dispatch_.is_idle()) summarize();
}

// Nothing new; what the portal still answers is recorded, then the lane is free for others.
void FeedLane::advance_stop() {
  if (dispatch_.is_waiting_for_reply()) return;
  const bool has_records = !recording_.empty() || dispatch_.has_finished();
  const bool may_record = lease_.is_held(now_) && trouble_.retry_at() <= now_;
  if (has_records && may_record) return start_record();
  summarize();
  // what could not be recorded is in doubt for whoever drives the lane next: it has to be taken over, not found free
  if (has_records) lease_.forget();
  release_lease();
}

void FeedLane::start_run(RunMode mode) {
  if (!evaluation_.is_open()) {
    was_woken_ = std::exchange(is_woken_, false);
    run_began_at_ = now_;
  }
  const auto disowned = channel_->settings.disowned.find(feed_);
  FeedRun run{*lease_.lease(), feed_, mode, channel_->profile, channel_->connector->capabilities().stock_meaning};
  run.guard = channel_->settings.guard;
  if (disowned != channel_->settings.disowned.end()) run.disowned = disowned->second;
  evaluation_.prepare(run, now_);
  start(Call::run, RunFeed{std::move(run)});
}

void FeedLane::start_record() {
  auto finished = dispatch_.take_finished();
  recording_.insert(recording_.end(), std::make_move_iterator(finished.begin()),
                    std::make_move_iterator(finished.end()));
  start(Call::record, Record{recording_});
}

void FeedLane::start_load() {
  is_load_wanted_ = false;
  next_due_ = Instant{};
  const auto& held = dispatch_.held_keys();
  start(Call::load, LoadDue{dispatch_.most_items(), {held.begin(), held.end()}});
}

Instant FeedLane::next_wake() const {
  Instant at = may_send() ? dispatch_.wake_at() : Instant{};
  if (call_ != Call::none || is_stopping_) return at;
  at = earlier(at, lease_.ask_at());
  if (trouble_.retry_at() > now_) return earlier(at, trouble_.retry_at());
  if (!lease_.is_held(now_) || is_paused_) return at;
  if (evaluation_.is_open()) {
    at = earlier(at, evaluation_.wake_at());
  } else {
    at = earlier(at, earlier(next_poll_, next_boundary_));
    at = earlier(at, compared_fully_at_ + channel_->settings.full_interval);
  }
  // with enough at hand nothing is loaded, however much is due
  return dispatch_.wants_items() ? earlier(at, next_due_) : at;
}

}  // namespace ferry::engine
