#include "connectors/medusa/product_view.h"

#include <algorithm>

namespace ferry::medusa {
namespace {

bool has_list(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && value->is_array();
}
bool has_text_or_nothing(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && (value->is_null() || value->is_string());
}
bool all_have(const json::value& from, std::string_view list, std::string_view name) {
  const auto& rows = array_at(from, {list});
  return std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return !text_at(row, {name}).empty(); });
}

}  // namespace

bool is_withdrawn(const json::value& variant) {
  const auto* mark = find(variant, {"metadata", kWithdrawnKey});
  return mark && mark->is_bool() && mark->get_bool();
}

const json::value* variant_of(const json::value& product, std::string_view sku) {
  for (const auto& variant : array_at(product, {"variants"})) {
    if (text_at(variant, {"sku"}) == sku) return &variant;
  }
  return nullptr;
}

bool ProductView::add(const json::value& product) {
  const auto id = id_at(product, {"id"});
  if (id.empty() || text_at(product, {"status"}).empty()) return false;
  for (const auto* name : {"title", "description", "external_id", "thumbnail"}) {
    if (!has_text_or_nothing(product, name)) return false;
  }
  for (const auto* name : {"images", "categories", "options", "variants"}) {
    if (!has_list(product, name)) return false;
  }
  if (!all_have(product, "variants", "id") || !all_have(product, "images", "id") || !all_have(product, "images", "url") ||
      !all_have(product, "categories", "id") || !all_have(product, "options", "id") || !all_have(product, "options", "title"))
    return false;
  for (const auto& variant : array_at(product, {"variants"})) {
    if (!has_text_or_nothing(variant, "sku") || !has_text_or_nothing(variant, "title") || !find(variant, {"metadata"}))
      return false;
  }
  products_.insert_or_assign(id, product);
  return true;
}

bool ProductView::add_category(const json::value& category) {
  auto id = id_at(category, {"id"});
  if (id.empty() || !find(category, {"metadata"})) return false;
  const auto path = text_at(category, {"metadata", category_key_});
  if (!path.empty()) categories_.try_emplace(std::string(path), std::move(id));
  return true;
}

const json::value* ProductView::with_sku(std::string_view sku) const {
  for (const auto& [id, product] : products_) {
    if (variant_of(product, sku)) return &product;
  }
  return nullptr;
}

std::vector<const json::value*> ProductView::of_template(std::string_view id) const {
  std::vector<const json::value*> all;
  for (const auto& [key, product] : products_) {
    if (text_at(product, {"external_id"}) == id) all.push_back(&product);
  }
  return all;
}

std::string ProductView::category(std::string_view path) const {
  const auto found = categories_.find(path);
  return found == categories_.end() ? std::string() : found->second;
}

}  // namespace ferry::medusa
