#include "tests/portal/shop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "plugin/domain/time.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::int64_t kNetPrice = 1000, kGrossPrice = 1200;  // minor units, each piece of everything

std::string operation_in(std::string_view query) {
  const auto begin = query.find("Ferry");
  if (begin == std::string_view::npos) return "";
  return std::string(query.substr(begin, query.find_first_of("({ ", begin) - begin));
}

std::string data(json::object object) { return json::serialize(json::object{{"data", std::move(object)}}); }

std::string refusal(std::string_view message, std::string_view code) {
  json::object error{{"message", message}};
  if (!code.empty()) error["extensions"] = json::object{{"code", code}};
  return json::serialize(json::object{{"errors", json::array{std::move(error)}}, {"data", nullptr}});
}

std::size_t position_of(const json::value& id) {
  const auto& text = id.as_string();
  return std::stoull(std::string(text)) - 1;
}

std::string now() {
  return to_iso8601(
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::floor<Duration>(std::chrono::system_clock::now())));
}

constexpr std::string_view kProbe =
    R"({"data":{"me":{"channels":[{"code":"__default_channel__","token":"t","permissions":["ReadCatalog","UpdateCatalog","ReadOrder","UpdateOrder"]}]},)"
    R"("globalSettings":{"serverConfig":{"moneyStrategyPrecision":2,"entityCustomFields":[{"entityName":"Order","customFields":[{"name":"erpOrderNumber"}]}]}}}})";
constexpr std::string_view kLocations =
    R"({"data":{"stockLocations":{"items":[{"id":"1","name":"Default Stock Location"}]}}})";
constexpr std::string_view kLogin = R"({"data":{"login":{"__typename":"CurrentUser"}}})";

}  // namespace

std::string Shop::answer(std::string_view body, std::string& operation, std::size_t& items) try {
  const auto request = json::parse({body.data(), body.size()});
  operation = operation_in(std::string_view(request.at("query").as_string()));
  const auto& variables = request.at("variables");
  items = 1;
  if (operation == "FerryLogin") return std::string(kLogin);
  if (operation == "FerryProbe") return std::string(kProbe);
  if (operation == "FerryLocations") return std::string(kLocations);
  if (operation == "FerryVariants") return variants(variables, items);
  if (operation == "FerrySetStock") return set_stock(variables, items);
  if (operation == "FerryOrders") return orders(variables, items);
  if (operation == "FerryOrderNumbers") return order_numbers(variables, items);
  if (operation == "FerrySetOrderNumber") return set_order_number(variables);
  if (operation == "FerryNumberHolder") return number_holder(variables);
  return refusal("unknown operation", "GRAPHQL_VALIDATION_FAILED");
} catch (const std::exception& problem) {
  return refusal(problem.what(), "BAD_USER_INPUT");
}

void Shop::add_variant(const std::string& sku, std::int64_t on_hand) {
  by_sku_.emplace(sku, variants_.size());
  variants_.push_back({sku, on_hand, 0});
}

std::size_t Shop::variant_index(const std::string& sku) {
  const auto found = by_sku_.find(sku);
  if (found != by_sku_.end()) return found->second;
  if (!knows_every_sku_) return std::string::npos;
  add_variant(sku, 0);
  return variants_.size() - 1;
}

std::int64_t Shop::on_hand(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  return found == by_sku_.end() ? 0 : variants_[found->second].on_hand;
}

std::int64_t Shop::saleable(const std::string& sku) const {
  const auto found = by_sku_.find(sku);
  return found == by_sku_.end() ? 0 : variants_[found->second].on_hand - variants_[found->second].allocated;
}

