#include "plugin/engine/lease_keeper.h"

#include <algorithm>

#include "plugin/domain/backoff.h"

namespace ferry::engine {
namespace {

constexpr Duration kLeastQuestionInterval = std::chrono::milliseconds(100);
constexpr Duration kAgreementInterval = std::chrono::seconds(1);

}  // namespace

Acquire LeaseKeeper::ask(Instant now) {
  asked_at_ = now;
  ask_at_ = now + ttl_ / 3;
  return {ttl_, credential_.use()};
}

LeaseKeeper::Change LeaseKeeper::on_answer(const LeaseAnswer& answer, Instant now, double unit) {
  const bool had = lease_.has_value();
  if (!answer.held) {
    const Duration wait = bounded(answer.remaining, kLeastQuestionInterval, ttl_);
    ask_at_ = now + wait + backoff({wait / 10, wait / 10}, 1, unit);
    lease_.reset();
    return had ? Change::lost : Change::missed;
  }
  credential_.share(answer.holders, answer.agreed, now);
  if (!answer.agreed) ask_at_ = std::min(ask_at_, now + kAgreementInterval);
  const bool same = had && lease_->epoch == answer.lease.epoch;
  lease_ = answer.lease;
  held_until_ = asked_at_ + bounded(answer.remaining, Duration(0), ttl_);
  return same ? Change::kept : Change::gained;
}

bool LeaseKeeper::has_run_out(Instant now) {
  if (!lease_ || is_held(now)) return false;
  lease_.reset();
  ask_at_ = std::min(ask_at_, now);
  return true;
}

void LeaseKeeper::on_fenced(Instant now, double unit) {
  forget();
  ask_at_ = now + ttl_ / 3 + backoff({ttl_ / 10, ttl_ / 10}, 1, unit);
}

}  // namespace ferry::engine
