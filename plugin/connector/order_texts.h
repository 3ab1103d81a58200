// What people read on the portal's order of what the ERP did with it: texts for fields of the order itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/connector/json.h"

namespace ferry::connector {

struct OrderTexts {
  std::optional<std::string> state;  // the ERP's own word; none: the document does not say it, and it is left alone
  std::string invoices;              // "INV-1 (2026-11-30), INV-2 (2026-12-02, credit note)"; "": none
  std::string cancelled;             // "2 x A, 1 x B": ordered, and never to be sent; "": nothing
};

// `document` is one of the feed `order_status`. A list that would be longer than `most_bytes` ends with what it leaves out:
// "and 12 more". `invoice_url`: where an invoice can be read, with {number} in it; it stands behind each one; "": nowhere.
OrderTexts read_order_texts(const json::value& document, std::string_view invoice_url, std::size_t most_bytes);

// Empty, or what is wrong with such an address, as the end of a sentence.
std::string invoice_url_fault(std::string_view invoice_url);

}  // namespace ferry::connector
