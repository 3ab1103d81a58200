// What is to be done next about one product document, seen what the portal shows.
#pragma once

#include "connectors/vendure/json.h"
#include "connectors/vendure/product_document.h"
#include "connectors/vendure/settings.h"
#include "connectors/vendure/stepwise_push.h"

namespace ferry::vendure {

// `data` is an answer to catalogue_query() that lists all there is of the document's SKU and product.
//
// A product is the ERP's template, known by its custom field `product_id_field`; a variant is known by its SKU. Neither
// is ever matched by name or deleted. A product that a person made for the SKU becomes the template's, in place of
// one that Ferry made and that has no variant yet. Several variants of one product are told apart by one option group of
// Ferry's own with an option for each SKU. Name and description of the product follow its only variant; those of a
// product with several are set once, when it is created.
//
// Published means enabled. A variant is created disabled and stays so until it has a price, because Vendure would sell
// it for nothing: till then the record is `absent`. A product is enabled with its first variant and disabled with its
// last.
NextStep next_product_step(const Settings& settings, const WantedProduct& wanted, const json::value& data);

}  // namespace ferry::vendure
