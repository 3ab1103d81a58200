// The shop's products: what its administrator's catalogue shows, and how it is made.
#include <algorithm>

#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

std::string id_of(std::size_t position) { return std::to_string(position + 1); }
std::string text(const json::value& from, std::string_view name) { return std::string(from.at(name).as_string()); }
std::string not_found(std::string_view entity) {
  return refusal("No " + std::string(entity) + " with that id could be found", "ENTITY_NOT_FOUND");
}

}  // namespace

// ---- queries --------------------------------------------------------------------------------------------------------

json::object Shop::listed_product(std::size_t index) const {
  const auto& product = products_[index];
  json::array groups, siblings;
  for (const auto group : product.groups) {
    json::array options;
    for (std::size_t i = 0; i < options_.size(); ++i) {
      if (options_[i].group == group) options.push_back(json::object{{"id", id_of(i)}, {"code", options_[i].code}});
    }
    groups.push_back(
        json::object{{"id", id_of(group)}, {"code", option_groups_[group].code}, {"options", std::move(options)}});
  }
  for (const auto position : product.variants) {
    const auto& variant = variants_[position];
    json::array options;
    for (const auto option : variant.options) options.push_back(json::object{{"id", id_of(option)}});
    siblings.push_back(json::object{{"id", id_of(position)},
                                    {"sku", variant.sku},
                                    {"enabled", variant.is_enabled},
                                    {"options", std::move(options)}});
  }
  json::value erp_id;
  if (!product.erp_id.empty()) erp_id = product.erp_id;
  return {{"id", id_of(index)},           {"enabled", product.is_enabled},
          {"name", product.name},         {"description", product.description},
          {"customFields", json::object{{"erpId", erp_id}}},
          {"optionGroups", std::move(groups)}, {"variants", std::move(siblings)}};
}

json::object Shop::listed_in_catalogue(std::size_t index) const {
  const auto& variant = variants_[index];
  return {{"id", id_of(index)},
          {"sku", variant.sku},
          {"enabled", variant.is_enabled},
          {"name", variant.name},
          {"prices", json::array{json::object{{"price", variant.price}}}},
          {"product", listed_product(variant.product)}};
}

std::string Shop::catalogue(const Json& variables, std::size_t& items) const {
  json::array variants, products;
  for (const auto& sku : variables.at("skus").as_array()) {
    const auto found = by_sku_.find(std::string(sku.as_string()));
    if (found != by_sku_.end()) variants.push_back(listed_in_catalogue(found->second));
  }
  const auto& wanted = variables.at("products").as_array();
  for (std::size_t i = 0; i < products_.size(); ++i) {
    const auto& erp_id = products_[i].erp_id;
    if (!erp_id.empty() && std::find(wanted.begin(), wanted.end(), json::value(erp_id)) != wanted.end())
      products.push_back(listed_product(i));
  }
  items = variants.size();
  const auto variant_count = variants.size(), product_count = products.size();
  return data({{"productVariants", json::object{{"totalItems", variant_count}, {"items", std::move(variants)}}},
               {"products", json::object{{"totalItems", product_count}, {"items", std::move(products)}}},
               {"activeChannel", json::object{{"defaultLanguageCode", "en"}}}});
}

std::string Shop::catalogue_list(const Json& variables, std::size_t& items) const {
  json::array page;
  const auto skip = static_cast<std::size_t>(variables.at("skip").as_int64()),
             take = static_cast<std::size_t>(variables.at("take").as_int64());
  for (std::size_t i = skip; i < variants_.size() && i - skip < take; ++i) page.push_back(listed_in_catalogue(i));
  items = page.size();
  return data({{"productVariants", json::object{{"totalItems", variants_.size()}, {"items", std::move(page)}}}});
}

// ---- writes ---------------------------------------------------------------------------------------------------------

std::string Shop::create_product(const Json& variables) {
  const auto& input = variables.at("input");
  const auto erp_id = text(input.at("customFields"), "erpId");
  const bool is_taken = std::any_of(products_.begin(), products_.end(),
                                    [&](const Product& product) { return product.erp_id == erp_id; });
  if (is_taken) return refusal(R"(duplicate key value violates unique constraint "UQ_erpId")", "");
  const auto& texts = input.at("translations").at(0);
  products_.push_back({erp_id, text(texts, "name"), text(texts, "description"), input.at("enabled").as_bool(), {}, {}});
  return data({{"createProduct", json::object{{"id", id_of(products_.size() - 1)}}}});
}

