#include "connectors/vendure/price_document.h"

namespace ferry::vendure {

std::optional<AmountDocument> read_amount(std::string_view document) {
  boost::system::error_code error;
  const auto value = json::parse({document.data(), document.size()}, error);
  if (error) return std::nullopt;
  AmountDocument amount{std::string(text_at(value, {"sku"})), std::string(text_at(value, {"currency"})),
                        std::string(text_at(value, {"amount"})), std::string(text_at(value, {"tax"}))};
  if (amount.sku.empty() || amount.currency.empty() || amount.amount.empty()) return std::nullopt;
  return amount;
}

ShownAmount shown_price(const json::value& variant, std::string_view currency) {
  const auto* prices = find(variant, {"prices"});
  if (!prices || !prices->is_array()) return {false, {}};
  ShownAmount shown;
  for (const auto& price : prices->get_array()) {
    const auto code = text_at(price, {"currencyCode"});
    const auto units = integer_at(price, {"price"});
    if (code.empty() || !units) return {false, {}};
    if (code == currency) shown.units = units;
  }
  return shown;
}

ShownAmount shown_cost(const json::value& variant, std::string_view field) {
  const auto* value = find(variant, {"customFields", field});
  if (!value) return {false, {}};
  if (value->is_null()) return {};
  const auto units = integer_at(variant, {"customFields", field});
  return {units.has_value(), units};
}

std::string tax_differs(bool portal_includes_tax) {
  return std::string("the portal's channel shows prices ") + (portal_includes_tax ? "with" : "without") +
         " tax, the ERP's list prices hold " + (portal_includes_tax ? "none" : "it") +
         "; set pricesIncludeTax of the portal's channel, or the web shop's prices, so that both agree";
}

}  // namespace ferry::vendure
