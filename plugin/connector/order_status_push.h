// What every portal is told of an order, in this order: its number in the ERP, then what was sent, or that it was cancelled
// there where the channel says so, then what came back of it and what is to be paid back. How each is told is the connector's.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "plugin/connector/connector.h"

namespace ferry::connector {

struct OrderStatusStages {
  using Make = std::function<std::unique_ptr<Exchange>(std::span<const OutboundItem>)>;
  Make number, shipments;
  Make cancellation;  // empty: the channel leaves it to a person on the portal
  Make returns;       // of goods; empty: the portal is told of them by the refund
  Make refunds;
};

// An order whose number does not stay is neither fulfilled nor cancelled nor paid back: it is tried again as a whole. What a
// person has to settle of its shipments or of its goods that came back does not keep the customer's money: the refund is made,
// and the order is then still for that person. `items`, and what the stages refer to, outlive the exchange.
std::unique_ptr<Exchange> make_order_status_push(OrderStatusStages stages, std::span<const OutboundItem> items);

}  // namespace ferry::connector
