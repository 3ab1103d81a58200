#include "connectors/vendure/variant_view.h"

namespace ferry::vendure {

bool VariantView::add(const json::value& data) {
  const auto& items = array_at(data, {"productVariants", "items"});
  for (const auto& item : items) {
    const auto id = id_at(item, {"id"});
    const std::string sku(text_at(item, {"sku"}));
    has_all_variants_ = has_all_variants_ && !id.empty() && !sku.empty();
    if (id.empty()) continue;
    if (ids_.insert(id).second) {
      variants_[sku].push_back({id, item});
    } else {
      repeated_ = id;
    }
  }
  seen_ += static_cast<std::int64_t>(items.size());
  total_ = integer_at(data, {"productVariants", "totalItems"}).value_or(0);
  return !items.empty() && seen_ < total_;
}

const std::vector<Variant>& VariantView::variants(std::string_view sku) const noexcept {
  static const std::vector<Variant> none;
  const auto found = variants_.find(sku);
  return found == variants_.end() ? none : found->second;
}

}  // namespace ferry::vendure
