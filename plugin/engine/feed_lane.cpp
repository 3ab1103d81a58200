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
    : channel_(std::move(channel)), feed_(feed), lease_(channel_->settings.lease), dispatch_(*channel_, feed) {}

Actions FeedLane::step(Input input, Instant now, double unit) {
  out_ = {};
  now_ = now;
  unit_ = unit;
  if (lease_.has_run_out(now_)) lose();
  std::visit([this](auto&& part) { take(std::forward<decltype(part)>(part)); }, std::move(input));
  if (may_send()) dispatch_.advance(now_, unit_, out_.actions);
  act_on_findings();
  if (call_ == Call::none) is_stopping_ ? advance_stop() : advance_store();
  if (auto news = trouble_.news()) out_.actions.emplace_back(ReportError{std::move(*news)});
  if (!out_.stopped) out_.wake_at = next_wake();
  return std::exchange(out_, {});
}

// ---- inputs -----------------------------------------------------------------------------------------------------

void FeedLane::take(Wake) {
  is_woken_ = true;
  // a person may have resumed it
  if (is_paused_ && lease_.is_held(now_)) lease_.ask_now();
}

void FeedLane::take(Stop) {
  is_stopping_ = true;
  dispatch_.stop();
}

// False: an answer that nobody waits for.
bool FeedLane::answers(Call call) {
  if (call_ != call) return false;
  last_call_ = std::exchange(call_, Call::none);
  return true;
}

void FeedLane::failed(const Problem& problem) {
  if (problem.failure == Failure::fenced) {
    lease_.on_fenced(now_, unit_);
    lose();
  } else {
    trouble_.store_failed(Trouble::Part::work, problem, now_, unit_);
  }
}

// Another process drives the lane: what we know and what is under way is its business now.
void FeedLane::lose() {
  summarize();
  dispatch_.give_up();
  if (is_stopping_) dispatch_.stop();
  recording_.clear();
  is_load_wanted_ = false;
  next_due_ = Instant{};
}

void FeedLane::take(Leased leased) {
  if (!answers(Call::acquire)) return;
  if (leased.answer.has_error()) {
    trouble_.store_failed(Trouble::Part::lease, leased.answer.error(), now_, unit_);
    lease_.ask_again_at(trouble_.retry_at());
    return;
  }
  trouble_.store_succeeded(Trouble::Part::lease);
  const auto change = lease_.on_answer(*leased.answer, now_, unit_);
  if (change == LeaseKeeper::Change::lost || change == LeaseKeeper::Change::gained) lose();
  if (!leased.answer->held) return;
  if (change == LeaseKeeper::Change::gained) {
    next_poll_ = now_;
    is_load_wanted_ = true;
  }
  read_row(*leased.answer);
}

void FeedLane::read_row(const LeaseAnswer& row) {
  const bool was_paused = std::exchange(is_paused_, row.paused);
  if (was_paused && !is_paused_) is_load_wanted_ = true;
  if (is_paused_) dispatch_.forget_unsent();
  compared_before_ = row.compared_before;
  requested_ = row.requested;
  compared_fully_at_ = row.compared_fully_at;
  next_boundary_ = row.next_boundary;
}

void FeedLane::take(Ran ran) {
  if (!answers(Call::run)) return;
  if (ran.report.has_error()) {
    next_poll_ = now_;  // whatever started this run, the next one must find it
    failed(ran.report.error());
    return;
  }
  trouble_.store_succeeded(Trouble::Part::work);
  note_run(*ran.report);
}

void FeedLane::note_run(const FeedRunReport& report) {
  if (report.mode != RunMode::hints) {
    next_poll_ = now_ + channel_->settings.poll_interval;
    requested_.reset();
    compared_before_ = true;
  }
  if (report.mode == RunMode::full) {
    compared_fully_at_ = now_;
    next_boundary_ = Instant{};
  }
  // a boundary that has passed is what this run has just looked at
  if (report.next_boundary > now_) next_boundary_ = earlier(next_boundary_, report.next_boundary);
  if (report.counts.changed > 0) {
    dispatch_.forget_unsent();
    is_load_wanted_ = true;
  }
  // nothing had happened: perhaps a person asked for a run, which stands in the lane's row
  if (report.run == 0 && was_woken_) lease_.ask_now();
  if (report.run == 0) return;
  summarize();
  summary_ = RunSummary{report.run, std::string(name_of(report.mode)), report.counts};
}

// One line per run, with what became of what it found: at the latest when the next run finds something.
void FeedLane::summarize() {
  if (summary_) out_.actions.emplace_back(std::move(*summary_));
  summary_.reset();
}

void FeedLane::take(Loaded loaded) {
  if (!answers(Call::load)) return;
  if (loaded.due.has_error()) {
    is_load_wanted_ = true;
    failed(loaded.due.error());
    return;
  }
  trouble_.store_succeeded(Trouble::Part::work);
  is_load_wanted_ = loaded.due->items.size() >= dispatch_.most_items();
  next_due_ = loaded.due->next_due;
  if (next_due_ != Instant{}) next_due_ = std::max(next_due_, now_ + kLeastDueWait);
  dispatch_.offer(std::move(loaded.due->items));
}

void FeedLane::take(const Replied& replied) { dispatch_.on_reply(replied, now_, unit_, out_.actions); }

void FeedLane::take(Recorded recorded) {
  if (!answers(Call::record)) return;
  if (recorded.result.has_error()) {
    failed(recorded.result.error());  // a fenced record is forgotten with the rest, any other is tried again
    return;
  }
  trouble_.store_succeeded(Trouble::Part::work);
  dispatch_.release(recording_);
  recording_.clear();
  is_load_wanted_ = true;
}

// ---- decisions ----------------------------------------------------------------------------------------------------

bool FeedLane::may_send() const {
  return lease_.is_held(now_) && !is_paused_ && !is_stopping_ && trouble_.retry_at() <= now_;
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
    is_paused_ = true;
    dispatch_.forget_unsent();
    out_.actions.emplace_back(PauseLane{*findings.unauthorized});
  }
  if (findings.portal_error) trouble_.portal(std::move(*findings.portal_error));
}

std::optional<RunMode> FeedLane::wanted_run() const {
  const bool is_full_due = !compared_before_ || requested_ == "full" || has_come(next_boundary_, now_) ||
                           now_ - compared_fully_at_ >= channel_->settings.full_interval;
  if (is_full_due) return RunMode::full;
  if (requested_ || next_poll_ <= now_) return RunMode::watermark;
  if (is_woken_) return RunMode::hints;
  return std::nullopt;
}

void FeedLane::advance_store() {
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
  if (lease_.lease()) out_.actions.emplace_back(Release{});
  lease_.forget();
  out_.stopped = true;
}

void FeedLane::start(Call call, Action action) {
  call_ = call;
  out_.actions.push_back(std::move(action));
}

void FeedLane::start_run(RunMode mode) {
  was_woken_ = std::exchange(is_woken_, false);
  start(Call::run, RunFeed{FeedRun{*lease_.lease(), feed_, mode, channel_->profile,
                                   channel_->connector->capabilities().stock_meaning}});
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
  at = earlier(at, earlier(next_poll_, next_boundary_));
  at = earlier(at, compared_fully_at_ + channel_->settings.full_interval);
  // with enough at hand nothing is loaded, however much is due
  return dispatch_.wants_items() ? earlier(at, next_due_) : at;
}

}  // namespace ferry::engine
