#include "connectors/vendure/product.h"

#include <algorithm>
#include <map>
#include <set>

#include "connectors/vendure/product_document.h"
#include "connectors/vendure/product_step.h"

namespace ferry::vendure {
namespace {

using namespace connector;


class ProductPush final : public StepwisePush {
 public:
  ProductPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items, {"productVariants", "products"},
                     "another product, perhaps a deleted one, has the ERP's id") {
    const auto fields = catalogue_fields(settings, problem_);
    if (problem_.empty()) look_ = catalogue_query(fields);
  }

 private:
  std::string read(std::size_t index) override {
    auto problem = problem_;
    auto wanted = problem.empty() ? read_product(settings_, item(index), problem) : std::nullopt;
    if (!wanted) return problem;
    wanted_[index] = std::move(*wanted);
    return "";
  }
  HttpRequest look_at(std::span<const std::size_t> indices) const override;
  NextStep next_step(std::size_t index, const json::value& data) const override {
    return next_product_step(settings_, wanted_.at(index), data);
  }
  std::string place_of(std::size_t index) const override { return wanted_.at(index).product; }
  void arrange(std::vector<std::size_t>& indices, const json::value& data) const override;

  std::string problem_;  // with the settings
  std::string look_;
  std::map<std::size_t, WantedProduct> wanted_;  // by index
};

HttpRequest ProductPush::look_at(std::span<const std::size_t> indices) const {
  std::set<std::string_view> skus, products;
  for (const auto index : indices) {
    const auto& wanted = wanted_.at(index);
    skus.insert(wanted.sku);
    if (!wanted.product.empty()) products.insert(wanted.product);
  }
  return graphql(settings_, Kind::query, look_,
                 {{"skus", json::array(skus.begin(), skus.end())},
                  {"products", json::array(products.begin(), products.end())},
                  {"take", kMostListed}});
}

// What a person made for one variant becomes the product of the others, and not the other way round.
void ProductPush::arrange(std::vector<std::size_t>& indices, const json::value& data) const {
  const auto& variants = array_at(data, {"productVariants", "items"});
  std::stable_partition(indices.begin(), indices.end(), [&](std::size_t index) {
    return std::any_of(variants.begin(), variants.end(),
                       [&](const auto& variant) { return text_at(variant, {"sku"}) == wanted_.at(index).sku; });
  });
}

}  // namespace

std::unique_ptr<Exchange> make_product_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<ProductPush>(settings, items);
}

CatalogueFields catalogue_fields(const Settings& settings, std::string& problem) {
  CatalogueFields fields{settings.product_id_field, {}};
  if (!is_field_name(fields.product_id)) problem = "setting product_id_field is not the name of a custom field";
  for (const auto& [member, field] : settings.product_fields) {
    if (!is_field_name(field)) problem = "setting product_fields names something that is no custom field";
    fields.variants.push_back(field);
  }
  std::sort(fields.variants.begin(), fields.variants.end());
  fields.variants.erase(std::unique(fields.variants.begin(), fields.variants.end()), fields.variants.end());
  return fields;
}

}  // namespace ferry::vendure
