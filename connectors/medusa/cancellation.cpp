#include "connectors/medusa/cancellation.h"

#include <optional>
#include <string>

#include "connectors/medusa/order_push.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// None: it cannot be read.
std::optional<bool> has_live_fulfilment(const json::value& order) {
  const auto* fulfilments = find(order, {"fulfillments"});
  if (!fulfilments || !fulfilments->is_array()) return std::nullopt;
  bool has_any = false;
  for (const auto& shown : fulfilments->get_array()) {
    const auto* canceled = find(shown, {"canceled_at"});
    if (!canceled) return std::nullopt;
    has_any = has_any || canceled->is_null();
  }
  return has_any;
}

class CancellationPush final : public OrderPush {
 public:
  CancellationPush(const Settings& settings, std::span<const OutboundItem> items)
      : OrderPush(settings, items, kCancellationsTarget, "; settle it there by hand, then replay this or discard it") {}

 private:
  NextStep step_of(std::size_t index, const json::value& order) override;
};

NextStep CancellationPush::step_of(std::size_t index, const json::value& order) {
  const auto name = quote_and_bound(item(index).label, 60);
  const auto status = text_at(order, {"status"});
  const auto is_fulfilled = has_live_fulfilment(order);
  if (status.empty() || !is_fulfilled)
    return settled(Verdict::retry, "the portal's answer has no readable state of order " + name);
  if (status == "canceled") return settled(Verdict::delivered);
  if (*is_fulfilled)
    return settled(Verdict::rejected,
                   "portal order " + name + " was cancelled in the ERP, and something of it is fulfilled there: cancel that "
                   "fulfilment and replay this, or settle it with the customer and discard this");
  auto step = write(post(settings_, order_target(order_of(index), "/cancel"), json::object()));
  step.subject = "portal order " + name + ", which was cancelled in the ERP: ";
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_cancellation_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CancellationPush>(settings, items);
}

}  // namespace ferry::medusa
