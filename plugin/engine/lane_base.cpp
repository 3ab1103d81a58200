#include "plugin/engine/lane_base.h"

#include <utility>

namespace ferry::engine {

LaneBase::LaneBase(std::shared_ptr<const Channel> channel)
    : channel_(std::move(channel)), lease_(channel_->settings.lease, *channel_->credential) {}

Actions LaneBase::step(Input input, Instant now, double unit) {
  out_ = {};
  now_ = now;
  unit_ = unit;
  if (lease_.has_run_out(now_)) lose();
  if (const auto* woken = std::get_if<Wake>(&input)) {
    wake(*woken);
  } else if (std::holds_alternative<Stop>(input)) {
    is_stopping_ = true;
    on_stop();
  } else if (const auto* leased = std::get_if<Leased>(&input)) {
    if (expects(Call::acquire)) on_lease(leased->answer);
  } else if (!std::holds_alternative<Tick>(input)) {
    take(std::move(input));
  }
  send();
  if (call_ == Call::none) is_stopping_ ? advance_stop() : advance();
  if (auto news = trouble_.news()) out_.actions.emplace_back(ReportError{std::move(*news)});
  if (!out_.stopped) out_.wake_at = next_wake();
  return std::exchange(out_, {});
}

void LaneBase::wake(const Wake& wake) {
  is_woken_ = is_woken_ || !wake.by_pause;
  // a person may have resumed it
  if ((is_paused_ || wake.by_pause) && lease_.is_held(now_)) lease_.ask_now();
}

void LaneBase::on_lease(const Result<LeaseAnswer>& answer) {
  if (answer.has_error()) {
    trouble_.store_failed(Trouble::Part::lease, answer.error(), now_, unit_);
    lease_.ask_again_at(trouble_.retry_at());
    return;
  }
  trouble_.store_succeeded(Trouble::Part::lease);
  const auto change = lease_.on_answer(*answer, now_, unit_);
  if (change == LeaseKeeper::Change::lost || change == LeaseKeeper::Change::gained) lose();
  if (change == LeaseKeeper::Change::gained) gain();
  if (answer->held) read_row(*answer);
}

void LaneBase::failed(const Problem& problem) {
  if (problem.failure == Failure::fenced) {
    lease_.on_fenced(now_, unit_);
    lose();
    return;
  }
  trouble_.store_failed(Trouble::Part::work, problem, now_, unit_);
  end_call_in_trouble();
}

void LaneBase::start(Call call, Action action) {
  call_ = call;
  out_.actions.push_back(std::move(action));
}

bool LaneBase::expects(Call call) {
  if (call_ != call) return false;
  last_call_ = std::exchange(call_, Call::none);
  return !std::exchange(is_orphan_, false);
}

void LaneBase::report(const BreakerChange& change) {
  out_.actions.emplace_back(ReportBreaker{change});
  if (change.is_news && change.state == BreakerState::closed) out_.actions.emplace_back(WakeJob{channel_->id, ""});
}

void LaneBase::pause(std::string reason) {
  is_paused_ = true;
  out_.actions.emplace_back(PauseLane{std::move(reason)});
}

void LaneBase::release_lease() {
  if (lease_.lease()) out_.actions.emplace_back(Release{});
  lease_.forget();
  out_.stopped = true;
}

}  // namespace ferry::engine
