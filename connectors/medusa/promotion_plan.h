// What promotions a discount is on the portal. Medusa takes the percentage of one promotion off what others have left,
// so that those of one record never apply together: each has a quantity at which it ends, where the next begins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/discount_document.h"
#include "connectors/medusa/json.h"

namespace ferry::medusa {

struct PlannedPromotion {
  Decimal least;                  // from so many on; 0: no bound
  std::optional<Decimal> before;  // fewer than so many; none: no bound
  Window window;
  Decimal percent;  // more than 0
};

// None: see `problem`, which says what the portal cannot show, and the remedy.
std::optional<std::vector<PlannedPromotion>> plan_promotions(const WantedDiscount& wanted, std::string& problem);

// Of all of Ferry's promotions, of those of a price list's or of a record's: how their codes begin. It ends with '/'.
std::string code_prefix(std::string_view list = "", std::string_view sku = "");
// Unique on the portal, and of what never changes of a promotion: what is to have another window is another promotion,
// and what is sent twice is refused.
std::string code_of(const WantedDiscount& wanted, const PlannedPromotion& planned);

// Where a record is noted in a promotion's metadata, beside its price list.
inline constexpr std::string_view kSkuKey = "erp_sku";

// The rules by which a promotion is for a SKU and for a number of pieces of it.
inline constexpr std::string_view kGroupRule = "customer.groups.id", kSkuRule = "items.variant_sku",
                                  kQuantityRule = "items.quantity";
json::object rule(std::string_view attribute, std::string_view compared, std::string_view value);

// Everything that it consists of, as the portal takes it. `campaign`: the id of its window's; empty: always valid.
json::object promotion_body(const WantedDiscount& wanted, const PlannedPromotion& planned, std::string_view list_key,
                            const std::string& group, const std::string& campaign);

// A window is a campaign, which is known by its identifier and which all promotions of that window share.
std::string campaign_identifier(const Window& window);
std::optional<Window> window_of(std::string_view campaign_identifier);  // none: it is not Ferry's
json::object campaign_body(const Window& window);                       // as it is to be, but for name and identifier
std::string campaign_name(const Window& window);

}  // namespace ferry::medusa
