#include "tests/portal/control.h"

#include <boost/json.hpp>
#include <stdexcept>

namespace ferry::portal {
namespace json = boost::json;
namespace {

Fault fault_named(std::string_view name) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (name_of(static_cast<Fault>(i)) == name) return static_cast<Fault>(i);
  }
  throw std::invalid_argument("no fault is called \"" + std::string(name) + "\"");
}

Duration milliseconds_at(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value ? std::chrono::milliseconds(value->to_number<std::int64_t>()) : Duration(0);
}

Duration seconds_at(const json::object& from) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(from.at("seconds").to_number<double>() * 1000));
}

std::string text_at(const json::object& from, std::string_view name) { return std::string(from.at(name).as_string()); }

std::string place_order(Shop& shop, const json::object& given) {
  std::vector<Line> lines;
  for (const auto& line : given.at("lines").as_array())
    lines.push_back({text_at(line.as_object(), "sku"), line.at("quantity").to_number<std::int64_t>(), 0});
  const auto id = shop.place_order(std::move(lines));
  return json::serialize(json::object{{"id", id}, {"code", shop.order(id)->code}});
}

// Without "cents": what the goods cost.
std::string pay_back(Shop& shop, const json::object& given) {
  std::vector<Line> goods;
  std::int64_t cents = 0;
  for (const auto& line : given.at("lines").as_array()) {
    goods.push_back({text_at(line.as_object(), "sku"), line.at("quantity").to_number<std::int64_t>(), 0});
    cents += goods.back().quantity * Shop::kGrossPrice;
  }
  if (const auto* amount = given.if_contains("cents")) cents = amount->to_number<std::int64_t>();
  return json::serialize(json::object{{"paid", shop.give_back(text_at(given, "id"), cents, text_at(given, "reason"), goods)}});
}

std::string stock(const Shop& shop, const json::object& given) {
  json::object found;
  for (const auto& item : given.at("skus").as_array()) {
    const std::string sku(item.as_string());
    found[sku] = {{"on_hand", shop.on_hand(sku)}, {"saleable", shop.saleable(sku)}};
  }
  return json::serialize(found);
}

std::string prices(const Shop& shop, const json::object& given) {
  json::object found;
  for (const auto& item : given.at("skus").as_array()) {
    const std::string sku(item.as_string());
    found[sku] = {{"list_price", shop.price(sku)}, {"cost", shop.cost(sku)}};
  }
  return json::serialize(found);
}

// What a customer reads there: of each SKU its name ("": not enabled), what the customers of the price list get off and
// pay ("": nothing); of each party's code the customer's name.
std::string records(const Shop& shop, const json::object& given) {
  json::object products, customers;
  for (const auto& item : given.at("skus").as_array()) {
    const std::string sku(item.as_string());
    products[sku] = {{"name", shop.name(sku)}, {"discount", shop.discount(sku)}, {"fixed_price", shop.fixed_price(sku)}};
  }
  for (const auto& item : given.at("customers").as_array()) {
    const std::string code(item.as_string());
    customers[code] = shop.customer_name(code);
  }
  return json::serialize(json::object{{"products", std::move(products)}, {"customers", std::move(customers)}});
}

}  // namespace

Climate parse_climate(std::string_view body, Instant now) {
  const auto parsed = json::parse({body.data(), body.size()});
  const auto& given = parsed.as_object();
  Climate climate;
  if (given.empty()) return climate;
  climate.stormy = {now, Instant::max()};
  if (const auto* faults = given.if_contains("faults")) {
    for (const auto& [name, share] : faults->as_object())
      climate.per_million[static_cast<std::size_t>(fault_named(name))] = share.to_number<std::uint32_t>();
  }
  climate.usual_latency = milliseconds_at(given, "usual_latency_ms");
  climate.slow_latency = milliseconds_at(given, "slow_latency_ms");
  climate.most_wait = milliseconds_at(given, "most_wait_ms");
  climate.most_late = milliseconds_at(given, "most_late_ms");
  climate.skew = milliseconds_at(given, "skew_ms");
  return climate;
}

std::string control(const ControlContext& context, std::string_view page, std::string_view body) {
  auto& desk = context.desk;
  if (page == "/health") return R"({"status":"ok"})";
  if (page == "/totals") return desk.journal.totals();
  if (page == "/shop") return json::serialize(desk.shop.state());
  if (page == "/weather") {
    auto climate = parse_climate(body, context.now);
    desk.shop.skew_clock(climate.skew);  // a portal with a wrong clock stamps its orders by it
    desk.weather.set(std::move(climate));
    return "{}";
  }
  const auto parsed = json::parse({body.data(), body.size()});
  const auto& given = parsed.as_object();
  if (page == "/orders") return place_order(desk.shop, given);
  if (page == "/refund") return pay_back(desk.shop, given);
  if (page == "/stock") return stock(desk.shop, given);
  if (page == "/prices") return prices(desk.shop, given);
  if (page == "/records") return records(desk.shop, given);
  if (page == "/variants") {
    for (const auto& sku : given.at("skus").as_array())
      desk.shop.add_variant(std::string(sku.as_string()), given.at("on_hand").to_number<std::int64_t>());
  } else if (page == "/fulfil") {
    desk.shop.fulfil(text_at(given, "id"));
  } else if (page == "/cancel") {
    desk.shop.cancel(text_at(given, "id"));
  } else if (page == "/down") {
    context.go_down(seconds_at(given));
  } else if (page == "/tokens") {
    desk.expire_tokens();
    desk.let_tokens_last(seconds_at(given));
  } else {
    throw std::invalid_argument("no such page");
  }
  return "{}";
}

}  // namespace ferry::portal
