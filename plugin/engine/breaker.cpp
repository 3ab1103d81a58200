#include "plugin/engine/breaker.h"

#include <algorithm>
#include <utility>

namespace ferry::engine {
namespace {

// How soon others look whether the probe has ended, should nobody wake them.
constexpr Duration kProbePoll = std::chrono::seconds(1);

}  // namespace

Breaker::Pass::Pass(Pass&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), probe_(std::exchange(other.probe_, 0)) {}

Breaker::Pass& Breaker::Pass::operator=(Pass&& other) noexcept {
  std::swap(breaker_, other.breaker_);
  std::swap(probe_, other.probe_);
  return *this;
}

Breaker::Pass::~Pass() {
  if (breaker_ != nullptr) breaker_->on_dropped(probe_);
}

std::optional<BreakerChange> Breaker::Pass::well(Instant now) {
  Breaker* const breaker = std::exchange(breaker_, nullptr);
  return breaker != nullptr ? breaker->on_well(std::exchange(probe_, 0), now) : std::nullopt;
}

std::optional<BreakerChange> Breaker::Pass::ill(std::string_view reason, Instant now, double unit) {
  Breaker* const breaker = std::exchange(breaker_, nullptr);
  return breaker != nullptr ? breaker->on_ill(std::exchange(probe_, 0), reason, now, unit) : std::nullopt;
}

std::optional<Breaker::Pass> Breaker::enter(Priority priority, Instant now) {
  const MutexLock lock(mutex_);
  if (state_ == BreakerState::closed) return Pass(this, 0);
  if (state_ == BreakerState::half_open || now < due_for(priority)) return std::nullopt;
  state_ = BreakerState::half_open;
  probing_ = priority;
  probe_ = ++last_probe_;
  return Pass(this, probe_);
}

// The most urgent work is the first that may probe, but after a probe that failed: then all others are.
Instant Breaker::due_for(Priority priority) const {
  const int rank = static_cast<int>(priority) - static_cast<int>(Priority::stock);
  const bool goes_first = yielding_ && priority > *yielding_;  // those before it go first anyway
  return retry_at_ + (goes_first ? rank - kPriorities : rank) * kPrecedence;
}

Instant Breaker::ask_at(Priority priority, Instant now) const {
  const MutexLock lock(mutex_);
  if (state_ == BreakerState::closed) return Instant{};
  return state_ == BreakerState::half_open ? now + kProbePoll : due_for(priority);
}

BreakerState Breaker::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

Instant Breaker::retry_at() const {
  const MutexLock lock(mutex_);
  return retry_at_;
}

void Breaker::count(bool was_ill, Instant now) {
  ill_in_a_row_ = was_ill ? ill_in_a_row_ + 1 : 0;
  ended_.push_back({now, was_ill});
  while (ended_.size() > kMostSample || now - ended_.front().at > kWindow) ended_.pop_front();
}

bool Breaker::must_open() const {
  if (ill_in_a_row_ >= kIllInARow) return true;
  const auto ill = static_cast<std::size_t>(std::ranges::count(ended_, true, &Ended::was_ill));
  return ended_.size() >= kLeastSample && 2 * ill >= ended_.size();
}

BreakerChange Breaker::open(std::string_view reason, Instant now, double unit) {
  const bool is_news = coolings_ == 0;
  // half of it is jitter: never so short that probing is hammering, never longer than the bound on recovery
  const Duration longest = std::min(kLongestCooling, kShortestCooling * (std::int64_t{1} << std::min(++coolings_, 10)));
  retry_at_ = now + longest / 2 + backoff({longest / 2, longest / 2}, 1, unit);
  state_ = BreakerState::open;
  probe_ = 0;
  was_told_ = true;
  return {state_, retry_at_, std::string(reason), is_news};
}

std::optional<BreakerChange> Breaker::on_well(std::uint64_t, Instant now) {
  const MutexLock lock(mutex_);
  count(false, now);
  const bool is_news = state_ != BreakerState::closed;
  if (!is_news && was_told_) return std::nullopt;
  if (is_news) ended_.clear();
  state_ = BreakerState::closed;
  coolings_ = 0;
  yielding_.reset();
  retry_at_ = Instant{};
  probe_ = 0;
  was_told_ = true;
  return BreakerChange{state_, {}, {}, is_news};
}

std::optional<BreakerChange> Breaker::on_ill(std::uint64_t probe, std::string_view reason, Instant now, double unit) {
  const MutexLock lock(mutex_);
  count(true, now);
  const bool was_the_probe = probe != 0 && probe == probe_;
  const bool opens = was_the_probe || (state_ == BreakerState::closed && must_open());
  if (!opens) return std::nullopt;  // one that was under way when it opened says nothing new
  if (was_the_probe) yielding_ = probing_;
  return open(reason, now, unit);
}

// Whoever asks next probes instead.
void Breaker::on_dropped(std::uint64_t probe) {
  const MutexLock lock(mutex_);
  if (probe == 0 || probe != probe_) return;
  probe_ = 0;
  state_ = BreakerState::open;
}

}  // namespace ferry::engine
