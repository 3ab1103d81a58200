// List prices and costs: their documents, and what a variant of the portal shows of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/medusa/json.h"

namespace ferry::medusa {

struct Amount {
  std::string sku, currency;
  std::optional<Decimal> amount;
  std::string tax;  // list prices only
};
// None: a member but `tax` is missing or no number.
std::optional<Amount> read_amount(std::string_view document);

struct ShownAmount {
  bool is_readable = true;
  std::optional<Decimal> amount;  // none: the variant has no such price or cost
  std::string currency;
};
// The price of one piece for everybody: of no quantity and no region.
ShownAmount shown_price(const json::value& variant, std::string_view currency);
ShownAmount shown_cost(const json::value& variant, std::string_view key);

// Preconditions: the shown amount is readable, and number_of() has the wanted one.
json::object price_change(const json::value& variant, const Amount& wanted);
json::object cost_change(std::string_view key, const Amount& wanted);

// The portal's variants by SKU.
class VariantView {
 public:
  void add(const json::value& body);
  const json::value* variant(std::string_view sku) const noexcept;  // null: there is none
  // False: some variant came without id, product or SKU, so that a missing one says nothing.
  bool has_all() const noexcept { return has_all_; }

 private:
  std::map<std::string, json::value, std::less<>> variants_;
  bool has_all_ = true;
};

}  // namespace ferry::medusa
