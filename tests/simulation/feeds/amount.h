// What list prices and costs have in common: an amount of each product, which a bad record gives in tenths of a cent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/domain/decimal.h"
#include "tests/simulation/feeds/products.h"

namespace ferry::simulation {

// In tenths of a cent; none: the document has no amount.
inline std::optional<std::int64_t> amount_in(std::string_view document) {
  constexpr std::string_view kName = "\"amount\":\"";
  const auto at = document.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  const auto text = document.substr(at + kName.size());
  const auto amount = Decimal::parse(text.substr(0, text.find('"')));
  return amount ? amount->to_minor_units(3) : std::nullopt;
}

class AmountModel : public ProductsModel {
 public:
  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& product = view.erp.products.at(static_cast<std::size_t>(key - 1));
    if (!product.is_known) return std::nullopt;
    const auto units = cents(view, product);
    const auto amount = product.has_half_a_piece ? Decimal::from_minor_units(10 * units + 5, 3)
                                                 : Decimal::from_minor_units(units, 2);
    return Wanted{product.sku, R"({"sku":")" + product.sku + R"(","currency":"EUR","amount":")" + amount->text() +
                                   "\"" + rest() + "}"};
  }

 private:
  virtual std::int64_t cents(const View& view, const Product& product) const = 0;
  virtual std::string rest() const { return ""; }  // of the document, behind the amount
};

}  // namespace ferry::simulation
