// Wherein a product of the portal differs from its document: texts, metadata, categories and images.
#pragma once

#include <string>
#include <string_view>

#include "connectors/medusa/product_document.h"
#include "connectors/medusa/product_view.h"
#include "connectors/medusa/settings.h"

namespace ferry::medusa {

inline constexpr std::string_view kPathSeparator = " / ";

// Text, list or object without anything in it: as good as a key that is not there.
bool is_nothing(const json::value& value);

// The first path, of a wanted category or what it stands below, for which the portal has none; "": it has all.
std::string missing_category(const Settings& settings, const WantedProduct& wanted, const ProductView& view);
// [{"id":…}] of the wanted ones. Precondition: none is missing.
json::array own_categories(const Settings& settings, const WantedProduct& wanted, const ProductView& view);

// Changes to be written; empty: nothing differs.
json::object variant_changes(const WantedProduct& wanted, const json::value& variant);
// Title and description follow the product's only variant; those of several follow one whose they are. Categories and
// images of others stay: the ERP's are those that carry its mark, and those that it had named before.
json::object product_changes(const Settings& settings, const WantedProduct& wanted, const ProductView& view,
                             const json::value& product);

}  // namespace ferry::medusa
