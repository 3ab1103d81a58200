#include "tests/portal/shop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "plugin/domain/time.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::int64_t kNetPrice = 1000;  // minor units, of each piece of everything
constexpr std::array<std::string_view, 3> kTextFields = {"erpStatus", "erpInvoices", "erpCancelled"};  // of an order

std::string operation_in(std::string_view query) {
  const auto begin = query.find("Ferry");
  if (begin == std::string_view::npos) return "";
  return std::string(query.substr(begin, query.find_first_of("({ ", begin) - begin));
}

constexpr std::string_view kProbe =
    R"({"data":{"me":{"channels":[{"code":"__default_channel__","token":"t","permissions":[)"
    R"("ReadCatalog","UpdateCatalog","CreateCatalog","ReadCustomer","CreateCustomer","UpdateCustomer",)"
    R"("ReadCustomerGroup","CreateCustomerGroup","UpdateCustomerGroup","ReadOrder","UpdateOrder","ReadPromotion",)"
    R"("CreatePromotion","UpdatePromotion"]},{"code":"list-0","token":"list-0","permissions":["UpdateCatalog"]}]},)"
    R"("activeChannel":{"pricesIncludeTax":false,"defaultCurrencyCode":"EUR","availableCurrencyCodes":["EUR"]},)"
    R"("globalSettings":{"serverConfig":{"moneyStrategyPrecision":2,"entityCustomFields":[)"
    R"({"entityName":"Order","customFields":[{"name":"erpOrderNumber","type":"string"},{"name":"erpStatus","type":"string"},)"
    R"({"name":"erpInvoices","type":"text"},{"name":"erpCancelled","type":"text"}]},)"
    R"({"entityName":"Customer","customFields":[{"name":"erpPartyCode","type":"string"}]},)"
    R"({"entityName":"Promotion","customFields":[{"name":"erpKey","type":"string"},{"name":"erpTiers","type":"text"}]},)"
    R"({"entityName":"Product","customFields":[{"name":"erpId","type":"string"}]},)"
    R"({"entityName":"ProductVariant","customFields":[{"name":"costPrice","type":"int"}]}]}}}})";
constexpr std::string_view kLocations =
    R"({"data":{"stockLocations":{"items":[{"id":"1","name":"Default Stock Location"}]}}})";
constexpr std::string_view kLogin = R"({"data":{"login":{"__typename":"CurrentUser"}}})";

}  // namespace

std::string Shop::operation_of(std::string_view body) {
  boost::system::error_code error;
  const auto request = json::parse({body.data(), body.size()}, error);
  const auto* object = error ? nullptr : request.if_object();
  const auto* query = object ? object->if_contains("query") : nullptr;
  return query && query->is_string() ? operation_in(std::string_view(query->get_string())) : "";
}

bool Shop::writes(std::string_view operation) noexcept {
  for (const std::string_view verb : {"FerrySet", "FerryCreate", "FerryAdd", "FerryRemove", "FerryTake"}) {
    if (operation.starts_with(verb)) return true;
  }
  return operation == "FerryRefundOrder";
}

