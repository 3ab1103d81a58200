#include "connectors/vendure/operations.h"

#include <algorithm>

namespace ferry::vendure {
namespace {

constexpr std::string_view kAddress =
    "{fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber}";

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

std::string orders_query(std::string_view customer_code_field) {
  std::string code;
  if (is_field_name(customer_code_field)) code = " customFields{" + std::string(customer_code_field) + "}";
  const std::string address(kAddress);
  return "query FerryOrders($options:OrderListOptions){orders(options:$options){totalItems items{id code state "
         "orderPlacedAt "
         "currencyCode total totalWithTax customer{firstName lastName emailAddress phoneNumber" +
         code +
         "}"
         "shippingAddress" +
         address + "billingAddress" + address +
         "lines{id quantity proratedLinePrice proratedLinePriceWithTax taxRate productVariant{sku name}"
         "fulfillmentLines{quantity fulfillment{state}}}"
         "shippingLines{discountedPrice discountedPriceWithTax shippingMethod{code name}}"
         "surcharges{sku description price priceWithTax taxRate}"
         "payments{method state amount transactionId}taxSummary{taxRate}}}}";
}

std::string order_numbers_query(std::string_view field) {
  return "query FerryOrderNumbers($ids:[String!],$take:Int!){orders(options:{take:$take,filter:{id:{in:$ids}}})"
         "{items{id code customFields{" +
         std::string(field) + "}}}}";
}

std::string number_holder_query(std::string_view field) {
  return "query FerryNumberHolder($number:String!){orders(options:{take:1,filter:{" + std::string(field) +
         ":{eq:$number}}}){items{id code}}}";
}

}  // namespace ferry::vendure
