#include "connectors/medusa/refund.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/order_amounts.h"
#include "connectors/medusa/order_push.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/refunds.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// Medusa keeps more digits than anybody can pay.
std::optional<Decimal> refund_amount_at(const json::value& from, int digits) {
  const auto amount = raw_at(from, {"raw_amount"});
  return amount ? std::optional(amount->rounded(digits, Rounding::half_up)) : std::nullopt;
}

bool read_paid_payment(const json::value& payment, PortalRefunds& seen) {
  const auto id = id_at(payment, {"id"});
  const auto *captures = find(payment, {"captures"}), *refunds = find(payment, {"refunds"});
  if (id.empty() || !captures || !captures->is_array() || !refunds || !refunds->is_array()) return false;
  Decimal captured;
  for (const auto& capture : captures->get_array()) {
    const auto amount = raw_at(capture, {"raw_amount"});
    if (!amount) return false;
    captured = captured.plus(*amount).value_or(captured);
  }
  captured = captured.rounded(seen.digits, Rounding::half_up);
  if (!captured.is_zero()) seen.payments.push_back({id, captured});
  for (const auto& refund : refunds->get_array()) {
    const auto amount = refund_amount_at(refund, seen.digits);
    const auto* note = find(refund, {"note"});
    if (!amount || !note || (!note->is_null() && !note->is_string())) return false;
    const auto text = text_at(refund, {"note"});
    seen.refunds.push_back(
        {id_at(refund, {"id"}), id, std::string(shipment_in(text)), *amount, RefundState::made, !text.empty()});
  }
  return true;
}

// None: something cannot be read, and could be a refund of ours.
std::optional<PortalRefunds> read_paid_order(const json::value& order) {
  PortalRefunds seen;
  seen.currency = upper(text_at(order, {"currency_code"}));
  seen.digits = money_of(seen.currency).digits;
  const auto* collections = find(order, {"payment_collections"});
  if (seen.currency.empty() || !collections || !collections->is_array()) return std::nullopt;
  for (const auto& collection : collections->get_array()) {
    const auto* payments = find(collection, {"payments"});
    if (!payments || !payments->is_array()) return std::nullopt;
    for (const auto& payment : payments->get_array()) {
      if (!read_paid_payment(payment, seen)) return std::nullopt;
    }
  }
  return seen;
}

class RefundPush final : public OrderPush {
 public:
  RefundPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kRefundsTarget, "; look at the order's payments there, then replay this or discard it") {}

 private:
  std::string read_rest(std::size_t index, const json::value& document) override {
    std::string problem;
    wanted_[index] = read_returns(document, problem);
    return problem;
  }
  NextStep step_of(std::size_t index, const json::value& order) override;

  std::map<std::size_t, std::vector<Return>> wanted_;  // by index
};

NextStep RefundPush::step_of(std::size_t index, const json::value& order) {
  const auto name = quote_and_bound(item(index).label, 60);
  const auto seen = read_paid_order(order);
  if (!seen) return settled(Verdict::retry, "the portal's answer has no readable payments of order " + name);
  const auto plan = plan_refund(item(index).label, wanted_.at(index), *seen);
  if (!plan.returned) {
    if (!plan.problems.empty()) return settled(Verdict::rejected, bound(joined_problems(plan.problems), 1000));
    return plan.doubt.empty() ? settled(Verdict::delivered) : settled(Verdict::retry, plan.doubt);
  }
  const auto subject = "portal order " + name + ", return " + quote_and_bound(plan.returned->number, 60) + ": ";
  const auto amount = number_of(plan.amount);
  if (!amount) return settled(Verdict::rejected, subject + "the amount has more digits than the portal keeps");
  auto step = write(post(settings_, refund_target(plan.payment),
                         json::object{{"amount", *amount}, {"note", reason_of(*plan.returned)}}));
  step.subject = subject;
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_refund_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<RefundPush>(settings, items);
}

}  // namespace ferry::medusa
