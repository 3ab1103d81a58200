// The shipments in a document of the feed `order_status`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/json.h"
#include "plugin/domain/fulfilment.h"

namespace ferry::connector {

// Portals that count pieces: `problem` says why the shipments cannot be told to one, and is left alone where they can.
// None where the document has no such member, because the channel does not own it.
std::vector<Shipment> read_shipments(const json::value& document, std::string& problem);

// The ERP has cancelled the order before anything of it was sent. Where the channel does not own the shipments nothing
// says that: what the portal has fulfilled decides.
bool is_cancelled_unsent(const json::value& document);

// The number of a shipment in what people read of a fulfilment, behind whatever else stands there: "DHL [S-12]". A
// portal without a field of its own for it shows it to the customer there, which tells him what the parcel is called.
std::string with_shipment(std::string_view text, std::string_view number);
// "": there is none.
std::string_view shipment_in(std::string_view text) noexcept;

// Of a plan: one sentence for a person.
std::string joined_problems(std::span<const std::string> problems);

}  // namespace ferry::connector
