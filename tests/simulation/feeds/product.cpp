// Published products with their names, as sql/profiles/tryton-6.0/product.sql finds them.
#include "tests/simulation/feeds/products.h"

namespace ferry::simulation {
namespace {

class ProductModel final : public ProductsModel {
 public:
  Feed feed() const override { return Feed::product; }

  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& product = view.erp.products.at(static_cast<std::size_t>(key - 1));
    if (!product.is_known || !product.is_published) return std::nullopt;
    return Wanted{product.sku, R"({"sku":")" + product.sku + R"(","product":")" +
                                   std::to_string(product.template_key) + R"(","name":"Item )" +
                                   std::to_string(product.key) + " v" + std::to_string(product.name_version) +
                                   R"(","description":"","unit":"u","digits":0,"categories":[],)"
                                   R"("attributes":{},"images":[]})"};
  }
};

}  // namespace

const FeedModel& feed_model_product();
const FeedModel& feed_model_product() {
  static const ProductModel model;
  return model;
}

}  // namespace ferry::simulation
