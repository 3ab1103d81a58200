#include "connectors/medusa/price_view.h"

#include <utility>

#include "connectors/medusa/price_terms.h"

namespace ferry::medusa {
namespace {

bool is_none(const json::value* value) noexcept { return !value || value->is_null(); }

// For everybody, from one piece on.
bool is_base(const json::value& price) noexcept {
  const auto* rules = find(price, {"rules"});
  const bool has_rules = rules && rules->is_object() && !rules->get_object().empty();
  return !has_rules && is_none(find(price, {"min_quantity"})) && is_none(find(price, {"max_quantity"}));
}

bool is_of(const json::value& price, std::string_view currency) {
  return upper(text_at(price, {"currency_code"})) == currency;
}

bool is_readable(const json::value& price) {
  const auto* rules = find(price, {"rules"});
  return !id_at(price, {"id"}).empty() && !text_at(price, {"currency_code"}).empty() && number_at(price, {"amount"}) &&
         rules && rules->is_object();
}

}  // namespace

std::optional<Amount> read_amount(std::string_view document) {
  boost::system::error_code error;
  const auto value = json::parse({document.data(), document.size()}, error);
  if (error) return std::nullopt;
  Amount amount{std::string(text_at(value, {"sku"})), std::string(text_at(value, {"currency"})),
                Decimal::parse(text_at(value, {"amount"})), std::string(text_at(value, {"tax"}))};
  if (amount.sku.empty() || amount.currency.empty() || !amount.amount) return std::nullopt;
  return amount;
}

ShownAmount shown_price(const json::value& variant, std::string_view currency) {
  const auto* prices = find(variant, {"prices"});
  ShownAmount shown{prices && prices->is_array(), std::nullopt, std::string(currency)};
  for (const auto& price : array_at(variant, {"prices"})) {
    shown.is_readable = shown.is_readable && is_readable(price);
    if (!shown.amount && is_base(price) && is_of(price, currency)) shown.amount = number_at(price, {"amount"});
  }
  return shown;
}

ShownAmount shown_cost(const json::value& variant, std::string_view key) {
  const auto* metadata = find(variant, {"metadata"});
  ShownAmount shown{metadata && (metadata->is_null() || metadata->is_object()), std::nullopt, ""};
  if (is_none(find(variant, {"metadata", key}))) return shown;
  shown.amount = Decimal::parse(text_at(variant, {"metadata", key, "amount"}));
  shown.currency = text_at(variant, {"metadata", key, "currency"});
  return shown;
}

json::object price_change(const json::value& variant, const Amount& wanted) {
  json::array prices;
  bool is_set = false;
  for (const auto& price : array_at(variant, {"prices"})) {
    const bool is_ours = is_base(price) && is_of(price, wanted.currency);
    if (is_ours && std::exchange(is_set, true)) continue;  // one of two equal ones is no price
    json::object kept{{"id", id_at(price, {"id"})},
                      {"currency_code", text_at(price, {"currency_code"})},
                      {"amount", is_ours ? *number_of(*wanted.amount) : *find(price, {"amount"})}};
    for (const char* name : {"min_quantity", "max_quantity"}) {
      if (const auto* bound = find(price, {name}); !is_none(bound)) kept[name] = *bound;
    }
    if (const auto& rules = find(price, {"rules"})->get_object(); !rules.empty()) kept["rules"] = rules;
    prices.push_back(std::move(kept));
  }
  if (!is_set)
    prices.push_back(json::object{{"currency_code", lower(wanted.currency)}, {"amount", *number_of(*wanted.amount)}});
  return {{"prices", std::move(prices)}};
}

json::object cost_change(std::string_view key, const Amount& wanted) {
  json::value cost = "";  // takes the key away
  if (wanted.amount) cost = json::object{{"amount", wanted.amount->text()}, {"currency", wanted.currency}};
  return {{"metadata", json::object{{key, std::move(cost)}}}};
}

void VariantView::add(const json::value& body) {
  for (const auto& variant : array_at(body, {"variants"})) {
    const std::string sku(text_at(variant, {"sku"}));
    has_all_ = has_all_ && !sku.empty() && !id_at(variant, {"id"}).empty() && !id_at(variant, {"product_id"}).empty();
    if (has_all_) variants_.emplace(sku, variant);  // Medusa allows one of each
  }
}

const json::value* VariantView::variant(std::string_view sku) const noexcept {
  const auto found = variants_.find(sku);
  return found == variants_.end() ? nullptr : &found->second;
}

}  // namespace ferry::medusa
