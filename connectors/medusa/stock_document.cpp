#include "connectors/medusa/stock_document.h"

#include "connectors/medusa/json.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
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

std::optional<Decimal> quantity_of(std::string_view text, std::string& problem) {
  const auto said = "the quantity " + quote_and_bound(text, 40);
  const auto quantity = Decimal::parse(text);
  if (!quantity) {
    problem = said + " is not a number";
  } else if (quantity->is_negative()) {
    problem = said + " is negative";
  } else if (!number_of(*quantity)) {
    problem = said + " has more digits than Medusa keeps exactly (15)";
  } else {
    return quantity;
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
    const auto quantity = quantity_of(desired->quantity, problem);
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
  } else if (!can_be_asked_for(wanted.sku)) {
    problem = "the SKU " + quote_and_bound(wanted.sku, 100) + " is too long for a request to the portal";
  } else {
    if (known && known->sku == wanted.sku && known->location == wanted.location)
      wanted.last_known = quantity_of(known->quantity, ignored);
    return wanted;
  }
  return std::nullopt;
}

}  // namespace ferry::medusa
