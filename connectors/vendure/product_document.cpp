#include "connectors/vendure/product_document.h"

#include "connectors/vendure/json.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {

std::optional<WantedProduct> read_product(const Settings& settings, const connector::OutboundItem& item,
                                          std::string& problem) {
  boost::system::error_code error;
  WantedProduct wanted;
  if (item.document.empty()) {
    const auto known = json::parse(item.acknowledged, error);
    if (!error) {
      wanted.sku = text_at(known, {"sku"});
      wanted.product = text_at(known, {"product"});
    }
    if (wanted.sku.empty()) wanted.sku = item.label;
    wanted.is_withdrawal = true;
    if (!wanted.sku.empty()) return wanted;
    problem = "the record has no SKU";
    return std::nullopt;
  }
  const auto document = json::parse(item.document, error);
  if (!error) {
    wanted.sku = text_at(document, {"sku"});
    wanted.product = text_at(document, {"product"});
    wanted.name = text_at(document, {"name"});
    wanted.description = text_at(document, {"description"});
    for (const std::string_view member : {"name", "description"}) {
      if (!find(document, {member})) wanted.left_out.insert(member);
    }
  }
  if (wanted.sku.empty() || wanted.product.empty() || (wanted.owns("name") && wanted.name.empty())) {
    problem = "the product document has no SKU, product or name: " + quote_and_bound(item.document, 200);
    return std::nullopt;
  }
  for (const auto& [member, field] : settings.product_fields) {
    const auto* value = find(document, {member});
    if (value) wanted.fields[field] = value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
  }
  return wanted;
}

}  // namespace ferry::vendure
