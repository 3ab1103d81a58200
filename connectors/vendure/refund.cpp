#include "connectors/vendure/refund.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/order_push.h"
#include "plugin/connector/refunds.h"
#include "plugin/connector/shipments.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr int kRefundDigits = 2;  // as in order_document.cpp
constexpr std::int64_t kMostRefunded = std::numeric_limits<std::int32_t>::max();  // GraphQL's Int

struct RefundableLine {
  std::string id, sku;
  std::int64_t left = 0;  // pieces that no refund names
};

struct PaidOrder {
  PortalRefunds money;
  std::vector<RefundableLine> lines;
};

std::optional<Decimal> refund_money_at(const json::value& from, std::string_view name) {
  const auto units = integer_at(from, {name});
  return units ? Decimal::from_minor_units(*units, kRefundDigits) : std::nullopt;
}

bool read_refundable_lines(const json::value& order, PaidOrder& seen) {
  const auto* lines = find(order, {"lines"});
  if (!lines || !lines->is_array()) return false;
  for (const auto& line : lines->get_array()) {
    const auto quantity = integer_at(line, {"quantity"});
    seen.lines.push_back({id_at(line, {"id"}), std::string(text_at(line, {"productVariant", "sku"})), quantity.value_or(0)});
    if (!quantity || seen.lines.back().id.empty()) return false;
  }
  return true;
}

bool read_known_refund(const json::value& shown, const std::string& payment, PaidOrder& seen) {
  const auto* reason = find(shown, {"reason"});
  const auto amount = refund_money_at(shown, "total");
  const auto state = text_at(shown, {"state"});
  KnownRefund known{id_at(shown, {"id"}), payment, "", amount.value_or(Decimal()), RefundState::made};
  if (!reason || (!reason->is_null() && !reason->is_string()) || !amount || state.empty() || known.id.empty()) return false;
  known.has_reason = !text_at(shown, {"reason"}).empty();
  known.number = shipment_in(text_at(shown, {"reason"}));
  // a payment handler that pays back gives it a number of its own, also while that is under way
  if (state == "Failed") known.state = RefundState::failed;
  if (state == "Pending" && text_at(shown, {"transactionId"}).empty()) known.state = RefundState::due;
  for (const auto& part : array_at(shown, {"lines"})) {
    const auto id = id_at(part, {"orderLineId"});
    const auto line = std::find_if(seen.lines.begin(), seen.lines.end(), [&](const auto& one) { return one.id == id; });
    if (line != seen.lines.end() && known.state != RefundState::failed) line->left -= integer_at(part, {"quantity"}).value_or(0);
  }
  seen.money.refunds.push_back(std::move(known));
  return true;
}

// None: something cannot be read, and could be a refund of ours.
std::optional<PaidOrder> read_paid_order(const json::value& order) {
  PaidOrder seen{{std::string(text_at(order, {"currencyCode"})), kRefundDigits, {}, {}}, {}};
  const auto* payments = find(order, {"payments"});
  if (!read_refundable_lines(order, seen) || seen.money.currency.empty() || !payments || !payments->is_array()) return std::nullopt;
  for (const auto& payment : payments->get_array()) {
    const auto id = id_at(payment, {"id"});
    const auto amount = refund_money_at(payment, "amount");
    const auto state = text_at(payment, {"state"});
    const auto* refunds = find(payment, {"refunds"});
    if (id.empty() || !amount || state.empty() || !refunds || !refunds->is_array()) return std::nullopt;
    if (state == "Settled") seen.money.payments.push_back({id, *amount});
    for (const auto& refund : refunds->get_array()) {
      if (!read_known_refund(refund, id, seen)) return std::nullopt;
    }
  }
  return seen;
}

// As many pieces as the order has and no refund names.
json::array refunded_goods(const Return& returned, std::vector<RefundableLine> lines) {
  json::array goods;
  for (const auto& [sku, quantity] : returned.goods) {
    auto pieces = quantity.to_minor_units(0).value_or(0);
    for (auto& line : lines) {
      const auto taken = std::min(pieces, line.left);
      if (line.sku != sku || taken <= 0) continue;
      goods.push_back(json::object{{"orderLineId", line.id}, {"quantity", taken}});
      pieces -= taken;
    }
  }
  return goods;
}

class RefundPush final : public OrderPush {
 public:
  RefundPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kRefunds, "look at the order's payments there, then replay this or discard it") {}

 private:
  std::string read_rest(std::size_t index, const json::value& document) override {
    std::string problem;
    wanted_[index] = read_returns(document, problem);
    return problem;
  }
  NextStep step_of(std::size_t index, const json::value& order) const override;
  NextStep refund(const RefundPlan& plan, const PaidOrder& seen) const;

  std::map<std::size_t, std::vector<Return>> wanted_;  // by index
};

NextStep RefundPush::refund(const RefundPlan& plan, const PaidOrder& seen) const {
  const auto units = plan.amount.to_minor_units(kRefundDigits);
  if (!units || *units > kMostRefunded) return settled(Verdict::rejected, "the amount is more than the portal can hold");
  auto goods = plan.is_first ? refunded_goods(*plan.returned, seen.lines) : json::array();
  // the members that Vendure calls deprecated are columns that its database wants
  return write(kRefundOrder, {{"input", json::object{{"paymentId", plan.payment},
                                                     {"amount", *units},
                                                     {"reason", reason_of(*plan.returned)},
                                                     {"shipping", 0},
                                                     {"adjustment", 0},
                                                     {"lines", std::move(goods)}}}});
}

NextStep RefundPush::step_of(std::size_t index, const json::value& order) const {
  const auto name = quote_and_bound(item(index).label, 60);
  const auto seen = read_paid_order(order);
  if (!seen) return settled(Verdict::retry, "the portal's answer has no readable payments of order " + name);
  const auto plan = plan_refund(item(index).label, wanted_.at(index), seen->money);
  if (!plan.returned) {
    if (!plan.problems.empty()) return settled(Verdict::rejected, bound(joined_problems(plan.problems), 1000));
    return plan.doubt.empty() ? settled(Verdict::delivered) : settled(Verdict::retry, plan.doubt);
  }
  const auto subject = "portal order " + name + ", return " + quote_and_bound(plan.returned->number, 60) + ": ";
  auto step = plan.settled.empty() ? refund(plan, *seen)
                                   : write(kSettleRefund, {{"input", json::object{{"id", plan.settled},
                                                                                  {"transactionId", plan.returned->number}}}});
  step.subject = subject;
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_refund_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<RefundPush>(settings, items);
}

}  // namespace ferry::vendure