std::string Shop::answer(std::string_view body, std::size_t& items, PageTrick trick) try {
  const auto request = json::parse({body.data(), body.size()});
  const auto operation = operation_in(std::string_view(request.at("query").as_string()));
  const auto& variables = request.at("variables");
  items = 1;
  if (operation == "FerryLogin") return std::string(kLogin);
  if (operation == "FerryProbe") return std::string(kProbe);
  if (operation == "FerryLocations") return std::string(kLocations);
  for (const std::string_view asks : {"FerryVariant", "FerryPrice", "FerryCost"}) {
    if (operation == std::string(asks) + "s") return variants(asks, variables, items);
    if (operation == std::string(asks) + "List") return variant_list(asks, variables, items);
  }
  if (operation == "FerryOrderList") return order_list(variables, items);
  for (const std::string_view sets : {"FerrySetStock", "FerrySetPrices", "FerrySetCosts", "FerrySetVariants"}) {
    if (operation == sets) return set_variants(variables, items);
  }
  if (operation == "FerryCatalogue") return catalogue(variables, items);
  if (operation == "FerryCatalogueList") return catalogue_list(variables, items);
  if (operation == "FerryCreateProduct") return create_product(variables);
  if (operation == "FerrySetProduct") return set_product(variables);
  if (operation == "FerryCreateVariants") return create_variants(variables);
  if (operation == "FerryCreateOptionGroup") return create_option_group(variables);
  if (operation == "FerryAddOptionGroup") return add_option_group(variables);
  if (operation == "FerryRemoveOptionGroup") return remove_option_group(variables);
  if (operation == "FerryCustomers") return customers(variables, items);
  if (operation == "FerryCustomerList") return customer_list(variables, items);
  if (operation == "FerryCreateCustomer") return create_customer(variables);
  if (operation == "FerrySetCustomer") return set_customer(variables);
  if (operation == "FerryCreateGroup") return create_group(variables);
  if (operation == "FerryAddToGroup") return change_group(variables, true);
  if (operation == "FerryRemoveFromGroup") return change_group(variables, false);
  if (operation == "FerryCreateAddress") return create_address(variables);
  if (operation == "FerryCreateOption") return create_option(variables);
  if (operation == "FerryPromotions") return promotions(variables, items);
  if (operation == "FerryPromotionList") return promotion_list(variables, items);
  if (operation == "FerryCreatePromotion") return create_promotion(variables);
  if (operation == "FerrySetPromotion") return set_promotion(variables);
  if (operation == "FerryFixedPrices" || operation == "FerryFixedPriceList") return fixed_prices(variables, items);
  if (operation == "FerryVariantIds") return variant_ids(variables, items);
  if (operation == "FerrySetFixedPrices") return set_fixed_prices(variables, items);
  if (operation == "FerryAddToChannel") return change_channel(variables, true);
  if (operation == "FerryTakeFromChannel") return change_channel(variables, false);
  if (operation == "FerryOrders") return orders(variables, items, trick);
  if (operation == "FerryOrderNumbers") return order_numbers(variables, items);
  if (operation == "FerrySetOrderNumber") return set_order_number(variables);
  if (operation == "FerryNumberHolder") return number_holder(variables);
  if (operation == "FerryShipments") return shipments(variables, items);
  if (operation == "FerryAddFulfillment") return add_fulfilment(variables);
  if (operation == "FerrySetFulfillment") return set_fulfilment(variables);
  if (operation == "FerryRefunds") return refunds(variables, items);
  if (operation == "FerryRefundOrder") return refund_order(variables);
  if (operation == "FerrySettleRefund") return settle_refund(variables);
  return refusal("unknown operation", "GRAPHQL_VALIDATION_FAILED");
} catch (const std::exception& problem) {
  return refusal(problem.what(), "BAD_USER_INPUT");
}

std::string Shop::order_list(const Json& variables, std::size_t& items) const {
  const auto& options = variables.at("options");
  const auto& filter = options.at("filter").as_object();
  json::array found;
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto& order = orders_[i];
    bool is_chosen = false;
    if (const auto* code = filter.if_contains("code")) {
      const auto& codes = code->at("in").as_array();
      is_chosen = std::find(codes.begin(), codes.end(), json::value(order.code)) != codes.end();
    } else {
      const auto& between = filter.at("orderPlacedAt").at("between");
      is_chosen = order.placed_at >= std::string_view(between.at("start").as_string()) &&
                  order.placed_at <= std::string_view(between.at("end").as_string());
    }
    if (!is_chosen) continue;
    found.push_back(json::object{{"id", std::to_string(i + 1)},
                                 {"code", order.code},
                                 {"orderPlacedAt", order.placed_at},
                                 {"customFields", json::object{{"erpOrderNumber", order.number}}}});
  }
  const auto total = found.size();
  const auto skip = std::min(total, static_cast<std::size_t>(options.at("skip").as_int64()));
  const auto end = std::min(total, skip + static_cast<std::size_t>(options.at("take").as_int64()));
  items = end - skip;
  return data({{"orders", json::object{{"totalItems", total},
                                       {"items", json::array(found.begin() + static_cast<std::ptrdiff_t>(skip),
                                                             found.begin() + static_cast<std::ptrdiff_t>(end))}}}});
}

