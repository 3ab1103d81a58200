#include "connectors/vendure/cancellation.h"

#include <optional>
#include <string>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/order_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::string_view kReason = "Cancelled in the ERP";  // that Vendure keeps in the order's history
constexpr Duration kEditedWait = std::chrono::minutes(15);

// None: it cannot be read.
std::optional<bool> has_live_fulfilment(const json::value& order) {
  const auto* fulfilments = find(order, {"fulfillments"});
  if (!fulfilments || !fulfilments->is_array()) return std::nullopt;
  bool has_any = false;
  for (const auto& shown : fulfilments->get_array()) {
    const auto state = text_at(shown, {"state"});
    if (state.empty()) return std::nullopt;
    has_any = has_any || state != "Cancelled";
  }
  return has_any;
}

class CancellationPush final : public OrderPush {
 public:
  CancellationPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kShipments, "settle it there by hand, then replay this or discard it") {}

 private:
  NextStep step_of(std::size_t index, const json::value& order) const override;
};

NextStep CancellationPush::step_of(std::size_t index, const json::value& order) const {
  const auto name = quote_and_bound(item(index).label, 60);
  const auto state = text_at(order, {"state"});
  const auto is_fulfilled = has_live_fulfilment(order);
  if (state.empty() || !is_fulfilled)
    return settled(Verdict::retry, "the portal's answer has no readable state of order " + name);
  if (state == "Cancelled") return settled(Verdict::delivered);
  if (*is_fulfilled)
    return settled(Verdict::rejected,
                   "portal order " + name + " was cancelled in the ERP, and something of it is fulfilled there: cancel that "
                   "fulfilment and replay this, or settle it with the customer and discard this");
  if (state == "Modifying") {
    auto step = settled(Verdict::snooze, "portal order " + name + " is being edited there; it is cancelled after that");
    step.wait = kEditedWait;
    return step;
  }
  auto step = write(kCancelOrder,
                    {{"input", json::object{{"orderId", order_of(index)}, {"reason", kReason}, {"cancelShipping", true}}}});
  step.subject = "portal order " + name + ", which was cancelled in the ERP: ";
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_cancellation_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CancellationPush>(settings, items);
}

}  // namespace ferry::vendure