std::string Shop::variants(const Json& variables, std::size_t& items) {
  json::array found;
  for (const auto& sku : variables.at("skus").as_array()) {
    const auto index = variant_index(std::string(sku.as_string()));
    if (index == std::string::npos) continue;
    const auto& variant = variants_[index];
    found.push_back(json::object{
        {"id", std::to_string(index + 1)},
        {"sku", variant.sku},
        {"stockLevels", json::array{json::object{{"stockLocationId", "1"}, {"stockOnHand", variant.on_hand}}}}});
  }
  items = found.size();
  return data({{"productVariants", json::object{{"totalItems", found.size()}, {"items", std::move(found)}}},
               {"stockLocations",
                json::object{{"items", json::array{json::object{{"id", "1"}, {"name", "Default Stock Location"}}}}}}});
}

std::string Shop::set_stock(const Json& variables, std::size_t& items) {
  const auto& input = variables.at("input").as_array();
  for (const auto& change : input) {  // one transaction: nothing is written when one id is unknown
    if (position_of(change.at("id")) >= variants_.size())
      return refusal(
          "No ProductVariant with the id \"" + std::string(change.at("id").as_string()) + "\" could be found",
          "ENTITY_NOT_FOUND");
  }
  json::array done;
  for (const auto& change : input) {
    variants_[position_of(change.at("id"))].on_hand = change.at("stockLevels").at(0).at("stockOnHand").as_int64();
    done.push_back(json::object{{"id", change.at("id")}});
  }
  items = input.size();
  return data({{"updateProductVariants", std::move(done)}});
}

std::string Shop::place_order(const std::string& sku, std::int64_t quantity) {
  const auto index = variant_index(sku);
  if (index == std::string::npos) throw std::invalid_argument("no variant with SKU " + sku);
  variants_[index].allocated += quantity;
  const auto id = std::to_string(orders_.size() + 1);
  orders_.push_back({"CODE" + id, "PaymentSettled", now(), "", {{sku, quantity, 0}}});
  return id;
}

Order* Shop::find(const std::string& order_id) {
  const auto position = std::stoull(order_id) - 1;
  return position < orders_.size() ? &orders_[position] : nullptr;
}

const Order* Shop::order(const std::string& order_id) const { return const_cast<Shop*>(this)->find(order_id); }

void Shop::fulfil(const std::string& order_id) {
  auto* order = find(order_id);
  if (!order || order->state == "Cancelled") return;
  for (auto& line : order->lines) {
    auto& variant = variants_[by_sku_.at(line.sku)];
    variant.on_hand -= line.quantity - line.fulfilled;
    variant.allocated -= line.quantity - line.fulfilled;
    line.fulfilled = line.quantity;
  }
  order->state = "Shipped";
}

void Shop::cancel(const std::string& order_id) {
  auto* order = find(order_id);
  if (!order || order->state == "Cancelled") return;
  for (auto& line : order->lines) {
    variants_[by_sku_.at(line.sku)].allocated -= line.quantity - line.fulfilled;
    line.quantity = line.fulfilled;
  }
  order->state = "Cancelled";
}

json::object Shop::shown(std::size_t index) const {
  const auto& order = orders_[index];
  json::array lines;
  std::int64_t pieces = 0;
  for (std::size_t i = 0; i < order.lines.size(); ++i) {
    const auto& line = order.lines[i];
    pieces += line.quantity;
    lines.push_back(json::object{
        {"id", std::to_string(index + 1) + "-" + std::to_string(i + 1)},
        {"quantity", line.quantity},
        {"proratedLinePrice", line.quantity * kNetPrice},
        {"proratedLinePriceWithTax", line.quantity * kGrossPrice},
        {"taxRate", 20},
        {"productVariant", json::object{{"sku", line.sku}, {"name", line.sku}}},
        {"fulfillmentLines", json::array{json::object{{"quantity", line.fulfilled},
                                                      {"fulfillment", json::object{{"state", "Shipped"}}}}}}});
  }
  const json::object address{{"fullName", "Anna Muster"},
                             {"streetLine1", "Hauptstr. 5"},
                             {"city", "Berlin"},
                             {"postalCode", "10115"},
                             {"countryCode", "DE"}};
  return {
      {"id", std::to_string(index + 1)},
      {"code", order.code},
      {"state", order.state},
      {"orderPlacedAt", order.placed_at},
      {"currencyCode", "EUR"},
      {"total", pieces * kNetPrice},
      {"totalWithTax", pieces * kGrossPrice},
      {"customer",
       json::object{
           {"firstName", "Anna"}, {"lastName", "Muster"}, {"emailAddress", "anna@example.com"}, {"phoneNumber", ""}}},
      {"shippingAddress", address},
      {"billingAddress", json::object()},
      {"lines", std::move(lines)},
      {"shippingLines", json::array()},
      {"surcharges", json::array()},
      {"taxSummary", json::array()},
      {"payments",
       json::array{json::object{
           {"method", "card"}, {"state", "Settled"}, {"amount", pieces * kGrossPrice}, {"transactionId", "1"}}}}};
}

