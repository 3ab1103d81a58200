// The documents of list prices and costs, and the price and cost of a listed variant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/vendure/json.h"

namespace ferry::vendure {

struct AmountDocument {
  std::string sku, currency, amount;
  std::string tax;  // list prices only: "included" or "excluded"
};
// None: a member but `tax` is missing.
std::optional<AmountDocument> read_amount(std::string_view document);

struct ShownAmount {
  bool is_readable = true;
  std::optional<std::int64_t> units;  // in the portal's units; none: the variant has no such price or cost
};
ShownAmount shown_price(const json::value& variant, std::string_view currency);
ShownAmount shown_cost(const json::value& variant, std::string_view field);

// Why list prices cannot go out, and how to mend it.
std::string tax_differs(bool portal_includes_tax);

}  // namespace ferry::vendure
