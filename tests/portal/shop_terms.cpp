// What those whom a price list is for pay: promotions for a customer group, and prices in the list's own channel.
#include <algorithm>

#include "plugin/domain/decimal.h"
#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr int kDigits = 2;

std::string id_of(std::size_t position) { return std::to_string(position + 1); }
bool holds(const json::value& list, std::string_view wanted) {
  const auto& texts = list.as_array();
  return std::find(texts.begin(), texts.end(), json::value(wanted)) != texts.end();
}
std::string not_found() { return refusal("No Promotion with that id could be found", "ENTITY_NOT_FOUND"); }
std::string changed(std::string_view mutation, std::size_t position) {
  return data({{mutation, json::object{{"__typename", "Promotion"}, {"id", id_of(position)}}}});
}
// As it is shown: the arguments under their other name.
json::array shown_operations(const json::value& given) {
  json::array shown;
  for (const auto& one : given.as_array())
    shown.push_back(json::object{{"code", one.at("code")}, {"args", one.at("arguments")}});
  return shown;
}
std::string number_and_sku(const std::string& key, std::string_view number) {
  const auto at = key.find('/');
  const auto rest = at == std::string::npos ? std::string() : key.substr(at + 1);
  return rest.starts_with(number) && rest.size() > number.size() ? rest.substr(number.size()) : "";
}

}  // namespace

// ---- promotions -----------------------------------------------------------------------------------------------------

std::string Shop::promotion_key(std::size_t position) const {
  return std::string(promotions_[position].at("customFields").at("erpKey").as_string());
}

std::string Shop::promoted_sku(const std::string& promotion) const {
  const auto position = position_of(json::value(promotion));
  if (position >= promotions_.size()) return "";
  const auto key = promotion_key(position);
  const auto at = key.find('/', key.find('/') + 1);
  return key.substr(at + 1);
}

std::string Shop::discount(const std::string& sku) const {
  for (const auto& promotion : promotions_) {
    const std::string key(promotion.at("customFields").at("erpKey").as_string());
    if (number_and_sku(key, "1/") != sku || !promotion.at("enabled").as_bool()) continue;
    return std::string(promotion.at("actions").at(0).at("args").at(0).at("value").as_string());
  }
  return "";
}

void Shop::promote(const std::string& sku) {
  const auto variant = id_of(by_sku_.at(sku));
  json::array arguments{json::object{{"name", "discount"}, {"value", "25"}},
                        json::object{{"name", "productVariantIds"}, {"value", "[\"" + variant + "\"]"}}};
  promotions_.push_back({{"id", id_of(promotions_.size())},
                         {"name", "Weekend"},
                         {"enabled", true},
                         {"startsAt", nullptr},
                         {"endsAt", nullptr},
                         {"customFields", json::object{{"erpKey", ""}, {"erpTiers", ""}}},
                         {"conditions", json::array()},
                         {"actions", json::array{json::object{{"code", "products_percentage_discount"},
                                                              {"args", std::move(arguments)}}}}});
}

Shop::Json Shop::promotions_of_people() const {
  json::array all;
  for (std::size_t i = 0; i < promotions_.size(); ++i) {
    if (promotion_key(i).empty()) all.push_back(promotions_[i]);
  }
  return all;
}

std::string Shop::tiers(const std::string& sku) const {
  for (const auto& promotion : promotions_) {
    const auto& fields = promotion.at("customFields");
    if (number_and_sku(std::string(fields.at("erpKey").as_string()), "1/") == sku)
      return std::string(fields.at("erpTiers").as_string());
  }
  return "[]";
}

std::string Shop::quantity_discount(const std::string& sku) const {
  for (const auto& promotion : promotions_) {
    const std::string key(promotion.at("customFields").at("erpKey").as_string());
    if (number_and_sku(key, "2/") != sku || !promotion.at("enabled").as_bool()) continue;
    return std::string(promotion.at("actions").at(0).at("args").at(0).at("value").as_string());
  }
  return "";
}

