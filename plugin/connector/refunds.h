// The returns in a document of the feed `order_status` that are to be paid back on the portal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/json.h"
#include "plugin/domain/refunding.h"

namespace ferry::connector {

// `problem` says why they cannot be read, and is left alone where they can. None where the document has no such member,
// because the channel leaves refunds to a person, or does not own them.
std::vector<Return> read_returns(const json::value& document, std::string& problem);

// What people read of the refund, with the number of the return at its end: "Damaged [RET-12]". It is found by
// shipment_in() of plugin/connector/shipments.h, also by the ERP.
std::string reason_of(const Return& returned);

}  // namespace ferry::connector
