#include "connectors/medusa/refund.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/order_amounts.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stepwise_push.h"
#include "plugin/connector/refunds.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

struct WantedRefunds {
  std::string order;
  std::vector<Return> returns;
};

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
    if (!amount || !note) return false;
    seen.refunds.push_back(
        {id_at(refund, {"id"}), id, std::string(shipment_in(text_at(refund, {"note"}))), *amount, RefundState::made});
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

class RefundPush final : public StepwisePush {
 public:
  RefundPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items, "; look at the order's payments there, then replay this or discard it") {}

 private:
  std::string read(std::size_t index) override {
    boost::system::error_code error;
    const auto document = json::parse(item(index).document, error);
    std::string problem;
    WantedRefunds wanted{id_at(document, {"order"}), read_returns(document, problem)};
    if (error || wanted.order.empty()) return "the order status document names no portal order";
    if (!problem.empty()) return "portal order " + quote_and_bound(item(index).label, 60) + ": " + problem;
    looks_.push_back(wanted.order);
    wanted_[index] = std::move(wanted);
    return "";
  }
  std::optional<std::string> next_look() override {
    if (!std::exchange(has_targets_, true)) looks_ = targets(kRefundsTarget, "id", looks_);
    if (looks_.empty()) return std::nullopt;
    auto target = std::move(looks_.back());
    looks_.pop_back();
    return target;
  }
  std::optional<Trouble> on_seen(const HttpReply& reply) override;
  std::optional<std::string> look_at(std::size_t index) override {
    const auto& order = wanted_.at(index).order;
    seen_.erase(order);
    return targets(kRefundsTarget, "id", std::span(&order, 1)).front();
  }
  NextStep next_step(std::size_t index) override;

  std::map<std::size_t, WantedRefunds> wanted_;  // by index
  std::vector<std::string> looks_;        // orders, then targets, the next one last
  bool has_targets_ = false;
  std::map<std::string, json::value> seen_;  // orders by id
  bool is_readable_ = true;                  // false: some order came without id
};

std::optional<Trouble> RefundPush::on_seen(const HttpReply& reply) {
  auto answer = read_list(reply, "orders");
  if (answer.trouble) return std::move(answer.trouble);
  for (const auto& order : array_at(answer.body, {"orders"})) {
    auto id = id_at(order, {"id"});
    is_readable_ = is_readable_ && !id.empty();
    seen_[std::move(id)] = order;
  }
  return std::nullopt;
}

NextStep RefundPush::next_step(std::size_t index) {
  const auto& wanted = wanted_.at(index);
  const auto name = quote_and_bound(item(index).label, 60);
  const auto order = seen_.find(wanted.order);
  if (order == seen_.end() && !is_readable_) return settled(Verdict::retry, "the portal listed an order without id");
  if (order == seen_.end())
    return settled(Verdict::absent, "the portal has no order with id " + quote_and_bound(wanted.order, 60));
  const auto seen = read_paid_order(order->second);
  if (!seen) return settled(Verdict::retry, "the portal's answer has no readable payments of order " + name);
  const auto plan = plan_refund(item(index).label, wanted.returns, *seen);
  if (!plan.returned) {
    if (plan.problems.empty()) return settled(Verdict::delivered);
    std::string reasons;
    for (const auto& problem : plan.problems) reasons += (reasons.empty() ? "" : "; ") + problem;
    return settled(Verdict::rejected, bound(reasons, 1000));
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