std::string Shop::orders(const Json& variables, std::size_t& items) const {
  const auto& options = variables.at("options");
  const auto& filter = options.at("filter").as_object();
  std::vector<std::size_t> chosen;
  if (const auto* ids = filter.if_contains("id")) {
    for (const auto& id : ids->at("in").as_array()) {
      if (position_of(id) < orders_.size()) chosen.push_back(position_of(id));
    }
  } else {
    const auto& between = filter.at("orderPlacedAt").at("between");
    const std::string_view start = between.at("start").as_string(), end = between.at("end").as_string();
    for (std::size_t i = 0; i < orders_.size(); ++i) {  // ISO text of one form: text order is time order
      if (orders_[i].placed_at >= start && orders_[i].placed_at <= end) chosen.push_back(i);
    }
  }
  json::array page;
  const auto skip = static_cast<std::size_t>(options.at("skip").as_int64()),
             take = static_cast<std::size_t>(options.at("take").as_int64());
  for (std::size_t i = skip; i < chosen.size() && i - skip < take; ++i) page.push_back(shown(chosen[i]));
  items = page.size();
  return data({{"orders", json::object{{"totalItems", chosen.size()}, {"items", std::move(page)}}}});
}

std::string Shop::order_numbers(const Json& variables, std::size_t& items) const {
  json::array found;
  for (const auto& id : variables.at("ids").as_array()) {
    const auto index = position_of(id);
    if (index >= orders_.size()) continue;
    json::value number;
    if (!orders_[index].number.empty()) number = orders_[index].number;
    found.push_back(json::object{
        {"id", id}, {"code", orders_[index].code}, {"customFields", json::object{{"erpOrderNumber", number}}}});
  }
  items = found.size();
  return data({{"orders", json::object{{"items", std::move(found)}}}});
}

std::string Shop::set_order_number(const Json& variables) {
  const auto& input = variables.at("input");
  auto* order = find(std::string(input.at("id").as_string()));
  if (!order)
    return refusal("No Order with the id \"" + std::string(input.at("id").as_string()) + "\" could be found",
                   "ENTITY_NOT_FOUND");
  const std::string number(input.at("customFields").at("erpOrderNumber").as_string());
  const bool is_taken = std::any_of(orders_.begin(), orders_.end(),
                                    [&](const Order& other) { return &other != order && other.number == number; });
  if (is_taken) return refusal(R"(duplicate key value violates unique constraint "UQ_erpOrderNumber")", "");
  order->number = number;
  return data({{"setOrderCustomFields", json::object{{"id", input.at("id")}}}});
}

std::string Shop::number_holder(const Json& variables) const {
  json::array found;
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    if (orders_[i].number == std::string_view(variables.at("number").as_string()))
      found.push_back(json::object{{"id", std::to_string(i + 1)}, {"code", orders_[i].code}});
  }
  return data({{"orders", json::object{{"items", std::move(found)}}}});
}

}  // namespace ferry::portal