void Shop::on_promotion(std::size_t position) {
  const auto sku = number_and_sku(promotion_key(position), "1/");
  if (keeps_shown_ && !sku.empty()) shown_.push_back({Feed::discount, sku, discount(sku), true});
}

std::string Shop::promotions(const Json& variables, std::size_t& items) const {
  json::array found, variants, groups;
  for (const auto& promotion : promotions_) {
    if (holds(variables.at("keys"), promotion.at("customFields").at("erpKey").as_string())) found.push_back(promotion);
  }
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (holds(variables.at("skus"), variants_[i].sku))
      variants.push_back(json::object{{"id", id_of(i)}, {"sku", variants_[i].sku}});
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (holds(variables.at("groups"), groups_[i]))
      groups.push_back(json::object{{"id", id_of(i)}, {"name", groups_[i]}});
  }
  items = found.size();
  const auto count = found.size(), variant_count = variants.size(), group_count = groups.size();
  return data({{"promotions", json::object{{"totalItems", count}, {"items", std::move(found)}}},
               {"productVariants", json::object{{"totalItems", variant_count}, {"items", std::move(variants)}}},
               {"customerGroups", json::object{{"totalItems", group_count}, {"items", std::move(groups)}}},
               {"activeChannel", json::object{{"defaultLanguageCode", "en"}}}});
}

std::string Shop::promotion_list(const Json& variables, std::size_t& items) const {
  const auto& options = variables.at("options");
  const auto& filter = options.at("filter").as_object();
  std::vector<std::string> parts;
  if (const auto* any = filter.if_contains("_or")) {
    for (const auto& one : any->as_array()) parts.emplace_back(one.at("erpKey").at("contains").as_string());
  } else {
    parts.emplace_back(filter.at("erpKey").at("contains").as_string());
  }
  json::array found;
  for (std::size_t i = 0; i < promotions_.size(); ++i) {
    const auto key = promotion_key(i);
    if (std::none_of(parts.begin(), parts.end(), [&](const auto& part) { return key.find(part) != key.npos; }))
      continue;
    found.push_back(promotions_[i]);
  }
  const auto total = found.size();
  const auto skip = std::min(total, static_cast<std::size_t>(options.at("skip").as_int64()));
  const auto end = std::min(total, skip + static_cast<std::size_t>(options.at("take").as_int64()));
  items = end - skip;
  return data({{"promotions", json::object{{"totalItems", total},
                                           {"items", json::array(found.begin() + static_cast<std::ptrdiff_t>(skip),
                                                                 found.begin() + static_cast<std::ptrdiff_t>(end))}}}});
}

void Shop::fill_promotion(json::object& promotion, const Json& input) {
  for (const auto& given : input.as_object()) {
    if (given.key() == "conditions" || given.key() == "actions")
      promotion[given.key()] = shown_operations(given.value());
    else if (given.key() == "translations")
      promotion["name"] = given.value().at(0).at("name");
    else if (given.key() != "customFields")
      promotion[given.key()] = given.value();
    else
      for (const auto& field : given.value().as_object())
        promotion["customFields"].as_object()[field.key()] = field.value();
  }
}

std::string Shop::create_promotion(const Json& variables) {
  const auto& input = variables.at("input");
  const auto& key = input.at("customFields").at("erpKey");
  for (const auto& other : promotions_) {
    if (other.at("customFields").at("erpKey") == key)
      return refusal(R"(duplicate key value violates unique constraint "UQ_erpKey")", "");
  }
  json::object promotion{{"id", id_of(promotions_.size())}, {"customFields", json::object()}};
  fill_promotion(promotion, input);
  promotions_.push_back(std::move(promotion));
  on_promotion(promotions_.size() - 1);
  return changed("createPromotion", promotions_.size() - 1);
}

std::string Shop::set_promotion(const Json& variables) {
  const auto& input = variables.at("input");
  const auto position = position_of(input.at("id"));
  if (position >= promotions_.size()) return not_found();
  fill_promotion(promotions_[position], input);
  on_promotion(position);
  return changed("updatePromotion", position);
}

