// The GraphQL operations this connector uses, each verified against Vendure 3.7. All are named, so that a portal's log
// (and a stand-in portal) tells them apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

inline constexpr std::string_view kApiPath = "/admin-api";

// Vendure refuses a body over 100 kB (102,400 bytes) as a whole; this leaves room for the envelope.
inline constexpr std::size_t kMaxBodyBytes = 95'000;

inline constexpr std::int64_t kMostListed = 1000;  // Vendure refuses to list more at once

// POST {"query":…,"variables":…}. A query may be repeated by the transport, a mutation never.
connector::HttpRequest graphql(const Settings& settings, Kind kind, std::string_view operation, json::object variables);

// Usable as a field in a query: what is put between braces is never data.
bool is_field_name(std::string_view name) noexcept;

inline constexpr std::string_view kLogin =
    "mutation "
    "FerryLogin($username:String!,$password:String!){login(username:$username,password:$password,rememberMe:true)"
    "{__typename ...on ErrorResult{errorCode message}}}";

// What a feed reads of variants: the names of its two queries begin with `stem`, `members` are the variant's, and
// `beside` stands beside the variants.
struct Shown {
  std::string_view stem;
  std::string members;
  std::string_view beside;
};
std::string variants_query(const Shown& shown);      // those of $skus; $take, $skip
std::string variant_list_query(const Shown& shown);  // all; $take, $skip

Shown shown_stock();
Shown shown_prices();
Shown shown_costs(std::string_view field);  // precondition: is_field_name(field)

inline constexpr std::string_view kSetStock =
    "mutation FerrySetStock($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";
inline constexpr std::string_view kSetPrices =
    "mutation FerrySetPrices($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";
inline constexpr std::string_view kSetCosts =
    "mutation FerrySetCosts($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";

// Products and variants, as product_step.h reads them; precondition: every field is_field_name().
struct CatalogueFields {
  std::string product_id;             // of Product
  std::vector<std::string> variants;  // of ProductVariant
};
std::string catalogue_query(const CatalogueFields& fields);       // of $skus and of $products; $take
std::string catalogue_list_query(const CatalogueFields& fields);  // all variants; $take, $skip

inline constexpr std::string_view kCreateProduct =
    "mutation FerryCreateProduct($input:CreateProductInput!){createProduct(input:$input){id}}";
inline constexpr std::string_view kSetProduct =
    "mutation FerrySetProduct($input:UpdateProductInput!){updateProduct(input:$input){id}}";
inline constexpr std::string_view kCreateVariants =
    "mutation FerryCreateVariants($input:[CreateProductVariantInput!]!){createProductVariants(input:$input){id}}";
inline constexpr std::string_view kSetVariants =
    "mutation FerrySetVariants($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";
inline constexpr std::string_view kCreateOptionGroup =
    "mutation FerryCreateOptionGroup($input:CreateProductOptionGroupInput!)"
    "{createProductOptionGroup(input:$input){id}}";
inline constexpr std::string_view kAddOptionGroup =
    "mutation FerryAddOptionGroup($product:ID!,$created:ID!)"
    "{addOptionGroupToProduct(productId:$product,optionGroupId:$created){id}}";
inline constexpr std::string_view kRemoveOptionGroup =
    "mutation FerryRemoveOptionGroup($product:ID!,$group:ID!)"
    "{removeOptionGroupFromProduct(productId:$product,optionGroupId:$group){__typename}}";
inline constexpr std::string_view kCreateOption =
    "mutation FerryCreateOption($input:CreateProductOptionInput!){createProductOption(input:$input){id}}";

// Customers with their groups and addresses; precondition: settings.customer_code_field is_field_name(), and so are
// those others that are not empty.
std::string customers_query(const Settings& settings);      // of $codes or $emails, and the groups of $groups; $take
std::string customer_list_query(const Settings& settings);  // all; $take, $skip

inline constexpr std::string_view kCreateCustomer =
    "mutation FerryCreateCustomer($input:CreateCustomerInput!){createCustomer(input:$input)"
    "{__typename ...on Customer{id} ...on ErrorResult{errorCode message}}}";
inline constexpr std::string_view kSetCustomer =
    "mutation FerrySetCustomer($input:UpdateCustomerInput!){updateCustomer(input:$input)"
    "{__typename ...on Customer{id} ...on ErrorResult{errorCode message}}}";
inline constexpr std::string_view kCreateGroup =
    "mutation FerryCreateGroup($input:CreateCustomerGroupInput!){createCustomerGroup(input:$input){id}}";
inline constexpr std::string_view kJoinGroup =
    "mutation FerryAddToGroup($group:ID!,$customer:ID!)"
    "{addCustomersToGroup(customerGroupId:$group,customerIds:[$customer]){id}}";
inline constexpr std::string_view kLeaveGroup =
    "mutation FerryRemoveFromGroup($group:ID!,$customer:ID!)"
    "{removeCustomersFromGroup(customerGroupId:$group,customerIds:[$customer]){id}}";
inline constexpr std::string_view kCreateAddress =
    "mutation FerryCreateAddress($customer:ID!,$input:CreateAddressInput!)"
    "{createCustomerAddress(customerId:$customer,input:$input){id}}";

