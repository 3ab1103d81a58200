#include "plugin/engine/order_entry.h"

#include <algorithm>
#include <utility>

namespace ferry::engine {
namespace {

constexpr Duration kUnsupportedWait = std::chrono::minutes(1);
constexpr Duration kBusyWait = std::chrono::seconds(5);
constexpr Duration kLeastRetryWait = std::chrono::milliseconds(500);
constexpr const char* kSkipped = "cancelled on the portal before it was imported";
constexpr const char* kLookedForAgain = "the ERP does not have it, and is asked once more before it is skipped";

std::string reason_or(const std::string& reason, std::string_view otherwise) {
  return reason.empty() ? std::string(otherwise) : reason;
}

}  // namespace

bool OrderEntry::wants_list(Instant now) const noexcept {
  return may_have_more_ && ready_.empty() && now >= unsupported_until_;
}

bool OrderEntry::is_known(const std::string& reference) const {
  const auto is_same = [&](const auto& order) { return order.reference == reference; };
  return (with_erp_ && is_same(*with_erp_)) || std::any_of(ready_.begin(), ready_.end(), is_same) ||
         std::any_of(outcomes_.begin(), outcomes_.end(), is_same);
}

void OrderEntry::offer(std::vector<ReadyOrder> orders) {
  may_have_more_ = orders.size() >= kMostListed;
  for (ReadyOrder& order : orders) {
    if (!is_known(order.reference)) ready_.push_back(std::move(order));
  }
  // nothing but what is under way: the rest is found by the next run
  if (ready_.empty()) may_have_more_ = false;
}

std::optional<Action> OrderEntry::next() {
  if (with_erp_ || ready_.empty()) return std::nullopt;
  with_erp_ = std::move(ready_.front());
  ready_.pop_front();
  if (with_erp_->is_linked) return ReviseOrder{with_erp_->reference, with_erp_->document};
  if (with_erp_->unwanted_for) return LookForOrder{with_erp_->reference};
  return EnterOrder{with_erp_->reference, with_erp_->document};
}

bool OrderEntry::on_answer(const ErpReplied& replied, Instant now, double unit) {
  if (!with_erp_ || with_erp_->reference != replied.reference) return false;
  const ReadyOrder order = *std::exchange(with_erp_, std::nullopt);
  if (replied.reply.answer == ErpAnswer::unsupported) {
    ready_.clear();
    unsupported_until_ = now + kUnsupportedWait;
    return true;
  }
  outcomes_.push_back(outcome_of(order, replied.reply, now, unit));
  has_linked_ = has_linked_ || replied.reply.answer == ErpAnswer::linked;
  return true;
}

OrderOutcome OrderEntry::outcome_of(const ReadyOrder& order, const ErpReply& reply, Instant now, double unit) const {
  OrderOutcome outcome;
  outcome.reference = order.reference;
  outcome.is_revision = order.is_linked;
  outcome.was_left_alone = order.was_left_alone;
  outcome.attempts = order.attempts;
  if (reply.answer == ErpAnswer::linked) {
    outcome.state = OrderState::linked;
    outcome.erp_id = reply.order.id;
    outcome.erp_number = reply.order.number;
  } else if (reply.answer == ErpAnswer::busy) {
    outcome.state = OrderState::ready;
    outcome.reason = reason_or(reply.reason, "the ERP is busy");
    outcome.next_attempt_at = now + kBusyWait;
  } else if (order.is_linked && reply.answer == ErpAnswer::absent) {
    outcome.state = OrderState::review;
    outcome.reason = "order " + order.reference + " has changed on the portal, and its order in the ERP is gone: see that the "
                     "two agree, then skip this";
  } else if (order.unwanted_for && reply.answer == ErpAnswer::absent) {
    const bool is_certain = *order.unwanted_for >= kLongestEntry;
    outcome.state = is_certain ? OrderState::skipped : OrderState::ready;
    outcome.reason = is_certain ? kSkipped : kLookedForAgain;
    if (!is_certain) outcome.next_attempt_at = now + (kLongestEntry - *order.unwanted_for);
  } else if (reply.answer == ErpAnswer::absent) {
    outcome.state = OrderState::skipped;
    outcome.is_left_alone = true;
    outcome.reason = reason_or(reply.reason, "the ERP takes no such order from this channel");
  } else if (order.unwanted_for || (reply.answer == ErpAnswer::retry && order.attempts + 1 < policy_.max_attempts)) {
    return tried_again(order, reply, now, unit);
  } else if (reply.answer == ErpAnswer::retry) {
    outcome.state = OrderState::review;
    ++outcome.attempts;
    outcome.reason = "given up after " + std::to_string(outcome.attempts) +
                     " attempts: " + reason_or(reply.reason, "the ERP failed without a reason");
  } else {
    outcome.state = OrderState::review;
    outcome.reason = reason_or(reply.reason, "the ERP refused order " + order.reference + " without a reason");
  }
  return outcome;
}

// What is looked for is so until the ERP gives an answer: whether it has the order is no matter of opinion.
OrderOutcome OrderEntry::tried_again(const ReadyOrder& order, const ErpReply& reply, Instant now, double unit) const {
  OrderOutcome outcome;
  outcome.reference = order.reference;
  outcome.is_revision = order.is_linked;
  outcome.was_left_alone = order.was_left_alone;
  outcome.state = OrderState::ready;
  outcome.reason = reason_or(reply.reason, "the ERP failed without a reason");
  outcome.attempts = order.attempts + 1;
  outcome.next_attempt_at = now + std::max(backoff(policy_.backoff, outcome.attempts, unit), kLeastRetryWait);
  return outcome;
}

void OrderEntry::recorded(std::size_t count) {
  outcomes_.erase(outcomes_.begin(),
                  outcomes_.begin() + static_cast<std::ptrdiff_t>(std::min(count, outcomes_.size())));
}

void OrderEntry::drop_all() {
  ready_.clear();
  with_erp_.reset();
  outcomes_.clear();
}

bool OrderEntry::take_linked() noexcept { return std::exchange(has_linked_, false); }

}  // namespace ferry::engine
