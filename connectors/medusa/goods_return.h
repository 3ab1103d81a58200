// Enters on the portal which goods people have taken back in the ERP.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"
#include "plugin/connector/json.h"

namespace ferry::medusa {

// The items are documents of the feed `order_status` with refunds. A return of the ERP becomes one of the portal, asked for and
// received at once, with the ERP's number in its metadata; only then is it paid back (refund.h), so that the portal counts the
// money as that of the return. It is received as damaged, which is Medusa's word for goods that it does not put into stock: what is
// in stock, the stock feed says. Medusa makes it in six writes, none of which may be repeated, and shows of what is not confirmed
// only that it was begun. Therefore what another exchange has begun, whose answer may be lost, is given up and begun anew, and
// what is received is left as it is. So is what a person has cancelled there, or has paid back already.
//
// Of a line no more comes back than was fulfilled there and is on no return yet: what a person has entered there, or what the
// portal does not know of, holds up nothing. Nothing comes back of money alone. `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_goods_return_push(const Settings& settings,
                                                            std::span<const connector::OutboundItem> items);

// The ERP's number of a return that the portal shows; "": it is not ours.
std::string_view own_number_of(const connector::json::value& shown) noexcept;

}  // namespace ferry::medusa
