#include "connectors/vendure/stock_document.h"

#include <limits>

#include "connectors/vendure/json.h"
#include "plugin/domain/decimal.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

struct StockDocument {
  std::string sku, location;
  std::string quantity;
};

std::optional<StockDocument> parse(std::string_view document) {
  boost::system::error_code error;
  const auto value = json::parse({document.data(), document.size()}, error);
  if (error) return std::nullopt;
  StockDocument stock{std::string(text_at(value, {"sku"})), std::string(text_at(value, {"location"})),
                      std::string(text_at(value, {"quantity"}))};
  if (stock.sku.empty() || stock.quantity.empty()) return std::nullopt;
  return stock;
}

// Vendure accepts negative stock without complaint and refuses fractions and more than 32 bits for the whole batch.
std::optional<std::int32_t> pieces(std::string_view text, std::string& problem) {
  const auto said = "the quantity " + quote_and_bound(text, 40);
  const auto quantity = Decimal::parse(text);
  const auto units = quantity ? quantity->to_minor_units(0) : std::nullopt;
  if (!quantity) {
    problem = said + " is not a number";
  } else if (!units) {
    problem = said + " is not a whole number of pieces; Vendure counts stock in pieces";
  } else if (*units < 0) {
    problem = said + " is negative";
  } else if (*units > std::numeric_limits<std::int32_t>::max()) {
    problem = said + " is more than Vendure can hold (2147483647)";
  } else {
    return static_cast<std::int32_t>(*units);
  }
  return std::nullopt;
}

}  // namespace

std::optional<WantedStock> read_wanted(const connector::OutboundItem& item, std::string& problem) {
  const auto known = parse(item.acknowledged);
  WantedStock wanted;
  std::string ignored;
  if (item.document.empty()) {
    wanted.is_withdrawal = true;
    wanted.sku = known ? known->sku : item.label;
    wanted.location = known ? known->location : "";
  } else if (const auto desired = parse(item.document)) {
    const auto quantity = pieces(desired->quantity, problem);
    if (!quantity) return std::nullopt;
    wanted.sku = desired->sku;
    wanted.location = desired->location;
    wanted.quantity = *quantity;
  } else {
    problem = "the stock document has no SKU or quantity: " + quote_and_bound(item.document, 200);
    return std::nullopt;
  }
  if (wanted.sku.empty()) {
    problem = "the record has no SKU";
    return std::nullopt;
  }
  if (known && known->sku == wanted.sku && known->location == wanted.location)
    wanted.last_known = pieces(known->quantity, ignored);
  return wanted;
}

std::optional<std::map<std::string, std::int64_t>> stock_levels(const json::value& variant) {
  std::map<std::string, std::int64_t> levels;
  for (const auto& level : array_at(variant, {"stockLevels"})) {
    const auto location = id_at(level, {"stockLocationId"});
    const auto on_hand = integer_at(level, {"stockOnHand"});
    if (location.empty() || !on_hand) return std::nullopt;
    levels[location] = *on_hand;
  }
  return levels;
}

}  // namespace ferry::vendure