std::string Shop::now() const {
  const Instant moment = moment_.value_or(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  return to_iso8601(std::chrono::floor<std::chrono::milliseconds>(moment + skew_));
}

std::string Shop::place_order(const std::string& sku, std::int64_t quantity) {
  return place_order({{sku, quantity, 0}});
}

std::string Shop::place_order(const std::vector<Line>& lines) { return place_order(lines, "PaymentSettled", now()); }

std::string Shop::place_order(const std::vector<Line>& lines, std::string_view state, std::string_view placed_at) {
  for (const auto& line : lines) {
    if (variant_index(line.sku) == std::string::npos) throw std::invalid_argument("no variant with SKU " + line.sku);
  }
  std::int64_t paid = 0;
  for (const auto& line : lines) {
    variants_[variant_index(line.sku)].allocated += line.quantity;
    paid += line.quantity * kGrossPrice;
  }
  const auto id = std::to_string(orders_.size() + 1);
  orders_.push_back({"CODE" + id, std::string(state), std::string(placed_at), "", lines, {}, paid, {}, {}});
  return id;
}

void Shop::set_state(const std::string& order_id, std::string_view state) {
  if (auto* order = find(order_id)) order->state = state;
}

Shop::Json Shop::state() const {
  json::object variants;
  json::array orders;
  for (const auto& variant : variants_)
    variants[variant.sku] = {{"on_hand", variant.on_hand}, {"saleable", variant.on_hand - variant.allocated}};
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto& order = orders_[i];
    json::array refunds;
    for (const auto& refund : order.refunds)
      refunds.push_back(json::object{{"id", refund_id(std::to_string(i + 1), refunds.size())},
                                     {"state", refund.state},
                                     {"reason", refund.reason},
                                     {"amount", refund.amount}});
    orders.push_back({{"id", std::to_string(i + 1)}, {"code", order.code}, {"state", order.state},
                      {"number", order.number}, {"refunds", std::move(refunds)}});
  }
  return {{"variants", std::move(variants)}, {"orders", std::move(orders)}};
}

Order* Shop::find(const std::string& order_id) {
  const auto position = std::stoull(order_id) - 1;
  return position < orders_.size() ? &orders_[position] : nullptr;
}

const Order* Shop::order(const std::string& order_id) const { return const_cast<Shop*>(this)->find(order_id); }

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
      {"payments", payments(index)}};
}

std::string Shop::orders(const Json& variables, std::size_t& items, PageTrick trick) {
  const auto& options = variables.at("options");
  const auto& filter = options.at("filter").as_object();
  std::vector<std::size_t> chosen;
  const auto* ids = filter.if_contains("id");
  if (ids) {
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
  std::stable_sort(chosen.begin(), chosen.end(), [this](std::size_t a, std::size_t b) {
    return orders_[a].placed_at < orders_[b].placed_at;  // as the connector asks for it
  });
  auto skip = static_cast<std::size_t>(options.at("skip").as_int64());
  const auto take = static_cast<std::size_t>(options.at("take").as_int64());
  if (skip == 0 || ids) drift_ = 0;  // another list begins
  if (trick == PageTrick::drift && skip > 0) ++drift_;
  const auto total = chosen.size() + (ids ? 0 : drift_);
  if (trick == PageTrick::nothing_new) skip = chosen.size();
  if (trick == PageTrick::page_before) skip -= std::min(skip, take);
  skip -= ids ? 0 : std::min(skip, drift_);
  json::array page;
  for (std::size_t i = skip; i < chosen.size() && i - skip < take; ++i) page.push_back(shown(chosen[i]));
  items = page.size();
  return data({{"orders", json::object{{"totalItems", total}, {"items", std::move(page)}}}});
}

std::string Shop::order_numbers(const Json& variables, std::size_t& items) const {
  json::array found;
  for (const auto& id : variables.at("ids").as_array()) {
    const auto index = position_of(id);
    if (index >= orders_.size()) continue;
    json::object fields{{"erpOrderNumber", nullptr}};
    for (const auto name : kTextFields) fields[name] = nullptr;
    if (!orders_[index].number.empty()) fields["erpOrderNumber"] = orders_[index].number;
    for (const auto& [name, text] : orders_[index].texts) fields[name] = text;
    found.push_back(json::object{{"id", id}, {"code", orders_[index].code}, {"customFields", std::move(fields)}});
  }
  items = found.size();
  return data({{"orders", json::object{{"totalItems", found.size()}, {"items", std::move(found)}}}});
}

std::string Shop::set_order_number(const Json& variables) {
  const auto& input = variables.at("input");
  auto* order = find(std::string(input.at("id").as_string()));
  if (!order)
    return refusal("No Order with the id \"" + std::string(input.at("id").as_string()) + "\" could be found",
                   "ENTITY_NOT_FOUND");
  const auto& fields = input.at("customFields").as_object();
  if (const auto* given = fields.if_contains("erpOrderNumber")) {
    const std::string number(given->as_string());
    const bool is_taken = std::any_of(orders_.begin(), orders_.end(),
                                      [&](const Order& other) { return &other != order && other.number == number; });
    if (is_taken) return refusal(R"(duplicate key value violates unique constraint "UQ_erpOrderNumber")", "");
    order->number = number;
    if (keeps_shown_) shown_.push_back({Feed::order_status, order->code, number, true});
  }
  for (const auto name : kTextFields) {
    const auto* given = fields.if_contains(name);
    if (given == nullptr) continue;
    order->texts.erase(std::string(name));
    if (given->is_string()) order->texts[std::string(name)] = std::string(given->get_string());
  }
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
