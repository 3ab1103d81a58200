// Pays back on the portal what people have taken back in the ERP.
#pragma once

#include <memory>
#include <span>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// The items are documents of the feed `order_status` with refunds. Vendure's refundOrder may be repeated as long as the
// payment has anything left, so every step is decided by looking at the refunds that the order has; ours are known by the
// return's number at the end of their reason ("Damaged [SO-12]"). They name the goods, as far as the order has them. One that
// no payment handler pays stays Pending there until somebody says that it was paid: the ERP pays it, so it is settled.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_refund_push(const Settings& settings,
                                                      std::span<const connector::OutboundItem> items);

}  // namespace ferry::vendure
