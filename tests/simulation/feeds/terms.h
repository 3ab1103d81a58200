// What the customers of one price list pay. It follows the cost, so that every change of a cost changes the terms too:
// the percentage with or without a quantity break, or the net price.
#pragma once

#include <string>

#include "tests/simulation/feeds/products.h"

namespace ferry::simulation {

class TermsModel : public ProductsModel {
 public:
  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& product = view.erp.products.at(static_cast<std::size_t>(key - 1));
    if (!product.is_known || !product.is_published) return std::nullopt;
    return Wanted{product.sku, R"({"sku":")" + product.sku + R"(","list":"0","list_name":"Dealers",)" + terms(product) +
                                   "}"};
  }

 protected:
  static std::string tier(const std::string& quantity, std::string_view name, const std::string& value) {
    return R"({"quantity":")" + quantity + R"(",")" + std::string(name) + R"(":")" + value +
           R"(","from":null,"until":null})";
  }

 private:
  virtual std::string terms(const Product& product) const = 0;
};

}  // namespace ferry::simulation
