#include "connectors/vendure/operations.h"

#include <algorithm>

namespace ferry::vendure {
namespace {

constexpr std::string_view kAddress =
    "{fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber}";

// How the channel shows prices, as money.h reads it.
constexpr std::string_view kMoney =
    "activeChannel{pricesIncludeTax defaultCurrencyCode availableCurrencyCodes}"
    "globalSettings{serverConfig{moneyStrategyPrecision}}";

constexpr std::string_view kMoneyOfList =
    "activeChannel{id pricesIncludeTax defaultCurrencyCode availableCurrencyCodes}"
    "globalSettings{serverConfig{moneyStrategyPrecision}}";

std::string catalogue_product(const CatalogueFields& fields) {
  return "{id enabled name description customFields{" + fields.product_id +
         "}optionGroups{id code options{id code}}variants{id sku enabled options{id}}}";
}

std::string catalogue_variant(const CatalogueFields& fields) {
  std::string own;
  for (const auto& field : fields.variants) own += (own.empty() ? "" : " ") + field;
  return "{totalItems items{id sku enabled name prices{price}" + (own.empty() ? "" : "customFields{" + own + "}") +
         "product" + catalogue_product(fields) + "}}";
}

std::string customer_members(const Settings& settings) {
  std::string fields = settings.customer_code_field;
  for (const auto* field : {&settings.credit_hold_field, &settings.tax_identifier_field}) {
    if (!field->empty()) fields += " " + *field;
  }
  return "{totalItems items{id firstName lastName emailAddress phoneNumber customFields{" + fields +
         "}groups{id name}addresses{fullName streetLine1 streetLine2 city province postalCode country{code}}}}";
}

// Those of the names that are field names, as a member of a query.
std::string custom_fields(std::initializer_list<std::string_view> names) {
  std::string fields;
  for (const auto name : names) {
    if (is_field_name(name)) fields.append(fields.empty() ? "" : " ").append(name);
  }
  return fields.empty() ? "" : " customFields{" + fields + "}";
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

connector::HttpRequest graphql(const Settings& settings, Kind kind, std::string_view operation,
                               json::object variables) {
  connector::HttpRequest request;
  request.method = "POST";
  request.target = kApiPath;
  request.headers = {{"content-type", "application/json"}, {"accept", "application/json"}};
  request.body = json::serialize(json::object{{"query", operation}, {"variables", std::move(variables)}});
  request.idempotent = kind == Kind::query;
  request.timeout = settings.request_timeout;
  return request;
}

bool is_field_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 100 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string variants_query(const Shown& shown) {
  return "query " + std::string(shown.stem) +
         "s($skus:[String!],$take:Int!,$skip:Int!){productVariants(options:{take:$take,skip:$skip,sort:{id:ASC},"
         "filter:{sku:{in:$skus}}}){totalItems items{id sku " +
         shown.members + "}}" + std::string(shown.beside) + "}";
}

std::string variant_list_query(const Shown& shown) {
  return "query " + std::string(shown.stem) +
         "List($take:Int!,$skip:Int!){productVariants(options:{take:$take,skip:$skip,sort:{id:ASC}})"
         "{totalItems items{id sku " +
         shown.members + "}}" + std::string(shown.beside) + "}";
}

Shown shown_stock() {
  return {"FerryVariant", "stockLevels{stockLocationId stockOnHand}",
          "stockLocations(options:{take:100,sort:{id:ASC}}){items{id name}}"};
}

Shown shown_prices() { return {"FerryPrice", "prices{currencyCode price}", kMoney}; }

Shown shown_fixed_prices() { return {"FerryFixedPrice", "prices{currencyCode price}", kMoneyOfList}; }

Shown shown_costs(std::string_view field) { return {"FerryCost", "customFields{" + std::string(field) + "}", kMoney}; }

std::string catalogue_query(const CatalogueFields& fields) {
  return "query FerryCatalogue($skus:[String!],$products:[String!],$take:Int!){"
         "productVariants(options:{take:$take,filter:{sku:{in:$skus}}})" +
         catalogue_variant(fields) + "products(options:{take:$take,filter:{" + fields.product_id +
         ":{in:$products}}}){totalItems items" + catalogue_product(fields) + "}activeChannel{defaultLanguageCode}}";
}

std::string catalogue_list_query(const CatalogueFields& fields) {
  return "query FerryCatalogueList($take:Int!,$skip:Int!){"
         "productVariants(options:{take:$take,skip:$skip,sort:{id:ASC}})" +
         catalogue_variant(fields) + "}";
}

std::string customers_query(const Settings& settings) {
  return "query FerryCustomers($codes:[String!],$emails:[String!],$groups:[String!],$take:Int!){"
         "customers(options:{take:$take,filter:{_or:[{" +
         settings.customer_code_field + ":{in:$codes}},{emailAddress:{in:$emails}}]}})" + customer_members(settings) +
         "customerGroups(options:{take:$take,filter:{name:{in:$groups}}}){totalItems items{id name}}}";
}

std::string customer_list_query(const Settings& settings) {
  return "query FerryCustomerList($take:Int!,$skip:Int!){customers(options:{take:$take,skip:$skip,sort:{id:ASC}})" +
         customer_members(settings) + "}";
}

std::string promotions_query(const Settings& settings) {
  return "query FerryPromotions($keys:[String!],$skus:[String!],$groups:[String!],$take:Int!){"
         "promotions(options:{take:$take,filter:{" +
         settings.promotion_key_field +
         ":{in:$keys}}}){totalItems items{id enabled name startsAt endsAt couponCode perCustomerUsageLimit usageLimit "
         "conditions{code args{name value}}actions{code args{name value}}customFields{" +
         settings.promotion_key_field + " " + settings.promotion_tiers_field +
         "}}}productVariants(options:{take:$take,filter:{sku:{in:$skus}}}){totalItems items{id sku}}"
         "customerGroups(options:{take:$take,filter:{name:{in:$groups}}}){totalItems items{id name}}"
         "activeChannel{defaultLanguageCode}}";
}

std::string promotion_list_query(const Settings& settings) {
  return "query FerryPromotionList($options:PromotionListOptions){promotions(options:$options){totalItems items{id "
         "enabled customFields{" +
         settings.promotion_key_field + "}}}}";
}

std::string orders_query(const Settings& settings) {
  const auto own = custom_fields({settings.customer_reference_field});
  const auto of_customer = custom_fields({settings.customer_code_field, settings.tax_identifier_field});
  const std::string address(kAddress);
  return "query FerryOrders($options:OrderListOptions){orders(options:$options){totalItems items{id code state "
         "orderPlacedAt "
         "currencyCode total totalWithTax" +
         own + (settings.asks_for_channels ? " channels{code}" : "") +
         " customer{firstName lastName emailAddress phoneNumber" + of_customer +
         (settings.asks_for_groups ? " groups{name}" : "") +
         "}"
         "shippingAddress" +
         address + "billingAddress" + address +
         "lines{id quantity proratedUnitPrice proratedUnitPriceWithTax proratedLinePrice proratedLinePriceWithTax taxRate "
         "productVariant{sku name}"
         "fulfillmentLines{quantity fulfillment{state}}}"
         "shippingLines{discountedPrice discountedPriceWithTax shippingMethod{code name}}"
         "surcharges{sku description price priceWithTax taxRate}"
         "payments{method state amount transactionId refunds{id createdAt state reason total shipping lines{orderLineId quantity}}}"
         "taxSummary{taxRate}}}}";
}

std::string order_numbers_query(std::string_view fields) {
  return "query FerryOrderNumbers($ids:[String!],$take:Int!){orders(options:{take:$take,filter:{id:{in:$ids}}})"
         "{totalItems items{id code customFields{" +
         std::string(fields) + "}}}}";
}

std::string order_list_query(std::string_view field) {
  return "query FerryOrderList($options:OrderListOptions){orders(options:$options){totalItems items{id code "
         "orderPlacedAt customFields{" +
         std::string(field) + "}}}}";
}

std::string number_holder_query(std::string_view field) {
  return "query FerryNumberHolder($number:String!){orders(options:{take:1,filter:{" + std::string(field) +
         ":{eq:$number}}}){items{id code}}}";
}

}  // namespace ferry::vendure
