#include "plugin/domain/settle.h"

#include <algorithm>

namespace ferry {
namespace {

constexpr std::string_view kDrifted = "the portal changed it by itself; its orders are looked at first";

std::string reason_or(const ItemVerdict& verdict, std::string_view otherwise) {
  return verdict.reason.empty() ? std::string(otherwise) : verdict.reason;
}

Delivery pending(const Delivery& before, Instant at, std::string reason) {
  return {PublicationState::pending, before.attempts, before.snoozes, at, std::move(reason)};
}

Delivery failed_attempt(const Delivery& before, const ItemVerdict& verdict, const RetryPolicy& policy, Instant now,
                        double unit) {
  const std::int32_t attempts = before.attempts + 1;
  const std::string reason =
      reason_or(verdict, verdict.verdict == Verdict::ambiguous ? "sent, but the portal's answer was lost"
                                                               : "the portal failed without a reason");
  if (attempts >= policy.max_attempts) {
    return {
        PublicationState::dead, attempts, 0, {}, "given up after " + std::to_string(attempts) + " attempts: " + reason};
  }
  return {PublicationState::pending, attempts, 0, now + backoff(policy.backoff, attempts, unit), reason};
}

Delivery waiting(const Delivery& before, Duration wait, Instant now, std::string reason) {
  Delivery after = pending(before, now + wait, std::move(reason));
  after.snoozes = before.snoozes + 1;
  return after;
}

}  // namespace

Duration snooze_wait(const ItemVerdict& verdict, const RetryPolicy& policy) noexcept {
  return bounded(verdict.wait.value_or(policy.default_snooze), policy.least_snooze, policy.most_snooze);
}

namespace {

Delivery delivery_after(const Delivery& before, const ItemVerdict& verdict, const RetryPolicy& policy, Instant now,
                        double unit) {
  switch (verdict.verdict) {
    case Verdict::delivered: return {PublicationState::settled, 0, 0, {}, {}};
    case Verdict::rejected:
      return {PublicationState::dead,
              before.attempts + 1,
              0,
              {},
              reason_or(verdict, "the portal refused it without a reason")};
    case Verdict::retry:
    case Verdict::ambiguous: return failed_attempt(before, verdict, policy, now, unit);
    case Verdict::snooze:
      return waiting(before, snooze_wait(verdict, policy), now, reason_or(verdict, "the portal asked to wait"));
    case Verdict::drifted: {
      // counted apart from other waits, see drift_is_unexplained()
      Delivery fresh = before;
      if (before.reason != kDrifted) fresh.snoozes = 0;
      return waiting(fresh, policy.drift_wait, now, std::string(kDrifted));
    }
    case Verdict::absent:
      return {PublicationState::absent, 0, 0, now + policy.absent_interval, reason_or(verdict, "not on the portal")};
    case Verdict::split:
    case Verdict::unauthorized: break;
  }
  return pending(before, now, reason_or(verdict, "the portal did not take the batch"));
}

}  // namespace

Delivery settle(const Delivery& before, const ItemVerdict& verdict, const RetryPolicy& policy, Instant now,
                double unit) {
  Delivery after = delivery_after(before, verdict, policy, now, unit);
  after.confirm_at = before.confirm_at;
  return after;
}

Duration lateness_of(Duration request_timeout) noexcept {
  return std::max<Duration>(std::chrono::minutes(1), 5 * request_timeout);
}

Instant confirm_at(const Delivery& before, Verdict verdict, Instant began, Instant lane_doubt,
                   const RetryPolicy& policy, Instant now) noexcept {
  if (verdict == Verdict::ambiguous) return std::max(before.confirm_at, now + policy.lateness);
  if (verdict != Verdict::delivered) return before.confirm_at;
  const Instant over = std::max(before.confirm_at, lane_doubt);
  return began >= over ? Instant{} : over;
}

bool drift_is_unexplained(const Delivery& delivery) noexcept {
  return delivery.snoozes >= kDriftsBelieved && delivery.reason == kDrifted;
}

}  // namespace ferry
