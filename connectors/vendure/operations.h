// The GraphQL operations this connector uses, each verified against Vendure 3.7. All are named, so that a portal's log
// (and a stand-in portal) tells them apart.
#pragma once

#include <string>
#include <string_view>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

inline constexpr std::string_view kApiPath = "/admin-api";

// Vendure refuses a body over 100 kB (102,400 bytes) as a whole; this leaves room for the envelope.
inline constexpr std::size_t kMaxBodyBytes = 95'000;

// POST {"query":…,"variables":…}. A query may be repeated by the transport, a mutation never.
connector::HttpRequest graphql(const Settings& settings, Kind kind, std::string_view operation, json::object variables);

// Usable as a field in a query: what is put between braces is never data.
bool is_field_name(std::string_view name) noexcept;

inline constexpr std::string_view kLogin =
    "mutation "
    "FerryLogin($username:String!,$password:String!){login(username:$username,password:$password,rememberMe:true)"
    "{__typename ...on ErrorResult{errorCode message}}}";

inline constexpr std::string_view kVariants =
    "query "
    "FerryVariants($skus:[String!],$take:Int!,$skip:Int!){productVariants(options:{take:$take,skip:$skip,sort:{id:ASC},"
    "filter:{sku:{in:$skus}}}){totalItems items{id sku stockLevels{stockLocationId stockOnHand}}}"
    "stockLocations(options:{take:100,sort:{id:ASC}}){items{id name}}}";

inline constexpr std::string_view kSetStock =
    "mutation FerrySetStock($input:[UpdateProductVariantInput!]!){updateProductVariants(input:$input){id}}";

// `customer_code_field` is a field name or empty.
std::string orders_query(std::string_view customer_code_field);

inline constexpr std::string_view kSetOrderNumber =
    "mutation FerrySetOrderNumber($input:UpdateOrderInput!){setOrderCustomFields(input:$input){id}}";

// Of the order's number field; precondition: is_field_name(field).
std::string order_numbers_query(std::string_view field);  // $ids, $take
std::string number_holder_query(std::string_view field);  // $number

inline constexpr std::string_view kProbe =
    "query FerryProbe{me{channels{code token permissions}}globalSettings{serverConfig{moneyStrategyPrecision "
    "entityCustomFields{entityName customFields{...on CustomField{name}}}}}}";

inline constexpr std::string_view kLocations =
    "query FerryLocations{stockLocations(options:{take:100,sort:{id:ASC}}){items{id name}}}";

}  // namespace ferry::vendure
