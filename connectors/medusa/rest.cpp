#include "connectors/medusa/rest.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ferry::medusa {
namespace {

constexpr std::size_t kMostValues = 400;    // of one filter; about 500 have been seen to work
constexpr std::size_t kLongestValue = 1000;  // three times as long when it is encoded

constexpr std::string_view kAddress[] = {"first_name", "last_name",    "company",  "address_1", "address_2", "city",
                                         "postal_code", "country_code", "province", "phone"};

std::string orders_target() {
  std::string target =
      "/admin/orders?order=id&fields=id,display_id,status,email,currency_code,created_at,total,raw_total,tax_total,"
      "raw_tax_total,credit_line_total,raw_credit_line_total,credit_line_tax_total,raw_credit_line_tax_total,"
      "customer.first_name,customer.last_name,customer.company_name,customer.phone,customer.metadata,"
      "items.total,items.tax_total,items.tax_lines.raw_rate,items.detail.raw_fulfilled_quantity,"
      "shipping_methods.name,shipping_methods.shipping_option_id,shipping_methods.total,shipping_methods.raw_total,"
      "shipping_methods.tax_total,shipping_methods.raw_tax_total,shipping_methods.tax_lines.raw_rate,"
      "payment_collections.payments.provider_id,payment_collections.payments.raw_amount,"
      "payment_collections.payments.captured_at,payment_collections.payments.canceled_at,payment_collections.id,"
      "payment_collections.payments.refunds.id,payment_collections.payments.refunds.created_at,"
      "payment_collections.payments.refunds.raw_amount,payment_collections.payments.refunds.note,"
      "payment_collections.payments.refunds.refund_reason.label,payment_collections.payments.refunds.refund_reason.code,"
      "credit_lines.raw_amount,credit_lines.reference,credit_lines.reference_id,returns.received_at,"
      "returns.metadata,returns.items.*";
  for (const std::string_view address : {"shipping_address.", "billing_address."}) {
    for (const auto field : kAddress) target.append(",").append(address).append(field);
  }
  return target;
}

connector::HttpRequest request(const Settings& settings, std::string method, std::string target) {
  connector::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = {{"accept", "application/json"}};
  request.timeout = settings.request_timeout;
  return request;
}

// `part_of`: of the number in its target and the value
template <class PartOf>
std::vector<std::string> in_targets(std::string_view start, std::span<const std::string> values,
                                    const PartOf& part_of) {
  std::vector<std::string> all;
  std::size_t count = kMostValues;
  for (const auto& value : values) {
    auto part = part_of(count, value);
    if (count == kMostValues || all.back().size() + part.size() > kMaxTargetBytes) {
      all.push_back(std::string(start) + "&limit=" + std::to_string(kMostListed));
      count = 0;
      part = part_of(count, value);
    }
    all.back() += part;
    ++count;
  }
  return all;
}

// Of SQL's LIKE: what begins with the text.
std::string pattern_of(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

const std::string kOrdersTarget = orders_target();

namespace {

constexpr std::string_view kCustomerFields =
    "fields=id,email,first_name,last_name,company_name,phone,has_account,metadata,groups.id,groups.metadata,"
    "addresses.first_name,addresses.last_name,addresses.company,addresses.address_1,addresses.address_2,addresses.city,"
    "addresses.province,addresses.postal_code,addresses.country_code";
constexpr std::string_view kProductFields =
    "fields=id,title,description,status,external_id,thumbnail,images.id,images.url,categories.id,categories.metadata,"
    "options.id,options.title,options.values.value,variants.id,variants.sku,variants.title,variants.metadata";

}  // namespace

const std::string kCustomersTarget = "/admin/customers?order=id&" + std::string(kCustomerFields);

const std::string kProductsTarget = "/admin/products?order=id&" + std::string(kProductFields);

std::string categories_target(std::int64_t take, std::int64_t skip) {
  return "/admin/product-categories?order=id&fields=id,metadata&limit=" + std::to_string(take) +
         "&offset=" + std::to_string(skip);
}

std::string product_target(std::string_view id, std::string_view part) {
  std::string target = "/admin/products";
  if (!id.empty()) target += "/" + encoded(id);
  return target.append(part).append("?").append(kProductFields);
}

std::string every_customer_target(std::string_view fields, std::string_view after) {
  auto target = "/admin/customers?order=id&fields=" + std::string(fields) + "&limit=" + std::to_string(kMostListed);
  if (!after.empty()) target += "&id%5B%24gt%5D=" + encoded(after);
  return target;
}

std::string customer_target(std::string_view id, std::string_view part) {
  std::string target = "/admin/customers";
  if (!id.empty()) target += "/" + encoded(id);
  return target.append(part).append("?").append(kCustomerFields);
}

std::string order_target(std::string_view id, std::string_view part) {
  return std::string(kOrdersPath).append("/").append(encoded(id)).append(part).append("?fields=id");
}

std::string return_target(std::string_view id, std::string_view part) {
  std::string target = "/admin/returns";
  if (!id.empty()) target += "/" + encoded(id);
  return target.append(part);
}

std::string refund_target(std::string_view payment) { return "/admin/payments/" + encoded(payment) + "/refund?fields=id"; }

std::string rows_target(std::string_view price_list, std::int64_t take, std::int64_t skip) {
  return "/admin/price-lists/" + encoded(price_list) +
         "/prices?order=id&fields=id,amount,currency_code,min_quantity,max_quantity,price_set.variant.id,"
         "price_set.variant.sku&limit=" +
         std::to_string(take) + "&offset=" + std::to_string(skip);
}

connector::HttpRequest get(const Settings& settings, std::string target) {
  auto asked = request(settings, "GET", std::move(target));
  asked.idempotent = true;
  return asked;
}

connector::HttpRequest post(const Settings& settings, std::string target, const json::value& body) {
  auto asked = request(settings, "POST", std::move(target));
  asked.headers.emplace_back("content-type", "application/json");
  asked.body = json::serialize(body);
  return asked;
}

connector::HttpRequest remove(const Settings& settings, std::string target) {
  return request(settings, "DELETE", std::move(target));
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '~';
    if (is_plain) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return result;
}

bool can_be_asked_for(std::string_view value) noexcept { return value.size() <= kLongestValue; }

std::vector<std::string> askable(std::span<const std::string> values) {
  std::vector<std::string> all;
  std::copy_if(values.begin(), values.end(), std::back_inserter(all), can_be_asked_for);
  return all;
}

std::vector<std::string> targets(std::string_view start, std::string_view filter, std::span<const std::string> values) {
  const auto part_of = [&](std::size_t /*number*/, const std::string& value) {
    return "&" + std::string(filter) + "%5B%5D=" + encoded(value);
  };
  return in_targets(start, values, part_of);
}

std::vector<std::string> promotion_targets(std::span<const std::string> code_prefixes) {
  const auto part_of = [](std::size_t number, const std::string& prefix) {
    return "&%24or%5B" + std::to_string(number) + "%5D%5Bcode%5D%5B%24like%5D=" + encoded(pattern_of(prefix));
  };
  return in_targets(kPromotionsTarget, code_prefixes, part_of);
}

}  // namespace ferry::medusa
