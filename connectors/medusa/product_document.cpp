#include "connectors/medusa/product_document.h"

#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr std::string_view kMembers[] = {"name", "description", "categories", "images"};

std::vector<std::string> texts_at(const json::value& from, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& each : array_at(from, {name})) {
    if (each.is_string() && !each.get_string().empty()) texts.emplace_back(each.get_string());
  }
  return texts;
}

void read_members(const Settings& settings, const json::value& document, WantedProduct& wanted) {
  wanted.sku = text_at(document, {"sku"});
  wanted.product = text_at(document, {"product"});
  wanted.name = text_at(document, {"name"});
  wanted.description = text_at(document, {"description"});
  wanted.categories = texts_at(document, "categories");
  wanted.images = texts_at(document, "images");
  for (const auto member : kMembers) {
    if (!find(document, {member})) wanted.left_out.insert(member);
  }
  for (const auto& [member, key] : settings.product_keys) {
    if (const auto* value = find(document, {member})) wanted.metadata[key] = *value;
  }
}

void read_known(const json::value& known, WantedProduct& wanted) {
  wanted.known_product = text_at(known, {"product"});
  wanted.known_name = text_at(known, {"name"});
  wanted.known_description = text_at(known, {"description"});
  for (auto& url : texts_at(known, "images")) wanted.known_images.insert(std::move(url));
}

std::string problem_of(const WantedProduct& wanted, const connector::OutboundItem& item) {
  if (wanted.sku.empty() || (!wanted.is_withdrawal && (wanted.product.empty() || (wanted.owns("name") && wanted.name.empty()))))
    return "the product document has no SKU, product or name: " + quote_and_bound(item.document, 200);
  if (!can_be_asked_for(wanted.sku) || !can_be_asked_for(wanted.product))
    return "the SKU " + quote_and_bound(wanted.sku, 60) + " or its product's id has more than 1000 bytes; shorten it";
  return "";
}

}  // namespace

std::optional<WantedProduct> read_product(const Settings& settings, const connector::OutboundItem& item,
                                          std::string& problem) {
  boost::system::error_code error;
  WantedProduct wanted;
  const auto known = json::parse(item.acknowledged.empty() ? "{}" : item.acknowledged, error);
  if (!error) read_known(known, wanted);
  if (item.document.empty()) {
    wanted.is_withdrawal = true;
    if (!error) wanted.sku = text_at(known, {"sku"});
    if (wanted.sku.empty()) wanted.sku = item.label;
  } else {
    const auto document = json::parse(item.document, error);
    if (!error) read_members(settings, document, wanted);
  }
  problem = problem_of(wanted, item);
  if (!problem.empty()) return std::nullopt;
  return wanted;
}

}  // namespace ferry::medusa
