// The portal's products and categories as far as they were seen.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/json.h"

namespace ferry::medusa {

class ProductView {
 public:
  explicit ProductView(std::string_view category_key) : category_key_(category_key) {}

  // With all that kProductsTarget tells; replaces what was seen of the same id. False: it cannot be read.
  bool add(const json::value& product);
  bool add_category(const json::value& category);

  const json::value* with_sku(std::string_view sku) const;  // the product; or null
  std::vector<const json::value*> of_template(std::string_view id) const;

  // The id of the category that stands for the ERP's of that path; "": there is none.
  std::string category(std::string_view path) const;

 private:
  const std::string category_key_;
  std::map<std::string, json::value, std::less<>> products_;     // by id
  std::map<std::string, std::string, std::less<>> categories_;  // ids by path; of several the first one made
};

// Of a variant's metadata: the ERP publishes it no more.
inline constexpr std::string_view kWithdrawnKey = "erp_withdrawn";
bool is_withdrawn(const json::value& variant);

const json::value* variant_of(const json::value& product, std::string_view sku);

// What is known of the portal for products that are to be made; empty: it has not been asked.
struct ProductTerms {
  std::string sales_channel, shipping_profile;  // ids
};

}  // namespace ferry::medusa
