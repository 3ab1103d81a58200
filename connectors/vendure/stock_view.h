// What the portal shows of a batch's SKUs: its variants with their stock, and its locations. Collected page by page.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/json.h"

namespace ferry::vendure {

struct Variant {
  std::string id;
  std::map<std::string, std::int64_t, std::less<>> on_hand;  // by location id; none: 0
};

class StockView {
 public:
  // One answer of kVariants. True: there is another page, to be asked for with `skip` = seen().
  bool add(const json::value& data);
  std::int64_t seen() const noexcept { return seen_; }

  // All variants that carry this SKU exactly; more than one is possible, Vendure does not forbid it.
  const std::vector<Variant>& variants(std::string_view sku) const noexcept;

  // Id of the location with that id or else that name; of the first one for an empty text. Empty: there is none.
  std::string location_id(std::string_view id_or_name) const;
  // "'Berlin', 'Hamburg'", for messages; bounded.
  std::string location_names() const;

 private:
  std::map<std::string, std::vector<Variant>, std::less<>> variants_;
  std::vector<std::pair<std::string, std::string>> locations_;  // id, name; in order of id
  std::int64_t seen_ = 0;
};

}  // namespace ferry::vendure
