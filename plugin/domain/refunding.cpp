#include "plugin/domain/refunding.h"

#include <algorithm>
#include <optional>

#include "plugin/domain/text.h"

namespace ferry {
namespace {

constexpr std::size_t kReturnNameBound = 60;

// What Decimals cannot add up is no amount of money.
Decimal total_of(const Decimal& a, const Decimal& b) { return a.plus(b).value_or(a); }
Decimal less(const Decimal& from, const Decimal& taken) {
  const auto left = from.minus(taken).value_or(Decimal());
  return left.is_negative() ? Decimal() : left;
}

class RefundPlanner {
 public:
  RefundPlanner(const std::string& order, const PortalRefunds& portal) : order_(quote_and_bound(order, kReturnNameBound)), portal_(portal) {}

  // Whether there is a step.
  bool plan(const Return& returned, RefundPlan& plan) const;

 private:
  std::string begin(const Return& returned) const {
    return "portal order " + order_ + ": return " + quote_and_bound(returned.number, kReturnNameBound);
  }
  std::string by_hand(const Return& returned) const {
    return "; pay it back there by hand, with [" + plain_line(returned.number, kReturnNameBound) +
           "] at the end of the refund's reason, and replay this, or discard it";
  }
  std::string amount(const Decimal& value) const { return value.text() + " " + portal_.currency; }

  Decimal refunded(const Return& returned, RefundState state) const;
  Decimal left(const SettledPayment& payment) const;
  const SettledPayment* payment_for(const Decimal& missing) const;
  bool may_be_there(const Decimal& missing) const;
  std::string problem_with(const Return& returned, const Decimal& there, const Decimal& failed) const;

  const std::string order_;
  const PortalRefunds& portal_;
};

Decimal RefundPlanner::refunded(const Return& returned, RefundState state) const {
  Decimal total;
  for (const auto& refund : portal_.refunds) {
    if (refund.number == returned.number && refund.state == state) total = total_of(total, refund.amount);
  }
  return total;
}

Decimal RefundPlanner::left(const SettledPayment& payment) const {
  Decimal taken;
  for (const auto& refund : portal_.refunds) {
    if (refund.payment == payment.id && refund.state != RefundState::failed) taken = total_of(taken, refund.amount);
  }
  return less(payment.amount, taken);
}

const SettledPayment* RefundPlanner::payment_for(const Decimal& missing) const {
  const SettledPayment* most = nullptr;
  for (const auto& payment : portal_.payments) {
    if (left(payment) >= missing) return &payment;
    if (!most || left(payment) > left(*most)) most = &payment;
  }
  return most;
}

// A refund that says no reason may be ours, and the answer garbled.
bool RefundPlanner::may_be_there(const Decimal& missing) const {
  return std::any_of(portal_.refunds.begin(), portal_.refunds.end(), [&](const KnownRefund& refund) {
    return !refund.has_reason && refund.state != RefundState::failed && refund.amount == missing;
  });
}

// Empty: it can be refunded, or is, or may be.
std::string RefundPlanner::problem_with(const Return& returned, const Decimal& there, const Decimal& failed) const {
  const auto total = amount(returned.total);
  if (returned.currency != portal_.currency)
    return begin(returned) + " is in " + quote_and_bound(returned.currency, kReturnNameBound) + ", and the order in " +
           quote_and_bound(portal_.currency, kReturnNameBound) + by_hand(returned);
  if (returned.total.scale() > portal_.digits)
    return begin(returned) + " is of " + total + ", which has more digits than the portal's money" + by_hand(returned);
  if (there > returned.total)
    return begin(returned) + " is of " + total + ", and " + amount(there) +
           " were paid back for it there; settle the difference with the customer and discard this";
  if (there == returned.total) return "";
  if (!failed.is_zero())
    return begin(returned) + ": the portal could not pay back " + amount(failed) + by_hand(returned);
  Decimal all;
  for (const auto& payment : portal_.payments) all = total_of(all, left(payment));
  const auto missing = less(returned.total, there);
  if (all >= missing || may_be_there(missing)) return "";
  if (portal_.payments.empty())
    return begin(returned) + " is of " + total + ", and no payment of the order is settled there: settle it and replay this, or "
           "settle with the customer and discard it";
  return begin(returned) + ": " + amount(missing) + " are to be paid back, and the order's payments have " + amount(all) +
         " left there; pay the customer otherwise and discard this";
}

bool RefundPlanner::plan(const Return& returned, RefundPlan& plan) const {
  const auto made = refunded(returned, RefundState::made), due = refunded(returned, RefundState::due);
  const auto there = total_of(made, due);
  if (auto problem = problem_with(returned, there, refunded(returned, RefundState::failed)); !problem.empty()) {
    plan.problems.push_back(std::move(problem));
    return false;
  }
  for (const auto& refund : portal_.refunds) {
    if (refund.number != returned.number || refund.state != RefundState::due) continue;
    plan.returned = &returned;
    plan.settled = refund.id;
    return true;
  }
  if (there == returned.total) return false;
  const auto missing = less(returned.total, there);
  if (may_be_there(missing)) {
    plan.doubt = begin(returned) + " is of " + amount(missing) + ", and a refund of as much is there that has no reason, and may be for it" +
                 by_hand(returned);
    return false;
  }
  const auto* payment = payment_for(missing);
  plan.returned = &returned;
  plan.payment = payment->id;
  plan.amount = std::min(missing, left(*payment));
  plan.is_first = there.is_zero();
  return true;
}

}  // namespace

RefundPlan plan_refund(const std::string& order, std::span<const Return> returns, const PortalRefunds& portal) {
  const RefundPlanner planner(order, portal);
  RefundPlan plan;
  for (const auto& returned : returns) {
    if (planner.plan(returned, plan)) return plan;
  }
  return plan;
}

}  // namespace ferry
