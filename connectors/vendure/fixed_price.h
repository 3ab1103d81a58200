// Pushes fixed net prices: each price list has a channel of the portal, in which its customers buy.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// The variant's price in the channel that the setting `price_list_channels` names for the list; the variant is added to
// that channel when it is not there, and taken out of it when the ERP has no such price any more, because it must not
// go on selling at it. What is in the channel beside, and every other channel, is never touched.
//
// Vendure has neither windows nor quantity breaks of a channel's prices. The document changes when a window begins or
// ends, so the price that is valid now is enough; a quantity break that is valid now rejects the record. (A promotion
// could give it, but Vendure shows what is made in one channel in its default channel as well.)
//
// A list whose channel does not exist, counts with tax or does not sell in the currency rejects its own records only.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_fixed_price_push(const Settings& settings,
                                                           std::span<const connector::OutboundItem> items);

// Empty, or why the channel of that list cannot be used.
std::string list_channel_problem(const Settings& settings, const std::string& list);

// For that channel of the portal instead of the setting's.
void in_channel(connector::HttpRequest& request, const std::string& token);

}  // namespace ferry::vendure
