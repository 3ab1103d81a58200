// The documents of discounts and of fixed net prices: what a product costs those whom a price list is for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugin/connector/connector.h"
#include "plugin/domain/decimal.h"
#include "plugin/domain/time.h"

namespace ferry::vendure {

struct Tier {
  Decimal quantity;  // from so many on
  Decimal value;     // per cent, or an amount
  std::optional<Instant> from, until;
};

struct TiersDocument {
  std::string sku, list, list_name, currency;
  std::vector<Tier> tiers;
  std::string tiers_text;  // as in the document
  bool is_withdrawal = false;
};

// `value` is the name of a tier's value: "percent" or "amount". Of a record that is withdrawn only SKU and list, by what
// was acknowledged or by its label and part. None: `problem` says what is wrong.
std::optional<TiersDocument> read_tiers(const connector::OutboundItem& item, std::string_view value,
                                        std::string& problem);
// Of the array alone, as `tiers_text` has it.
std::optional<std::vector<Tier>> parse_tiers(std::string_view text, std::string_view value);

// The fewest whole pieces that reach a quantity, at least 1; none: more than Vendure counts.
std::optional<std::int32_t> pieces_from(const Decimal& quantity);

// `SKU "A" of price list "12" ("Retailers")`.
std::string record_of(const TiersDocument& document);

}  // namespace ferry::vendure
