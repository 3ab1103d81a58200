// The requests of Medusa's admin API that this connector uses, each verified against Medusa 2.21.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// Node refuses headers over 16 kB, the target and the token among them, with an empty 431.
inline constexpr std::size_t kMaxTargetBytes = 12'000;
inline constexpr std::size_t kMostListed = 1000;  // of one request that must tell everything

inline constexpr std::string_view kLoginPath = "/auth/user/emailpass";
inline constexpr std::string_view kLevelsPath = "/admin/inventory-items/location-levels/batch";
inline constexpr std::string_view kOrdersPath = "/admin/orders";
inline constexpr std::string_view kLocationsTarget = "/admin/stock-locations?order=id&limit=1000&fields=id,name";
// To be continued with limit and more.
inline constexpr std::string_view kItemsTarget =
    "/admin/inventory-items?order=id&fields=id,sku,location_levels.location_id,location_levels.raw_stocked_quantity,"
    "location_levels.stock_locations.name";
// The rules of a price are told only where they are asked for by name: else each price seems to have none.
inline constexpr std::string_view kPricesTarget =
    "/admin/product-variants?order=id&fields=id,sku,product_id,prices.id,prices.amount,prices.currency_code,"
    "prices.min_quantity,prices.max_quantity,prices.price_rules.attribute,prices.price_rules.value";
inline constexpr std::string_view kCostsTarget = "/admin/product-variants?order=id&fields=id,sku,product_id,metadata";
inline constexpr std::string_view kVariantsTarget = "/admin/product-variants?order=id&fields=id,sku,product_id";
inline constexpr std::string_view kGroupsTarget = "/admin/customer-groups?order=id&limit=1000&fields=id,name,metadata";
// All that is read of a customer; to be continued with limit and more.
extern const std::string kCustomersTarget;
inline constexpr std::string_view kCustomerMarks = "id,email,metadata";
inline constexpr std::string_view kCustomerMembers =
    "id,email,first_name,last_name,company_name,phone,has_account,metadata,groups.id,groups.metadata";
inline constexpr std::string_view kAccountsTarget = "/admin/customers?order=id&has_account=true&fields=id,email";
// All that is read of a product; to be continued with limit and more.
extern const std::string kProductsTarget;
inline constexpr std::string_view kSalesChannelTarget = "/admin/stores?limit=1000&fields=id,default_sales_channel_id";
inline constexpr std::string_view kShippingProfilesTarget =
    "/admin/shipping-profiles?order=id&limit=1000&fields=id,type";
// Their rules are told where these are asked for by name.
inline constexpr std::string_view kPriceListsTarget =
    "/admin/price-lists?order=id&limit=1000&fields=id,description,status,type,starts_at,ends_at,metadata,"
    "price_list_rules.attribute,price_list_rules.value";
inline constexpr std::string_view kDiscountableTarget =
    "/admin/product-variants?order=id&fields=id,sku,product_id,product.discountable";
inline constexpr std::string_view kCampaignsTarget =
    "/admin/campaigns?order=id&limit=1000&fields=id,campaign_identifier,starts_at,ends_at,budget.limit";
// To be continued with filters of code_filter(), limit and offset.
inline constexpr std::string_view kPromotionsTarget =
    "/admin/promotions?order=id&fields=id,code,status,type,is_automatic,is_tax_inclusive,limit,metadata,campaign_id,"
    "rules.id,rules.attribute,rules.operator,rules.values.value,application_method.type,application_method.target_type,"
    "application_method.allocation,application_method.value,application_method.max_quantity,"
    "application_method.currency_code,application_method.target_rules.id,application_method.target_rules.attribute,"
    "application_method.target_rules.operator,application_method.target_rules.values.value";
inline constexpr std::string_view kStoreTarget =
    "/admin/stores?limit=1000&fields=id,supported_currencies.currency_code,supported_currencies.is_default";
