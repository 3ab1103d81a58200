#include "plugin/engine/credential.h"

#include <algorithm>
#include <tuple>

namespace ferry::engine {
namespace {

// How late an asker may come back before its place stops counting.
constexpr Duration kGrace = std::chrono::milliseconds(500);
constexpr Duration kSharePoll = std::chrono::milliseconds(200);
constexpr Duration kLoginPoll = std::chrono::milliseconds(10);

}  // namespace

Credential::Ticket Credential::enter(Priority priority) {
  const MutexLock lock(mutex_);
  waiters_.emplace(++last_ticket_, Waiter{priority, std::nullopt, {}});
  return last_ticket_;
}

void Credential::leave(Ticket ticket) {
  const MutexLock lock(mutex_);
  waiters_.erase(ticket);
}

bool Credential::goes_before(const Waiter& a, Ticket ticket_a, const Waiter& b, Ticket ticket_b, Instant now) const {
  const auto rank = [now](const Waiter& waiter, Ticket ticket) {
    const Instant since = waiter.since.value_or(now);
    const bool has_yielded_enough = waiter.priority != Priority::spare && now - since >= kLongestYield;
    return std::tuple(has_yielded_enough ? 0 : static_cast<int>(waiter.priority), since, ticket);
  };
  return rank(a, ticket_a) < rank(b, ticket_b);
}

std::int64_t Credential::count_ahead(Ticket ticket, const Waiter& waiter, Instant now) const {
  return std::count_if(waiters_.begin(), waiters_.end(), [&](const auto& entry) {
    const auto& [other_ticket, other] = entry;
    const bool is_waiting = other_ticket != ticket && other.since && other.returns_at + kGrace >= now;
    return is_waiting && goes_before(other, other_ticket, waiter, ticket, now);
  });
}

void Credential::share(std::int32_t holders, bool agreed, Instant now) {
  if (holders == 0) return;
  const MutexLock lock(mutex_);
  const std::int64_t share = agreed ? std::max<std::int64_t>(use_.rate / holders, 1) : 0;
  if (share_ == share) return;
  share_ = share;
  resting_until_ = now + kWindow;
  bucket_ = TokenBucket::per_second(share);
}

Duration Credential::ask(Ticket ticket, Instant now) {
  const MutexLock lock(mutex_);
  const auto found = waiters_.find(ticket);
  if (found == waiters_.end()) return kGrace;
  Waiter& waiter = found->second;
  if (!waiter.since) waiter.since = now;
  Duration wait = std::max(blocked_until_, resting_until_) - now;
  if (share_ == 0) wait = std::max(wait, kSharePoll);
  if (wait <= Duration(0)) {
    const std::int64_t ahead = count_ahead(ticket, waiter, now);
    const Duration until_full = waiter.priority == Priority::spare ? bucket_.wait(now, bucket_.burst()) : Duration(0);
    if (ahead > 0) {
      wait = std::max({bucket_.wait(now, ahead + 1), until_full, Duration(1000)});
    } else {
      wait = until_full > Duration(0) ? until_full : bucket_.take(now);
    }
  }
  if (wait > Duration(0)) {
    waiter.returns_at = now + wait;
    return wait;
  }
  waiter.since.reset();
  return Duration(0);
}

void Credential::block_until(Instant until) {
  const MutexLock lock(mutex_);
  blocked_until_ = std::max(blocked_until_, until);
}

Instant Credential::blocked_until() const {
  const MutexLock lock(mutex_);
  return blocked_until_;
}

Credential::SessionAnswer Credential::session(Instant now) {
  const MutexLock lock(mutex_);
  if (session_) return *session_;
  if (logging_in_) return Wait{kLoginPoll};
  if (refusal_ && now < refused_until_) return Refused{*refusal_};
  logging_in_ = true;
  return LogIn{};
}

void Credential::logged_in(connector::Session session) {
  const MutexLock lock(mutex_);
  session_ = std::move(session);
  logging_in_ = false;
  refusal_.reset();
}

void Credential::login_failed(const ItemVerdict& verdict, Instant now) {
  const MutexLock lock(mutex_);
  logging_in_ = false;
  if (verdict.verdict != Verdict::unauthorized) return;
  refusal_ = verdict;
  refused_until_ = now + kRefusalRemembered;
}

void Credential::login_dropped() {
  const MutexLock lock(mutex_);
  logging_in_ = false;
}

void Credential::refuse(const connector::Session& session) {
  const MutexLock lock(mutex_);
  if (session_ && session_->token == session.token) session_.reset();
}

}  // namespace ferry::engine
