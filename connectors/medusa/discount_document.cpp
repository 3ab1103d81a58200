#include "connectors/medusa/discount_document.h"

#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

struct Read {
  WantedDiscount discount;
  std::string problem;
};

std::string problem_of_tier(const json::value& tier) {
  const auto percent = Decimal::parse(text_at(tier, {"percent"}));
  if (percent && percent->is_negative())
    return "raises the price by " + percent->text().substr(1) +
           " %, which no promotion of Medusa's can; make it a fixed price in the price list";
  return "has a tier without a quantity and a percentage of at least 0, or without a readable window: " +
         quote_and_bound(json::serialize(tier), 200);
}

Read read_document(std::string_view document) {
  Read read;
  boost::system::error_code error;
  const auto value = json::parse({document.data(), document.size()}, error);
  read.discount = {std::string(text_at(value, {"sku"})),
                   std::string(text_at(value, {"list"})),
                   std::string(text_at(value, {"list_name"})),
                   {}};
  const auto& tiers = array_at(value, {"tiers"});
  if (error || read.discount.sku.empty() || read.discount.list.empty() || tiers.empty()) {
    read.problem = "the document has no SKU, price list or tiers: " + quote_and_bound(document, 200);
    return read;
  }
  for (const auto& each : tiers) {
    if (const auto tier = read_tier(each, "percent"))
      read.discount.tiers.push_back(*tier);
    else
      read.problem = name_of(read.discount) + " " + problem_of_tier(each);
  }
  return read;
}

}  // namespace

std::string name_of(const WantedDiscount& wanted) {
  return "the discount of SKU " + quote_and_bound(wanted.sku, 100) + " in price list " +
         quote_and_bound(wanted.list, 40) +
         (wanted.list_name.empty() ? "" : " (" + quote_and_bound(wanted.list_name, 60) + ")");
}

std::optional<WantedDiscount> read_wanted_discount(const connector::OutboundItem& item, std::string& problem) {
  auto read = read_document(item.document.empty() ? item.acknowledged : item.document);
  if (item.document.empty()) {
    if (read.discount.sku.empty() || read.discount.list.empty()) {  // it was never confirmed
      read.discount.sku = item.label;
      read.discount.list = std::to_string(item.part);
    }
    read.discount.tiers.clear();
    read.problem = read.discount.sku.empty() ? "the record has no SKU" : "";
  }
  if (read.problem.empty() && !can_be_asked_for(read.discount.list + read.discount.sku))
    read.problem = name_of(read.discount) + ": that SKU is too long for a request to the portal";
  if (read.problem.empty()) return std::move(read.discount);
  problem = std::move(read.problem);
  return std::nullopt;
}

}  // namespace ferry::medusa
