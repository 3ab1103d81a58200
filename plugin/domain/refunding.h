// What is still to be paid back on a portal of what the ERP has taken back. A portal has no key by which a refund could be
// made once, and none can be taken back, so each of ours carries the return's number and is looked for before another one is
// made. The rules:
//   ours         counts towards its return; what is missing of it is refunded with the same number
//   ours, due    the portal only promised it, because nobody but a person pays it: the ERP has, so it is settled
//   ours, failed the payment provider refused it: a person is told, and no other one is made
//   no reason    one of just the amount that is missing may be ours of which the portal does not show all: none is made while
//                it is so
//   another's    lowers what its payment has left, and nothing else: which goods it paid for, nobody knows
//   otherwise    the money comes from the payments that were settled, one that has enough left before the others; where all
//                together have too little nothing is refunded, and a person is told
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "plugin/domain/decimal.h"

namespace ferry {

// A return of the ERP.
struct Return {
  std::string number, currency, reason;  // of ISO 4217; a text for people, which may be empty
  Decimal total;                         // more than 0, gross
  std::map<std::string, Decimal> goods;  // in the sale unit, by SKU
};

struct SettledPayment {
  std::string id;
  Decimal amount;  // that the shop has
};

enum class RefundState : std::uint8_t {
  made = 1,  // or under way at the payment provider
  due,       // promised, and to be settled by whoever pays it
  failed,
};

// In the portal's order.
struct KnownRefund {
  std::string id, payment;
  std::string number;  // of the return, which it carries; empty: not ours
  Decimal amount;
  RefundState state = RefundState::made;
  bool has_reason = true;  // false: there is no text that could say the number
};

struct PortalRefunds {
  std::string currency;
  int digits = 2;  // of an amount
  std::vector<SettledPayment> payments;
  std::vector<KnownRefund> refunds;
};

struct RefundPlan {
  const Return* returned = nullptr;  // to refund next, or to settle a refund of; null: neither
  std::string settled;               // a refund's id; empty: `amount` of `payment` is to be refunded
  std::string payment;
  Decimal amount;
  bool is_first = false;              // nothing of the return was refunded before
  std::string doubt;  // why one waits to be looked at again; empty: none does
  std::vector<std::string> problems;  // of returns that cannot be refunded, for a person; complete when there is no step
};

// The next step for an order of that name. `returns` outlives the plan.
RefundPlan plan_refund(const std::string& order, std::span<const Return> returns, const PortalRefunds& portal);

}  // namespace ferry
