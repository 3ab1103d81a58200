// What is to be done next about one product document, seen what the portal shows.
#pragma once

#include <string>
#include <string_view>

#include "connectors/medusa/product_document.h"
#include "connectors/medusa/product_view.h"
#include "connectors/medusa/settings.h"
#include "connectors/medusa/stepwise_push.h"

namespace ferry::medusa {

// Precondition: `terms` are known where neither the SKU nor its template is on the portal.
NextStep next_product_step(const Settings& settings, const WantedProduct& wanted, const ProductView& view,
                           const ProductTerms& terms);

// For an address: the same for the same text, and another one for every other. "erp-7", "erp-tools-hammers-1a2b3c4d".
std::string handle_of(std::string_view text);

}  // namespace ferry::medusa
