#include "connectors/vendure/order_status.h"

#include <utility>

#include "connectors/vendure/cancellation.h"
#include "connectors/vendure/order_number.h"
#include "connectors/vendure/refund.h"
#include "connectors/vendure/shipment.h"
#include "plugin/connector/order_status_push.h"

namespace ferry::vendure {

using namespace connector;

std::unique_ptr<Exchange> make_order_status_push(const Settings& settings, std::span<const OutboundItem> items) {
  const auto by = [&settings](auto make) -> OrderStatusStages::Make {
    return [&settings, make](std::span<const OutboundItem> chosen) { return make(settings, chosen); };
  };
  OrderStatusStages stages{by(&make_order_number_push), by(&make_shipment_push), nullptr, nullptr, by(&make_refund_push)};
  if (settings.cancels_orders) stages.cancellation = by(&make_cancellation_push);
  return connector::make_order_status_push(std::move(stages), items);
}

}  // namespace ferry::vendure
