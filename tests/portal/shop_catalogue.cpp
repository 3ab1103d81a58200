// The shop's variants: their stock, price and cost.
#include <algorithm>

#include "plugin/domain/decimal.h"
#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr int kDigits = 2;

std::string major(std::int64_t units) { return Decimal::from_minor_units(units, kDigits)->text(); }

}  // namespace

void Shop::add_variant(const std::string& sku, std::int64_t on_hand) {
  by_sku_.emplace(sku, variants_.size());
  Variant variant;
  variant.sku = sku;
  variant.on_hand = on_hand;
  variant.name = sku;
  variant.product = products_.size();
  products_.push_back({"", sku, "", true, {variants_.size()}, {}});
  variants_.push_back(std::move(variant));
}

void Shop::set_on_hand(Variant& variant, std::int64_t on_hand, bool is_by_request) {
  variant.on_hand = on_hand;
  if (keeps_shown_) shown_.push_back({Feed::stock, variant.sku, std::to_string(on_hand), is_by_request});
}

std::string Shop::sku_of(const std::string& variant) const {
  const auto position = position_of(json::value(variant));
  return position < variants_.size() ? variants_[position].sku : "";
}

void Shop::refuse_writes_of(const std::string& sku, bool refuses) {
  const auto found = by_sku_.find(sku);
  if (found != by_sku_.end()) variants_[found->second].refuses_writes = refuses;
}

std::size_t Shop::variant_index(const std::string& sku) {
  const auto found = by_sku_.find(sku);
  if (found != by_sku_.end()) return found->second;
  if (!knows_every_sku_) return std::string::npos;
  add_variant(sku, 0);
  return variants_.size() - 1;
}

std::int64_t Shop::on_hand(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  return found == by_sku_.end() ? 0 : variants_[found->second].on_hand;
}

std::int64_t Shop::saleable(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  return found == by_sku_.end() ? 0 : variants_[found->second].on_hand - variants_[found->second].allocated;
}

std::string Shop::price(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  return found == by_sku_.end() ? "" : major(variants_[found->second].price);
}

std::string Shop::cost(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  if (found == by_sku_.end() || !variants_[found->second].cost) return "";
  return major(*variants_[found->second].cost);
}

std::string Shop::name(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  if (found == by_sku_.end() || !variants_[found->second].is_enabled) return "";
  return variants_[found->second].name;
}

// ---- queries --------------------------------------------------------------------------------------------------------

json::object Shop::listed(std::string_view asks, std::size_t index) const {
  const auto& variant = variants_[index];
  json::object item{{"id", std::to_string(index + 1)}, {"sku", variant.sku}};
  if (asks == "FerryPrice") {
    item["prices"] = json::array{json::object{{"currencyCode", "EUR"}, {"price", variant.price}}};
  } else if (asks == "FerryCost") {
    item["customFields"] = json::object{{"costPrice", variant.cost ? json::value(*variant.cost) : json::value()}};
  } else {
    item["stockLevels"] = json::array{json::object{{"stockLocationId", "1"}, {"stockOnHand", variant.on_hand}}};
  }
  return item;
}

std::string Shop::variant_page(std::string_view asks, const std::vector<std::size_t>& chosen, const Json& variables,
                               std::size_t& items) const {
  json::array page;
  const auto skip = static_cast<std::size_t>(variables.at("skip").as_int64()),
             take = static_cast<std::size_t>(variables.at("take").as_int64());
  for (std::size_t i = skip; i < chosen.size() && i - skip < take; ++i) page.push_back(listed(asks, chosen[i]));
  items = page.size();
  json::object answer{
      {"productVariants", json::object{{"totalItems", chosen.size()}, {"items", std::move(page)}}}};
  if (asks == "FerryVariant") {
    answer["stockLocations"] =
        json::object{{"items", json::array{json::object{{"id", "1"}, {"name", "Default Stock Location"}}}}};
  } else {
    answer["activeChannel"] = json::object{
        {"pricesIncludeTax", false}, {"defaultCurrencyCode", "EUR"}, {"availableCurrencyCodes", json::array{"EUR"}}};
    answer["globalSettings"] = json::object{{"serverConfig", json::object{{"moneyStrategyPrecision", kDigits}}}};
  }
  return data(std::move(answer));
}

std::string Shop::variants(std::string_view asks, const Json& variables, std::size_t& items) {
  std::vector<std::size_t> chosen;
  for (const auto& sku : variables.at("skus").as_array()) {
    const auto index = variant_index(std::string(sku.as_string()));
    if (index != std::string::npos) chosen.push_back(index);
  }
  std::sort(chosen.begin(), chosen.end());  // by id, as asked
  return variant_page(asks, chosen, variables, items);
}

std::string Shop::variant_list(std::string_view asks, const Json& variables, std::size_t& items) const {
  std::vector<std::size_t> all(variants_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return variant_page(asks, all, variables, items);
}

// ---- writes ---------------------------------------------------------------------------------------------------------

std::string Shop::set_variants(const Json& variables, std::size_t& items) {
  const auto& input = variables.at("input").as_array();
  for (const auto& change : input) {  // one transaction: nothing is written when one is refused
    if (position_of(change.at("id")) >= variants_.size())
      return refusal(
          "No ProductVariant with the id \"" + std::string(change.at("id").as_string()) + "\" could be found",
          "ENTITY_NOT_FOUND");
    if (variants_[position_of(change.at("id"))].refuses_writes)
      return refusal("new row for relation \"stock_level\" violates check constraint \"CHK_on_hand\"", "");
    const auto* ids = change.as_object().if_contains("optionIds");
    if (!ids) continue;
    std::vector<std::size_t> options;
    for (const auto& id : ids->as_array()) options.push_back(position_of(id));
    const auto& product = products_[variants_[position_of(change.at("id"))].product];
    if (auto problem = options_problem(product, options); !problem.empty()) return problem;
  }
  json::array done;
  for (const auto& change : input) {
    set_variant(variants_[position_of(change.at("id"))], change);
    done.push_back(json::object{{"id", change.at("id")}});
  }
  items = input.size();
  return data({{"updateProductVariants", std::move(done)}});
}

void Shop::set_variant(Variant& variant, const Json& change) {
  const auto& given = change.as_object();
  if (const auto* levels = given.if_contains("stockLevels"))
    set_on_hand(variant, levels->at(0).at("stockOnHand").as_int64(), true);
  if (const auto* prices = given.if_contains("prices")) {
    variant.price = prices->at(0).at("price").as_int64();
    if (keeps_shown_) shown_.push_back({Feed::list_price, variant.sku, price(variant.sku), true});
  }
  const auto name_before = name(variant.sku);
  if (const auto* enabled = given.if_contains("enabled")) variant.is_enabled = enabled->as_bool();
  if (const auto* texts = given.if_contains("translations")) variant.name = texts->at(0).at("name").as_string();
  if (keeps_shown_ && name(variant.sku) != name_before)
    shown_.push_back({Feed::product, variant.sku, name(variant.sku), true});
  if (const auto* options = given.if_contains("optionIds")) {
    variant.options.clear();
    for (const auto& id : options->as_array()) variant.options.push_back(position_of(id));
  }
  if (const auto* fields = given.if_contains("customFields")) {
    const auto& cost_price = fields->at("costPrice");
    variant.cost = cost_price.is_null() ? std::nullopt : std::optional(cost_price.as_int64());
    if (keeps_shown_) shown_.push_back({Feed::cost, variant.sku, cost(variant.sku), true});
  }
}

}  // namespace ferry::portal
