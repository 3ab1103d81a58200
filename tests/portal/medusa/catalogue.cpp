#include "tests/portal/medusa/catalogue.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "plugin/domain/decimal.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kProducts = "/admin/products/", kBatch = "/variants/batch";
constexpr std::string_view kCost = "erp_cost";  // the connector's default

// Tenths of a cent are the smallest amount of the simulation.
std::string text_of(const json::value& amount) {
  return Decimal::from_minor_units(std::llround(amount.to_number<double>() * 1000), 3)->text();
}

bool is_base(const json::value& price) {
  const auto& rules = price.at("rules").as_object();
  return rules.empty() && price.at("min_quantity").is_null() && price.at("currency_code").as_string() == "eur";
}

json::value store() {
  const json::object currency{{"currency_code", "eur"}, {"is_default", true}};
  return json::object{
      {"stores", json::array{json::object{{"id", "store_1"}, {"supported_currencies", json::array{currency}}}}},
      {"count", 1}};
}

json::value preferences() {
  const json::object preference{{"attribute", "currency_code"}, {"value", "eur"}, {"is_tax_inclusive", false}};
  return json::object{{"price_preferences", json::array{preference}}, {"count", 1}};
}

std::size_t position_in(std::string_view id) { return std::stoull(std::string(id.substr(id.find('_') + 1))) - 1; }

}  // namespace

void Catalogue::add(const std::string& sku) {
  products_.push_back({"Thing " + sku, "", "", "thing-" + sku, true, {sku}});
  variants_.push_back({sku, {}, {}, false, products_.size() - 1, "Thing " + sku});
  // for larger quantities, which nobody may take away
  variants_.back().prices.push_back(json::object{{"id", "price_" + std::to_string(++prices_)},
                                                 {"amount", 1},
                                                 {"currency_code", "eur"},
                                                 {"min_quantity", 1000},
                                                 {"max_quantity", nullptr},
                                                 {"rules", json::object()}});
}

void Catalogue::refuse(const std::string& sku, bool refuses) { find(sku)->refuses_writes = refuses; }

Catalogue::Variant* Catalogue::find(std::string_view sku) {
  const auto found = std::find_if(variants_.begin(), variants_.end(), [&](const auto& one) { return one.sku == sku; });
  return found == variants_.end() ? nullptr : &*found;
}
const Catalogue::Variant* Catalogue::find(std::string_view sku) const {
  return const_cast<Catalogue*>(this)->find(sku);
}

std::optional<json::value> Catalogue::ask(const connector::HttpRequest& request, const Target& target,
                                          std::vector<NowShown>& shown) {
  if (target.path == "/admin/stores") return store();
  if (target.path == "/admin/price-preferences") return preferences();
  if (target.path == "/admin/product-variants") return list(target);
  if (!target.path.starts_with(kProducts) || !target.path.ends_with(kBatch)) return ask_products(request, target, shown);
  const auto product = std::string_view(target.path).substr(kProducts.size());
  return set(product.substr(0, product.size() - kBatch.size()), json::parse(request.body), shown);
}

json::value Catalogue::list(const Target& target) const {
  json::array rows;
  for (const auto& sku : target.all("sku[]")) {
    const auto* variant = find(sku);
    if (!variant) continue;
    const auto number = std::to_string(variant - variants_.data() + 1);
    json::value metadata;
    if (!variant->metadata.empty()) metadata = variant->metadata;
    rows.push_back(json::object{{"id", "variant_" + number},
                                {"sku", sku},
                                {"product_id", "prod_" + std::to_string(variant->product + 1)},
                                {"product", json::object{{"discountable", true}}},
                                {"prices", variant->prices},
                                {"metadata", std::move(metadata)}});
  }
  const auto count = rows.size();
  return json::object{{"variants", std::move(rows)}, {"count", count}};
}

// One transaction.
json::value Catalogue::set(std::string_view product, const json::value& body, std::vector<NowShown>& shown) {
  const auto& updates = body.at("update").as_array();
  for (const auto& change : updates) {
    const auto position = position_in(std::string_view(change.at("id").as_string()));
    if (position >= variants_.size() || variants_[position].product != position_in(product))
      throw Problem{400, "invalid_data", "Cannot update non-existing variants with ids: " + std::string(change.at("id").as_string())};
    if (variants_[position].refuses_writes) throw Problem{400, "invalid_data", "a check constraint was violated"};
  }
  json::array updated;
  for (const auto& change : updates) {
    auto& variant = variants_[position_in(std::string_view(change.at("id").as_string()))];
    if (const auto* prices = change.as_object().if_contains("prices")) {
      set_prices(variant, prices->as_array());
      shown.push_back({Feed::list_price, variant.sku, *price(variant.sku), true});
    }
    if (const auto* metadata = change.as_object().if_contains("metadata")) {
      set_metadata(variant, metadata->as_object());
      shown.push_back({Feed::cost, variant.sku, *cost(variant.sku), true});
    }
    updated.push_back(json::object{{"id", change.at("id")}});
  }
  return json::object{{"created", json::array()}, {"updated", std::move(updated)}, {"deleted", json::object()}};
}

// By key; an empty text takes one away.
void Catalogue::set_metadata(Variant& variant, const json::object& change) {
  for (const auto& [key, value] : change) {
    if (value.is_string() && value.as_string().empty())
      variant.metadata.erase(key);
    else
      variant.metadata[key] = value;
  }
}

// As a whole: what is not given is gone.
void Catalogue::set_prices(Variant& variant, const json::array& prices) {
  variant.prices.clear();
  for (const auto& given : prices) {
    auto price = given.as_object();
    if (!price.contains("id")) price["id"] = "price_" + std::to_string(++prices_);
    for (const char* bound : {"min_quantity", "max_quantity"}) {
      if (!price.contains(bound)) price[bound] = nullptr;
    }
    if (!price.contains("rules")) price["rules"] = json::object();
    variant.prices.push_back(std::move(price));
  }
}

std::vector<std::string> Catalogue::skus() const {
  std::vector<std::string> all;
  for (const auto& variant : variants_) all.push_back(variant.sku);
  return all;
}

std::optional<std::string> Catalogue::price(const std::string& sku) const {
  const auto* variant = find(sku);
  if (!variant) return std::nullopt;
  const auto base = std::find_if(variant->prices.begin(), variant->prices.end(), is_base);
  return base == variant->prices.end() ? "" : text_of(base->at("amount"));
}

std::optional<std::string> Catalogue::cost(const std::string& sku) const {
  const auto* variant = find(sku);
  if (!variant) return std::nullopt;
  const auto* shown = variant->metadata.if_contains(kCost);
  return shown ? std::string(shown->at("amount").as_string()) : std::string();
}

}  // namespace ferry::portal