// ---- the channel of a price list ------------------------------------------------------------------------------------

std::string Shop::fixed_price(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  if (found == by_sku_.end() || !variants_[found->second].fixed_price) return "";
  return Decimal::from_minor_units(*variants_[found->second].fixed_price, kDigits)->text();
}

std::string Shop::fixed_prices(const Json& variables, std::size_t& items) const {
  json::array page;
  std::size_t total = 0;
  const auto* skus = variables.as_object().if_contains("skus");
  const auto skip = static_cast<std::size_t>(variables.at("skip").as_int64()),
             take = static_cast<std::size_t>(variables.at("take").as_int64());
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    const auto& variant = variants_[i];
    if (!variant.fixed_price || (skus && !holds(*skus, variant.sku))) continue;
    if (total++ < skip || page.size() >= take) continue;
    json::array prices{json::object{{"currencyCode", "EUR"}, {"price", *variant.fixed_price}}};
    page.push_back(json::object{{"id", id_of(i)}, {"sku", variant.sku}, {"prices", std::move(prices)}});
  }
  items = page.size();
  return data({{"productVariants", json::object{{"totalItems", total}, {"items", std::move(page)}}},
               {"activeChannel", json::object{{"id", "2"},
                                              {"pricesIncludeTax", false},
                                              {"defaultCurrencyCode", "EUR"},
                                              {"availableCurrencyCodes", json::array{"EUR"}}}},
               {"globalSettings", json::object{{"serverConfig", json::object{{"moneyStrategyPrecision", kDigits}}}}}});
}

std::string Shop::variant_ids(const Json& variables, std::size_t& items) const {
  json::array found;
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (holds(variables.at("skus"), variants_[i].sku))
      found.push_back(json::object{{"id", id_of(i)}, {"sku", variants_[i].sku}});
  }
  items = found.size();
  const auto count = found.size();
  return data({{"productVariants", json::object{{"totalItems", count}, {"items", std::move(found)}}}});
}

std::string Shop::set_fixed_prices(const Json& variables, std::size_t& items) {
  const auto& input = variables.at("input").as_array();
  json::array done;
  for (const auto& change : input) {  // one transaction
    const auto position = position_of(change.at("id"));
    if (position >= variants_.size() || !variants_[position].fixed_price)
      return refusal("No ProductVariant with that id could be found", "ENTITY_NOT_FOUND");
    if (variants_[position].refuses_writes)
      return refusal("new row for relation \"product_variant_price\" violates check constraint", "");
  }
  for (const auto& change : input) {
    auto& variant = variants_[position_of(change.at("id"))];
    variant.fixed_price = change.at("prices").at(0).at("price").as_int64();
    if (keeps_shown_) shown_.push_back({Feed::fixed_net_price, variant.sku, fixed_price(variant.sku), true});
    done.push_back(json::object{{"id", change.at("id")}});
  }
  items = input.size();
  return data({{"updateProductVariants", std::move(done)}});
}

// One that is added sells at the list price, which is no value of the feed's.
std::string Shop::change_channel(const Json& variables, bool adds) {
  json::array done;
  for (const auto& id : variables.at("variants").as_array()) {
    if (position_of(id) >= variants_.size())
      return refusal("No ProductVariant with that id could be found", "ENTITY_NOT_FOUND");
  }
  for (const auto& id : variables.at("variants").as_array()) {
    auto& variant = variants_[position_of(id)];
    if (adds && !variant.fixed_price) variant.fixed_price = variant.price;
    if (!adds) variant.fixed_price.reset();
    if (!adds && keeps_shown_) shown_.push_back({Feed::fixed_net_price, variant.sku, "", true});
    done.push_back(json::object{{"id", id}});
  }
  const auto* mutation = adds ? "assignProductVariantsToChannel" : "removeProductVariantsFromChannel";
  return data({{mutation, std::move(done)}});
}

}  // namespace ferry::portal
