// Pushes products: looks at what the portal shows, then creates, changes, publishes and withdraws one record at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// A product is the ERP's template, known by its external id; a variant is known by its SKU. Neither is ever matched by
// name or deleted. A product that a person made for the SKU becomes the template's. Variants of a product that Ferry made
// are told apart by one option of Ferry's with a value for each SKU; one with options of its own gets no variant. What is
// created cannot be created twice: Medusa keeps SKUs and handles unique, and the handle is made of the template's id.
//
// Published means that the product is. Medusa publishes no single variants: one that is withdrawn is marked under
// kWithdrawnKey of its metadata (the stock feed leaves nothing of it to buy), and its product becomes a draft with its
// last. A variant without a price cannot be bought, so that none is needed before. Title and description follow the
// product's only variant, or what the ERP had them say before. Categories are the ERP's where they carry its path under
// `category_key`, and images where the ERP named them; others are left alone, as are prices and everything else.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_product_push(const Settings& settings,
                                                       std::span<const connector::OutboundItem> items);

// Variants that are published, with the name; the description of a product's only variant. In order of the product's id,
// which rises with time, by offset.
std::unique_ptr<connector::Survey> make_product_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_product_survey(const Settings& settings, std::span<const std::string> skus);

}  // namespace ferry::medusa