std::string Shop::set_product(const Json& variables) {
  const auto& input = variables.at("input").as_object();
  const auto position = position_of(input.at("id"));
  if (position >= products_.size()) return not_found("Product");
  auto& product = products_[position];
  if (const auto* fields = input.if_contains("customFields")) {
    const auto& given = fields->at("erpId");
    const auto erp_id = given.is_null() ? std::string() : std::string(given.as_string());
    for (const auto& other : products_) {
      if (&other != &product && !erp_id.empty() && other.erp_id == erp_id)
        return refusal(R"(duplicate key value violates unique constraint "UQ_erpId")", "");
    }
    product.erp_id = erp_id;
  }
  if (const auto* enabled = input.if_contains("enabled")) product.is_enabled = enabled->as_bool();
  if (const auto* texts = input.if_contains("translations")) {
    const auto& given = texts->at(0).as_object();  // what is left out stays
    if (const auto* name = given.if_contains("name")) product.name = name->as_string();
    if (const auto* description = given.if_contains("description")) product.description = description->as_string();
  }
  return data({{"updateProduct", json::object{{"id", input.at("id")}}}});
}

// Empty: a variant of the product may have them.
std::string Shop::options_problem(const Product& product, const std::vector<std::size_t>& options) const {
  bool is_fit = options.size() == product.groups.size();
  for (const auto group : product.groups) {
    is_fit = is_fit && std::any_of(options.begin(), options.end(), [&](std::size_t option) {
               return option < options_.size() && options_[option].group == group;
             });
  }
  if (is_fit) return "";
  std::string codes;
  for (const auto group : product.groups) codes += (codes.empty() ? "" : ", ") + option_groups_[group].code;
  return refusal("ProductVariant optionIds must include one optionId from each of the groups: " + codes,
                 "USER_INPUT_ERROR");
}

// A combination of options is there once; a product without options has one variant.
std::string Shop::create_variants(const Json& variables) {
  const auto& input = variables.at("input").at(0);
  const auto position = position_of(input.at("productId"));
  if (position >= products_.size()) return not_found("Product");
  auto& product = products_[position];
  Variant variant;
  variant.sku = text(input, "sku");
  variant.name = text(input.at("translations").at(0), "name");
  variant.is_enabled = input.at("enabled").as_bool();
  variant.product = position;
  for (const auto& id : input.at("optionIds").as_array()) variant.options.push_back(position_of(id));
  if (auto problem = options_problem(product, variant.options); !problem.empty()) return problem;
  for (const auto sibling : product.variants) {
    if (variants_[sibling].options == variant.options)
      return refusal("A ProductVariant with the selected options already exists: " + variants_[sibling].name,
                     "USER_INPUT_ERROR");
  }
  by_sku_.emplace(variant.sku, variants_.size());
  product.variants.push_back(variants_.size());
  variants_.push_back(std::move(variant));
  return data({{"createProductVariants", json::array{json::object{{"id", id_of(variants_.size() - 1)}}}}});
}

std::string Shop::create_option_group(const Json& variables) {
  const auto& input = variables.at("input");
  for (const auto& option : input.at("options").as_array())
    options_.push_back({option_groups_.size(), text(option, "code")});
  option_groups_.push_back({text(input, "code")});
  return data({{"createProductOptionGroup", json::object{{"id", id_of(option_groups_.size() - 1)}}}});
}

std::string Shop::add_option_group(const Json& variables) {
  const auto position = position_of(variables.at("product")), group = position_of(variables.at("created"));
  if (position >= products_.size()) return not_found("Product");
  auto& groups = products_[position].groups;
  if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  return data({{"addOptionGroupToProduct", json::object{{"id", variables.at("product")}}}});
}

std::string Shop::remove_option_group(const Json& variables) {
  const auto position = position_of(variables.at("product"));
  if (position >= products_.size()) return not_found("Product");
  auto& product = products_[position];
  const auto group = position_of(variables.at("group"));
  const bool is_used = std::any_of(product.variants.begin(), product.variants.end(), [&](std::size_t variant) {
    const auto& options = variants_[variant].options;
    return std::any_of(options.begin(), options.end(),
                       [&](std::size_t option) { return options_[option].group == group; });
  });
  if (is_used)
    return data({{"removeOptionGroupFromProduct", json::object{{"__typename", "ProductOptionInUseError"}}}});
  if (std::erase(product.groups, group) == 0) return not_found("ProductOptionGroup");
  return data({{"removeOptionGroupFromProduct", json::object{{"__typename", "Product"}}}});
}

std::string Shop::create_option(const Json& variables) {
  const auto& input = variables.at("input");
  options_.push_back({position_of(input.at("productOptionGroupId")), text(input, "code")});
  return data({{"createProductOption", json::object{{"id", id_of(options_.size() - 1)}}}});
}

}  // namespace ferry::portal
