// Pushes discounts: each is automatic promotions of its own, for the customer group that stands for its price list.
#pragma once

#include <memory>
#include <span>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// A promotion belongs to one record: so a request that is applied late or twice changes nothing but that record, which
// is looked at again. Its code begins with the record and its metadata name it; whatever lacks either is a person's and
// is left alone. One that is needed no more is deleted, because each that exists makes every cart slower, also one that
// is switched off or over, and because one whose campaign a person deletes is valid for ever. Orders keep what they
// were given. Windows that are still to come are sent ahead. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_discount_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);

}  // namespace ferry::medusa
