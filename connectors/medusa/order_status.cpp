#include "connectors/medusa/order_status.h"

#include <utility>

#include "connectors/medusa/cancellation.h"
#include "connectors/medusa/goods_return.h"
#include "connectors/medusa/order_number.h"
#include "connectors/medusa/refund.h"
#include "connectors/medusa/shipment.h"
#include "plugin/connector/order_status_push.h"

namespace ferry::medusa {

using namespace connector;

std::unique_ptr<Exchange> make_order_status_push(const Settings& settings, std::span<const OutboundItem> items) {
  const auto by = [&settings](auto make) -> OrderStatusStages::Make {
    return [&settings, make](std::span<const OutboundItem> chosen) { return make(settings, chosen); };
  };
  OrderStatusStages stages{by(&make_order_number_push), by(&make_shipment_push), nullptr, by(&make_goods_return_push),
                           by(&make_refund_push)};
  if (settings.cancels_orders) stages.cancellation = by(&make_cancellation_push);
  return connector::make_order_status_push(std::move(stages), items);
}

}  // namespace ferry::medusa