inline constexpr std::string_view kTaxTarget = "/admin/price-preferences?attribute=currency_code&limit=1000";
inline constexpr std::string_view kNumbersTarget = "/admin/orders?order=id&fields=id,display_id,created_at,metadata";
// Orders with what is fulfilled of them, as shipment.cpp reads them. An item of a fulfilment counts what leaves the
// inventory: a piece of a variant is as many of that as its required_quantity.
inline constexpr std::string_view kShipmentsTarget =
    "/admin/orders?order=id&fields=id,status,items.id,items.variant_sku,"
    "items.requires_shipping,items.raw_quantity,items.detail.raw_fulfilled_quantity,"
    "items.variant.inventory_items.inventory_item_id,items.variant.inventory_items.required_quantity,fulfillments.id,"
    "fulfillments.metadata,fulfillments.shipped_at,fulfillments.delivered_at,fulfillments.canceled_at,"
    "fulfillments.items.line_item_id,fulfillments.items.inventory_item_id,fulfillments.items.raw_quantity";
inline constexpr std::string_view kCancellationsTarget =
    "/admin/orders?order=id&fields=id,status,fulfillments.id,fulfillments.canceled_at";
// Orders with what was sent and came back, as goods_return.cpp reads them. The exact quantity of a return's item comes only
// with all of it.
inline constexpr std::string_view kGoodsReturnsTarget =
    "/admin/orders?order=id&fields=id,status,items.id,items.variant_sku,items.detail.raw_fulfilled_quantity,"
    "items.detail.raw_return_requested_quantity,items.detail.raw_return_received_quantity,"
    "items.detail.raw_return_dismissed_quantity,fulfillments.id,fulfillments.location_id,fulfillments.canceled_at,"
    "returns.id,returns.status,returns.metadata,returns.items.*,payment_collections.payments.refunds.note";
// Orders with what was paid for them and paid back, as refund.cpp reads them.
inline constexpr std::string_view kRefundsTarget =
    "/admin/orders?order=id&fields=id,status,currency_code,payment_collections.payments.id,"
    "payment_collections.payments.captures.raw_amount,payment_collections.payments.refunds.id,"
    "payment_collections.payments.refunds.raw_amount,payment_collections.payments.refunds.note";

// All that order_document.h reads. The exact raw_<total> comes only where the total itself is asked for as well, and that of
// a return's item only with all of it.
extern const std::string kOrdersTarget;

// The first kMostListed customers after that id, in order of id.
std::string every_customer_target(std::string_view fields, std::string_view after);
// A write of a customer, or of what belongs to one ("/addresses"), that is answered with all that is read of it; "": of
// a new one.
std::string customer_target(std::string_view id = "", std::string_view part = "");

// A write of an order ("", "/cancel") or of what belongs to it ("/fulfillments"). Its answer tells no more than the id.
std::string order_target(std::string_view id, std::string_view part = "");

// A write of a return, or of what belongs to it ("/request"); "": of a new one.
std::string return_target(std::string_view id = "", std::string_view part = "");

// A refund of a payment. Its answer tells no more than the payment's id.
std::string refund_target(std::string_view payment);

std::string categories_target(std::int64_t take, std::int64_t skip);
// A write of a product, or of what belongs to one ("/variants"), that is answered with all that is read of it; "": of a
// new one.
std::string product_target(std::string_view id = "", std::string_view part = "");

// A page of a price list's prices, which Medusa can only list as a whole.
std::string rows_target(std::string_view price_list, std::int64_t take, std::int64_t skip);

// A read may be repeated by the transport.
connector::HttpRequest get(const Settings& settings, std::string target);
// A write never is.
connector::HttpRequest post(const Settings& settings, std::string target, const json::value& body);

// Of a thing by its id.
connector::HttpRequest remove(const Settings& settings, std::string target);

// As a value of a query or a segment of a path.
std::string encoded(std::string_view text);

// `start` with `&limit=…` and `&<filter>[]=…` for each value, in as many targets as the portal's limits demand.
// Precondition: can_be_asked_for() of every value.
std::vector<std::string> targets(std::string_view start, std::string_view filter, std::span<const std::string> values);
// The same of promotions whose codes begin with one of these.
std::vector<std::string> promotion_targets(std::span<const std::string> code_prefixes);
bool can_be_asked_for(std::string_view value) noexcept;
// Those for which it holds: nothing on the portal is called by the others.
std::vector<std::string> askable(std::span<const std::string> values);

}  // namespace ferry::medusa
