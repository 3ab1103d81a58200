// The simulated Medusa's products, as the product feed makes and changes them.
#include <algorithm>
#include <utility>

#include "tests/portal/medusa/catalogue.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kProducts = "/admin/products";
constexpr std::string_view kWithdrawn = "erp_withdrawn";

std::string text(const json::value& from, std::string_view name) {
  const auto* value = from.as_object().if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool has(const std::vector<std::string>& wanted, const std::string& value) {
  return !value.empty() && std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

json::value listed(std::string_view name, json::array rows) {
  const auto count = rows.size();
  return json::object{{name, std::move(rows)}, {"count", count}};
}

std::size_t position_in(std::string_view id) { return std::stoull(std::string(id.substr(id.find('_') + 1))) - 1; }

[[noreturn]] void refuse_it(const std::string& message) { throw Problem{400, "invalid_data", message}; }

}  // namespace

std::optional<json::value> Catalogue::ask_products(const connector::HttpRequest& request, const Target& target,
                                                   std::vector<NowShown>& shown) {
  if (target.path == "/admin/shipping-profiles")
    return listed("shipping_profiles", {json::object{{"id", "sp_1"}, {"type", "default"}}});
  if (target.path == "/admin/product-categories")
    return request.method == "GET" ? listed("product_categories", categories_) : create_category(json::parse(request.body));
  if (target.path != kProducts && !target.path.starts_with(std::string(kProducts) + "/")) return std::nullopt;
  if (request.method == "GET") return list_products(target);
  const auto body = json::parse(request.body);
  std::size_t product = products_.size();
  if (target.path == kProducts) {
    create_product(body, shown);
  } else {
    const auto rest = target.path.substr(kProducts.size() + 1);
    product = position_in(rest.substr(0, rest.find('/')));
    if (product >= products_.size()) throw Problem{404, "not_found", "Product with id not found"};
    const auto part = rest.find('/') == std::string::npos ? std::string() : rest.substr(rest.find('/'));
    if (part == "/variants")
      create_variant(product, body, shown);
    else if (part.starts_with("/variants/"))
      set_variant(product, position_in(part.substr(10)), body, shown);
    else if (part == "/options/batch")
      products_[product].values.push_back(text(body.at("update").at(0).at("add").at(0), "value"));
    else
      set_product(product, body, shown);
  }
  return json::object{{"product", shown_product(product)}};
}

json::value Catalogue::list_products(const Target& target) const {
  const auto skus = target.all("variants[sku][]"), templates = target.all("external_id[]");
  json::array rows;
  for (std::size_t product = 0; product < products_.size(); ++product) {
    const bool has_sku = std::any_of(variants_.begin(), variants_.end(), [&](const auto& variant) {
      return variant.product == product && has(skus, variant.sku);
    });
    if (has_sku || has(templates, products_[product].external_id)) rows.push_back(shown_product(product));
  }
  return listed("products", std::move(rows));
}

json::value Catalogue::shown_product(std::size_t position) const {
  const auto& product = products_[position];
  json::array values, variants;
  for (const auto& value : product.values) values.push_back(json::object{{"value", value}});
  for (const auto& variant : variants_) {
    if (variant.product != position) continue;
    variants.push_back(json::object{{"id", "variant_" + std::to_string(&variant - variants_.data() + 1)},
                                    {"sku", variant.sku},
                                    {"title", variant.title},
                                    {"metadata", variant.metadata}});
  }
  json::value external_id;
  if (!product.external_id.empty()) external_id = product.external_id;
  const json::object option{{"id", "opt_" + std::to_string(position + 1)}, {"title", "Variant"}, {"values", values}};
  return json::object{{"id", "prod_" + std::to_string(position + 1)},
                      {"title", product.title},
                      {"description", product.description},
                      {"status", product.is_published ? "published" : "draft"},
                      {"external_id", external_id},
                      {"thumbnail", nullptr},
                      {"images", product.images},
                      {"categories", product.categories},
                      {"options", json::array{option}},
                      {"variants", variants}};
}

void Catalogue::create_product(const json::value& body, std::vector<NowShown>& shown) {
  const auto handle = text(body, "handle");
  for (const auto& product : products_) {
    if (product.handle == handle) refuse_it("Product with handle: " + handle + ", already exists.");
  }
  const auto& variant = body.at("variants").at(0);
  check_new(variant);
  products_.push_back({text(body, "title"), text(body, "description"), text(body, "external_id"), handle,
                       text(body, "status") == "published", {text(variant, "sku")}});
  set_lists(products_.back(), body);
  create_variant(products_.size() - 1, variant, shown);
}

json::value Catalogue::create_category(const json::value& body) {
  for (const auto& category : categories_) {
    if (category.at("handle") == body.at("handle"))
      refuse_it("Product category with handle: " + text(body, "handle") + ", already exists.");
  }
  categories_.push_back(json::object{{"id", "pcat_" + std::to_string(categories_.size() + 1)},
                                     {"handle", body.at("handle")},
                                     {"metadata", body.at("metadata")}});
  return json::object{{"product_category", categories_.back()}};
}

// As wholes: what is not given is gone.
void Catalogue::set_lists(Product& product, const json::value& body) {
  if (const auto* images = body.as_object().if_contains("images")) {
    product.images.clear();
    for (const auto& given : images->as_array()) {
      auto image = given.as_object();
      if (!image.contains("id")) image["id"] = "img_" + text(given, "url");
      product.images.push_back(std::move(image));
    }
  }
  if (const auto* categories = body.as_object().if_contains("categories")) {
    product.categories.clear();
    for (const auto& given : categories->as_array()) {
      const auto is_it = [&](const json::value& each) { return each.at("id") == given.at("id"); };
      const auto* found = std::find_if(categories_.begin(), categories_.end(), is_it);
      if (found == categories_.end()) refuse_it("Product category with id does not exist");
      product.categories.push_back(*found);
    }
  }
}

void Catalogue::check_new(const json::value& variant) {
  const auto sku = text(variant, "sku");
  if (find(sku)) refuse_it("Product variant with sku: " + sku + ", already exists.");
}

void Catalogue::create_variant(std::size_t product, const json::value& body, std::vector<NowShown>& shown) {
  check_new(body);
  const auto value = text(body.at("options"), "Variant");
  if (!has(products_[product].values, value)) refuse_it("Option value " + value + " does not exist for option Variant");
  variants_.push_back({text(body, "sku"), {}, {}, false, product, text(body, "title")});
  if (const auto* metadata = body.as_object().if_contains("metadata"))
    variants_.back().metadata = metadata->as_object();
  show_name(variants_.back(), shown);
}

void Catalogue::set_variant(std::size_t product, std::size_t position, const json::value& body,
                            std::vector<NowShown>& shown) {
  if (position >= variants_.size() || variants_[position].product != product)
    throw Problem{404, "not_found", "Variant with id not found"};
  auto& variant = variants_[position];
  if (variant.refuses_writes) refuse_it("a check constraint was violated");
  if (body.as_object().contains("title")) variant.title = text(body, "title");
  if (const auto* metadata = body.as_object().if_contains("metadata")) set_metadata(variant, metadata->as_object());
  show_name(variant, shown);
}

void Catalogue::set_product(std::size_t position, const json::value& body, std::vector<NowShown>& shown) {
  auto& product = products_[position];
  for (const auto& [name, value] : body.as_object()) {
    if (name == "title") product.title = text(body, name);
    if (name == "description") product.description = text(body, name);
    if (name == "external_id") product.external_id = text(body, name);
    if (name == "status") product.is_published = text(body, name) == "published";
  }
  set_lists(product, body);
  if (!body.as_object().contains("status")) return;  // what was a person's has his name until it is changed
  for (const auto& variant : variants_) {
    if (variant.product == position) show_name(variant, shown);
  }
}

void Catalogue::show_name(const Variant& variant, std::vector<NowShown>& shown) const {
  shown.push_back({Feed::product, variant.sku, *name(variant.sku), true});
}

std::optional<std::string> Catalogue::name(const std::string& sku) const {
  const auto* variant = find(sku);
  if (!variant) return std::nullopt;
  const auto& product = products_[variant->product];
  const bool is_offered = product.is_published && !product.external_id.empty() && !variant->metadata.contains(kWithdrawn);
  return is_offered ? variant->title : std::string();
}

}  // namespace ferry::portal
