#include "connectors/medusa/price_terms.h"

#include <algorithm>

#include "plugin/domain/text.h"

namespace ferry::medusa {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

void PriceTerms::add_store(const json::value& body) {
  for (const auto& store : array_at(body, {"stores"})) {
    for (const auto& entry : array_at(store, {"supported_currencies"})) {
      auto code = upper(text_at(entry, {"currency_code"}));
      is_readable_ = is_readable_ && !code.empty();
      const auto* is_default = find(entry, {"is_default"});
      if (is_default && is_default->is_bool() && is_default->get_bool()) default_currency_ = code;
      currencies_.insert(std::move(code));
    }
  }
  is_readable_ = is_readable_ && !currencies_.empty();
}

void PriceTerms::add_preferences(const json::value& body) {
  for (const auto& preference : array_at(body, {"price_preferences"})) {
    if (text_at(preference, {"attribute"}) == "region_id") continue;
    const auto* includes = find(preference, {"is_tax_inclusive"});
    const auto currency = upper(text_at(preference, {"value"}));
    is_readable_ = is_readable_ && includes && includes->is_bool() && !currency.empty();
    if (is_readable_) includes_tax_[currency] = includes->get_bool();
  }
}

std::string PriceTerms::tax(std::string_view currency) const {
  const auto found = includes_tax_.find(currency);
  return found != includes_tax_.end() && found->second ? "included" : "excluded";
}

std::string PriceTerms::objection(std::string_view currency) const {
  if (currencies_.contains(currency)) return "";
  return "the portal's store does not sell in " + quote_and_bound(currency, 20) + "; add the currency to the store";
}

std::string PriceTerms::objection(std::string_view currency, std::string_view given_tax) const {
  if (auto why = objection(currency); !why.empty() || given_tax == tax(currency)) return why;
  return "the ERP's list prices have tax " + quote_and_bound(given_tax, 20) + ", the portal's in " +
         std::string(currency) + " " + tax(currency) +
         "; correct the setting price_tax or the store's tax-inclusive pricing";
}

std::string PriceTerms::objection_to_net(std::string_view currency) const {
  if (auto why = objection(currency); !why.empty() || tax(currency) == "excluded") return why;
  return "the prices of customers are without tax, the portal's in " + std::string(currency) +
         " include it; switch off the store's tax-inclusive pricing for that currency";
}

}  // namespace ferry::medusa
