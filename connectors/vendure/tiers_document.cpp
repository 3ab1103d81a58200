#include "connectors/vendure/tiers_document.h"

#include <algorithm>
#include <limits>

#include "connectors/vendure/json.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

std::optional<json::value> parse(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse({text.data(), text.size()}, error);
  if (error) return std::nullopt;
  return value;
}

// False: neither an instant nor null.
bool read_instant(const json::value& tier, std::string_view name, std::optional<Instant>& instant) {
  const auto* value = find(tier, {name});
  if (!value) return false;
  if (value->is_null()) return true;
  instant = from_iso8601(text_at(tier, {name}));
  return instant.has_value();
}

std::optional<std::vector<Tier>> read_array(const json::value& array, std::string_view value) {
  std::vector<Tier> tiers;
  for (const auto& entry : array.get_array()) {
    const auto quantity = Decimal::parse(text_at(entry, {"quantity"})), amount = Decimal::parse(text_at(entry, {value}));
    Tier tier;
    if (!quantity || quantity->is_negative() || !amount || amount->is_negative()) return std::nullopt;
    if (!read_instant(entry, "from", tier.from) || !read_instant(entry, "until", tier.until)) return std::nullopt;
    tier.quantity = *quantity;
    tier.value = *amount;
    tiers.push_back(tier);
  }
  return tiers;
}

}  // namespace

std::optional<std::vector<Tier>> parse_tiers(std::string_view text, std::string_view value) {
  const auto array = parse(text);
  if (!array || !array->is_array()) return std::nullopt;
  return read_array(*array, value);
}

std::optional<TiersDocument> read_tiers(const connector::OutboundItem& item, std::string_view value,
                                        std::string& problem) {
  const bool is_withdrawal = item.document.empty();
  const auto& text = is_withdrawal ? item.acknowledged : item.document;
  const auto from = parse(text);
  TiersDocument document;
  document.is_withdrawal = is_withdrawal;
  if (from) {
    document.sku = text_at(*from, {"sku"});
    document.list = text_at(*from, {"list"});
    document.list_name = text_at(*from, {"list_name"});
    document.currency = text_at(*from, {"currency"});
  }
  if (text.empty()) {
    document.sku = item.label;
    document.list = std::to_string(item.part);
  }
  if (document.sku.empty() || document.list.empty() || document.list.find('/') != std::string::npos) {
    problem = is_withdrawal ? "the record that is to be withdrawn does not say which SKU and price list it is of"
                            : "the document has no SKU or price list: " + quote_and_bound(text, 200);
    return std::nullopt;
  }
  if (is_withdrawal) return document;
  const auto* tiers = find(*from, {"tiers"});
  auto read = tiers && tiers->is_array() ? read_array(*tiers, value) : std::nullopt;
  if (!read || read->empty()) {
    problem = "the document of " + record_of(document) + " has no readable tiers: " + quote_and_bound(text, 200);
    return std::nullopt;
  }
  document.tiers = std::move(*read);
  document.tiers_text = json::serialize(*tiers);
  return document;
}

std::optional<std::int32_t> pieces_from(const Decimal& quantity) {
  auto whole = quantity.rounded(0, Rounding::down);
  if (whole < quantity) whole = *whole.plus(Decimal(1));
  const auto pieces = whole.to_minor_units(0);
  if (!pieces || *pieces > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return static_cast<std::int32_t>(std::max<std::int64_t>(1, *pieces));
}

std::string record_of(const TiersDocument& document) {
  return "SKU " + quote_and_bound(document.sku, 100) + " of price list " + quote_and_bound(document.list, 20) + " (" +
         quote_and_bound(document.list_name, 60) + ")";
}

}  // namespace ferry::vendure
