// What was paid back of Medusa's order, as `refunds` of ferry.order/1.
#pragma once

#include "connectors/medusa/json.h"
#include "connectors/medusa/order_amounts.h"

namespace ferry::medusa {

// In order of time. Medusa makes a refund when the payment provider has paid it, and does not say what for: one of exactly
// the amount of a return that was received before is that return's, and has its goods; any other one is money alone, and so
// is that of a return which is ours (goods_return.h): the ERP has its goods already. The
// reason is that of the shop, and what a person noted.
json::array refunds_of(const json::value& order, const Money& money);

}  // namespace ferry::medusa
