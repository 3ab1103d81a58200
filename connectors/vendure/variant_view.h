// What the portal shows of a batch's SKUs, collected page by page.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/json.h"

namespace ferry::vendure {

struct Variant {
  std::string id;
  json::value shown;  // as it was listed
};

class VariantView {
 public:
  // One answer to a look for variants. True: there is another page, to be asked for with `skip` = seen().
  bool add(const json::value& data);
  std::int64_t seen() const noexcept { return seen_; }
  std::int64_t total() const noexcept { return total_; }  // what the last answer said there is
  // The id of a variant that was listed twice: the list moved between two pages, and another one may have been missed.
  const std::string& repeated() const noexcept { return repeated_; }

  // All variants that carry this SKU exactly; more than one is possible, Vendure does not forbid it.
  const std::vector<Variant>& variants(std::string_view sku) const noexcept;

  // False: some variant came without id or SKU, so that a missing one says nothing.
  bool has_all_variants() const noexcept { return has_all_variants_; }

 private:
  std::map<std::string, std::vector<Variant>, std::less<>> variants_;
  bool has_all_variants_ = true;
  std::set<std::string, std::less<>> ids_;
  std::string repeated_;
  std::int64_t seen_ = 0, total_ = 0;
};

}  // namespace ferry::vendure