// Promotions that carry a key, with what they are for; precondition: promotion_fields_problem() is empty.
std::string promotions_query(const Settings& settings);      // of $keys, and variants of $skus, groups of $groups; $take
std::string promotion_list_query(const Settings& settings);  // keys that contain one of $options' texts

inline constexpr std::string_view kCreatePromotion =
    "mutation FerryCreatePromotion($input:CreatePromotionInput!){createPromotion(input:$input)"
    "{__typename ...on Promotion{id} ...on ErrorResult{errorCode message}}}";
inline constexpr std::string_view kSetPromotion =
    "mutation FerrySetPromotion($input:UpdatePromotionInput!){updatePromotion(input:$input)"
    "{__typename ...on Promotion{id} ...on ErrorResult{errorCode message}}}";

// Fixed net prices, in the channel of a price list.
Shown shown_fixed_prices();
inline constexpr std::string_view kVariantIds =
    "query FerryVariantIds($skus:[String!],$take:Int!){productVariants(options:{take:$take,filter:{sku:{in:$skus}}})"
    "{totalItems items{id sku}}}";
inline constexpr std::string_view kSetFixedPrices =
    "mutation FerrySetFixedPrices($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";
inline constexpr std::string_view kAddToChannel =
    "mutation FerryAddToChannel($variants:[ID!]!,$channel:ID!){assignProductVariantsToChannel("
    "input:{productVariantIds:$variants,channelId:$channel,priceFactor:1}){id}}";
inline constexpr std::string_view kTakeFromChannel =
    "mutation FerryTakeFromChannel($variants:[ID!]!,$channel:ID!){removeProductVariantsFromChannel("
    "input:{productVariantIds:$variants,channelId:$channel}){id}}";

// Settings that are no field names are left out.
std::string orders_query(const Settings& settings);

inline constexpr std::string_view kSetOrderNumber =
    "mutation FerrySetOrderNumber($input:UpdateOrderInput!){setOrderCustomFields(input:$input){id}}";

// Of the order's number field; precondition: is_field_name(field).
std::string order_numbers_query(std::string_view fields);  // $ids, $take; fields separated by blanks
std::string number_holder_query(std::string_view field);  // $number
std::string order_list_query(std::string_view field);     // $options

// Orders with what is fulfilled of them, as shipment.cpp and cancellation.cpp read them; $ids, $take.
inline constexpr std::string_view kShipments =
    "query FerryShipments($ids:[String!],$take:Int!){orders(options:{take:$take,filter:{id:{in:$ids}}}){totalItems "
    "items{id code state lines{id quantity productVariant{sku}}"
    "fulfillments{id state method lines{orderLineId quantity}}}}}";
inline constexpr std::string_view kAddFulfillment =
    "mutation FerryAddFulfillment($input:FulfillOrderInput!){addFulfillmentToOrder(input:$input)"
    "{__typename ...on Fulfillment{id} ...on ErrorResult{errorCode message}}}";
inline constexpr std::string_view kSetFulfillment =
    "mutation FerrySetFulfillment($state:String!,$created:ID!){transitionFulfillmentToState(id:$created,state:$state)"
    "{__typename ...on Fulfillment{id} ...on ErrorResult{errorCode message}"
    "...on FulfillmentStateTransitionError{transitionError}}}";
// Orders with what was paid for them and paid back, as refund.cpp reads them; $ids, $take.
inline constexpr std::string_view kRefunds =
    "query FerryRefunds($ids:[String!],$take:Int!){orders(options:{take:$take,filter:{id:{in:$ids}}}){totalItems "
    "items{id code state currencyCode lines{id quantity productVariant{sku}}"
    "payments{id state amount refunds{id state reason total transactionId lines{orderLineId quantity}}}}}}";
inline constexpr std::string_view kRefundOrder =
    "mutation FerryRefundOrder($input:RefundOrderInput!){refundOrder(input:$input)"
    "{__typename ...on Refund{id} ...on ErrorResult{errorCode message}}}";
inline constexpr std::string_view kSettleRefund =
    "mutation FerrySettleRefund($input:SettleRefundInput!){settleRefund(input:$input)"
    "{__typename ...on Refund{id} ...on ErrorResult{errorCode message} ...on RefundStateTransitionError{transitionError}}}";
// Of a whole order, with what its delivery costs.
inline constexpr std::string_view kCancelOrder =
    "mutation FerryCancelOrder($input:CancelOrderInput!){cancelOrder(input:$input)"
    "{__typename ...on Order{id} ...on ErrorResult{errorCode message} ...on OrderStateTransitionError{transitionError}}}";

inline constexpr std::string_view kProbe =
    "query FerryProbe{me{channels{code token permissions}}"
    "activeChannel{pricesIncludeTax defaultCurrencyCode availableCurrencyCodes}"
    "globalSettings{serverConfig{moneyStrategyPrecision "
    "entityCustomFields{entityName customFields{...on CustomField{name type}}}}}}";

inline constexpr std::string_view kLocations =
    "query FerryLocations{stockLocations(options:{take:100,sort:{id:ASC}}){items{id name}}}";

}  // namespace ferry::vendure
