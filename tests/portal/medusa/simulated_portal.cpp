// The simulated Medusa: a shop behind the part of the admin API that the connector uses, with its sessions and paging.
#include "tests/portal/simulated_portal.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <stdexcept>

#include "plugin/domain/decimal.h"
#include "tests/portal/medusa/catalogue.h"
#include "tests/portal/medusa/customers.h"
#include "tests/portal/medusa/fulfilments.h"
#include "tests/portal/medusa/price_lists.h"
#include "tests/portal/medusa/promotions.h"
#include "tests/portal/medusa/request.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::int64_t kPrice = 10;  // of each piece of everything, without tax
constexpr std::string_view kLocation = "sloc_1";
constexpr std::string_view kLocationName = "Main warehouse";
constexpr std::string_view kOrders = "/admin/orders";
constexpr std::string_view kLevels = "/admin/inventory-items/location-levels/batch";

std::string member_text(const std::string& document, std::string_view name) {
  boost::system::error_code error;
  const auto value = json::parse(document, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* member = object ? object->if_contains(name) : nullptr;
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

// Of the tiers of a price list's document, which are the simulation's own: for one piece, and from ten on.
std::string amounts_in(const std::string& document) {
  boost::system::error_code error;
  const auto value = json::parse(document.empty() ? "{}" : document, error);
  std::string text;
  if (error || !value.as_object().contains("tiers")) return text;
  for (const Decimal pieces : {Decimal(1), Decimal(10)}) {
    std::string amount;
    for (const auto& tier : value.at("tiers").as_array()) {
      if (*Decimal::parse(tier.at("quantity").as_string()) <= pieces) amount = tier.at("amount").as_string();
    }
    if (!amount.empty()) text += (text.empty() ? "" : " ") + amount;
  }
  return text;
}

// "" as well when it is withdrawn.
std::string first_percent(const std::string& document) {
  boost::system::error_code error;
  const auto value = json::parse(document.empty() ? "{}" : document, error);
  if (error || !value.as_object().contains("tiers")) return "";
  return std::string(value.at("tiers").at(0).at("percent").as_string());
}

json::object raw(const Decimal& value) { return {{"value", value.text()}, {"precision", 20}}; }
json::object raw(std::int64_t value) { return raw(Decimal(value)); }

constexpr std::string_view kNumberKey = "erp_order_number";

std::string number_of(const MedusaOrder& order) {
  const auto* number = order.metadata.if_contains(kNumberKey);
  return number ? std::string(number->as_string()) : "";
}

struct Article {
  std::string sku;
  Decimal stocked;
  std::int64_t reserved = 0;
  bool refuses_writes = false;
};

class SimulatedMedusa final : public SimulatedPortal {
 public:
  std::string settings(Dice& dice) const override {
    return R"({"username":"ferry@example.com","password":"secret","stock_location":"Main warehouse","page_size":")" +
           std::to_string(2 + dice.below(12)) + "\"}";
  }

  Asked kind_of(const connector::HttpRequest& request) const override {
    if (request.target.starts_with("/auth/")) return Asked::login;
    if (request.method != "GET") return Asked::write;
    const bool is_window = request.target.starts_with(kOrders) && request.target.find("&offset=") != std::string::npos;
    return is_window ? Asked::page : Asked::read;
  }

  connector::HttpReply answer(const connector::HttpRequest& request, const Fate& fate, Instant now) override;

  void take_by_position(const connector::HttpRequest& request, connector::HttpReply& reply) const override;

  std::optional<std::string> value_in(Feed feed, const std::string& document) const override {
    if (feed == Feed::stock) return document.empty() ? "0" : member_text(document, "quantity");  // "": withdrawn
    if (feed == Feed::discount) return first_percent(document);
    if (feed == Feed::fixed_net_price) return amounts_in(document);
    if (feed == Feed::cost) return member_text(document, "amount");  // "" as well when it is withdrawn
    if (feed == Feed::product) return member_text(document, "name");  // "" as well when it is withdrawn
    if (feed == Feed::customer)  // one that is published no more keeps his name
      return document.empty() ? std::nullopt : std::optional(member_text(document, "name"));
    if (document.empty()) return std::nullopt;  // a number or a price that was once given is never taken back
    return member_text(document, feed == Feed::list_price ? "amount" : "number");
  }
  std::optional<std::string> shown(Feed feed, const std::string& label) const override;
  std::vector<NowShown> take_shown() override { return std::exchange(shown_, {}); }

  void list(const std::string& sku) override {
    if (lists(sku)) return;
    articles_.push_back({sku, {}, 0, false});
    catalogue_.add(sku);
  }
  bool lists(const std::string& sku) const override { return position_of(sku) < articles_.size(); }
  std::int64_t saleable(const std::string& sku) const override;
  void promote(const std::string& sku) override {
    price_lists_.promote("variant_" + std::to_string(position_of(sku) + 1), sku);
  }
  std::string promotions() const override {
    return json::serialize(json::array{price_lists_.of_people(), promotions_.of_people()});
  }
  void refuse(const std::string& sku, bool refuses) override;
  void fail(const std::string& sku, bool fails) override {
    failing_.erase(sku);
    if (fails) failing_.insert(sku);
  }
  std::string place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) override;
  void pay(const std::string& order) override { orders_.at(order_position(order)).is_paid = true; }
  void ship(const std::string& order) override;
  bool cancel(const std::string& order) override;
  std::optional<std::vector<Parcel>> parcels(const std::string& order) const override {
    return parcels_of(orders_.at(order_position(order)));
  }
  void hide_parcels(const connector::HttpRequest& request, connector::HttpReply& reply) const override;
  std::int64_t open(const std::string& order, const std::string& sku) const override;
  std::string reference(const std::string& order) const override { return std::to_string(order_position(order) + 1); }

 private:
  std::size_t position_of(const std::string& sku) const {
    const auto found = std::find_if(articles_.begin(), articles_.end(), [&](const auto& one) { return one.sku == sku; });
    return static_cast<std::size_t>(found - articles_.begin());
  }
  Article& article(const std::string& sku) { return articles_.at(position_of(sku)); }
  // "order_7" is the seventh.
  static std::size_t order_position(std::string_view id) { return std::stoull(std::string(id.substr(6))) - 1; }
  static std::size_t item_position(std::string_view id) { return std::stoull(std::string(id.substr(6))) - 1; }

  bool has_session(const connector::HttpRequest& request) const;
  json::value ask(const connector::HttpRequest& request, const Fate& fate);
  json::value items(const Target& target) const;
  json::value set_levels(const json::value& body);
  void stock_what_is_new();
  json::value list_orders(const Target& target, const Fate& fate);
  json::value change_order(const std::string& path, const json::value& body);
  void take(const Goods& goods);
  json::object order(std::size_t position) const;

  std::vector<Article> articles_;
  Catalogue catalogue_;
  PriceLists price_lists_;
  Promotions promotions_;
  const Promotions::IsGroup is_group_ = [this](const auto& group, const auto& list) {
    return price_lists_.is_group(group, list);
  };
  Customers customers_;
  std::vector<MedusaOrder> orders_;
  std::vector<NowShown> shown_;
  std::set<std::string> failing_;
  std::int64_t inserted_ = 0;       // orders that came in before the page which is read, since the first page was
  std::int64_t sessions_ = 0;       // given so far
  std::int64_t dead_sessions_ = 0;  // the first ones, no longer valid
};

bool SimulatedMedusa::has_session(const connector::HttpRequest& request) const {
  constexpr std::string_view kBearer = "Bearer token-";
  for (const auto& [name, value] : request.headers) {
    if (name == "authorization" && value.starts_with(kBearer))
      return std::stoll(value.substr(kBearer.size())) > dead_sessions_;
  }
  return false;
}

connector::HttpReply SimulatedMedusa::answer(const connector::HttpRequest& request, const Fate& fate, Instant now) {
  connector::HttpReply reply;
  reply.status = 200;
  reply.request_was_sent = true;
  reply.headers = {{"content-type", "application/json; charset=utf-8"}, {"date", date_header(fate, now)}};
  if (fate.fault == Fault::token_expired) dead_sessions_ = sessions_;
  if (kind_of(request) != Asked::login && !has_session(request)) {
    reply.status = 401;
    reply.body = R"({"message":"Unauthorized"})";
    return reply;
  }
  try {
    reply.body = mangled(json::serialize(ask(request, fate)), fate);
  } catch (const Problem& problem) {
    reply.status = problem.status;
    reply.body = json::serialize(json::object{{"type", problem.type}, {"message", problem.message}});
  }
  return reply;
}

void SimulatedMedusa::take_by_position(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  const Target target(request.target);
  const bool is_look = target.path == "/admin/inventory-items";
  if (!is_look && target.path != kLevels) return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  auto* rows = error ? nullptr : answer.find_pointer(is_look ? "/inventory_items" : "/updated", error);
  if (rows == nullptr || !rows->is_array()) return;
  json::array wanted;
  for (const auto& sku : target.all("sku[]")) wanted.emplace_back(sku);
  if (!is_look) {
    const auto asked = json::parse(request.body);
    for (const auto& level : asked.at("update").as_array()) wanted.push_back(level.at("inventory_item_id"));
  }
  for (std::size_t i = 0; i < std::min(rows->as_array().size(), wanted.size()); ++i) {
    auto* row = rows->as_array()[i].if_object();
    if (row != nullptr) (*row)[is_look ? "sku" : "inventory_item_id"] = wanted[i];
  }
  reply.body = json::serialize(answer);
}

json::value SimulatedMedusa::ask(const connector::HttpRequest& request, const Fate& fate) {
  const Target target(request.target);
  if (kind_of(request) == Asked::login) return json::object{{"token", "token-" + std::to_string(++sessions_)}};
  if (target.path == "/admin/stock-locations")
    return json::object{{"stock_locations", json::array{json::object{{"id", kLocation}, {"name", kLocationName}}}},
                        {"count", 1}};
  if (target.path == "/admin/inventory-items") return items(target);
  if (target.path == kLevels) return set_levels(json::parse(request.body));
  if (target.path == kOrders) return list_orders(target, fate);
  if (auto answer = catalogue_.ask(request, target, shown_)) {
    stock_what_is_new();
    return std::move(*answer);
  }
  if (auto answer = customers_.ask(request, target, price_lists_.groups(), shown_)) return std::move(*answer);
  const auto look = [this](std::string_view id) {
    const auto position = item_position(id.substr(2));  // "variant_7" as "iitem_7"
    if (position >= articles_.size()) return PriceLists::Variant{};
    return PriceLists::Variant{articles_[position].sku, articles_[position].refuses_writes};
  };
  if (auto answer = price_lists_.ask(request, target, look, shown_)) {
    if (!price_lists_.is_left_alone()) throw std::logic_error("a person's price list was touched");
    return std::move(*answer);
  }
  const auto refuses = [this](const std::string& sku) { return lists(sku) && article(sku).refuses_writes; };
  if (auto answer = promotions_.ask(request, target, refuses, is_group_, shown_)) {
    if (!promotions_.is_left_alone()) throw std::logic_error("a person's promotion was touched");
    return std::move(*answer);
  }
  if (target.path.starts_with(kOrders))
    return change_order(target.path.substr(kOrders.size() + 1), json::parse(request.body));
  throw Problem{404, "not_found", "Cannot " + request.method + " " + target.path};
}

// ---- stock

json::value SimulatedMedusa::items(const Target& target) const {
  json::array rows;
  for (const auto& sku : target.all("sku[]")) {
    if (!lists(sku)) continue;
    const auto position = position_of(sku);
    const json::object level{{"location_id", kLocation},
                             {"raw_stocked_quantity", raw(articles_[position].stocked)},
                             {"stock_locations", json::array{json::object{{"name", kLocationName}}}}};
    rows.push_back(json::object{
        {"id", "iitem_" + std::to_string(position + 1)}, {"sku", sku}, {"location_levels", json::array{level}}});
  }
  const auto count = rows.size();
  return json::object{{"inventory_items", std::move(rows)}, {"count", count}};
}

// One transaction.
json::value SimulatedMedusa::set_levels(const json::value& body) {
  const auto& updates = body.at("update").as_array();
  for (const auto& level : updates) {
    const auto position = item_position(std::string_view(level.at("inventory_item_id").as_string()));
    if (position >= articles_.size()) throw Problem{404, "not_found", "Item is not stocked at location"};
    if (failing_.contains(articles_[position].sku)) throw Problem{500, "unknown_error", "An unknown error occurred."};
    if (articles_[position].refuses_writes) throw Problem{400, "invalid_data", "a check constraint was violated"};
  }
  json::array updated;
  for (const auto& level : updates) {
    auto& article = articles_[item_position(std::string_view(level.at("inventory_item_id").as_string()))];
    const auto& quantity = level.at("stocked_quantity");
    // half a piece is the only fraction of the simulation
    const auto halves = static_cast<std::int64_t>(quantity.to_number<double>() * 2);
    article.stocked = *Decimal::from_minor_units(halves * 5, 1);
    shown_.push_back({Feed::stock, article.sku, article.stocked.text(), true});
    updated.push_back(json::object{{"inventory_item_id", level.at("inventory_item_id")}, {"location_id", kLocation}});
  }
  return json::object{{"created", json::array()}, {"updated", std::move(updated)}, {"deleted", json::array()}};
}

// Medusa makes the inventory item with the variant.
void SimulatedMedusa::stock_what_is_new() {
  const auto skus = catalogue_.skus();
  for (auto i = articles_.size(); i < skus.size(); ++i) articles_.push_back({skus[i], {}, 0, false});
}

std::int64_t SimulatedMedusa::saleable(const std::string& sku) const {
  const auto& article = articles_.at(position_of(sku));
  const auto halves = article.stocked.times(Decimal(2))->to_minor_units(0).value_or(0);
  return halves / 2 - article.reserved;
}

void SimulatedMedusa::refuse(const std::string& sku, bool refuses) {
  if (!lists(sku)) return;
  article(sku).refuses_writes = refuses;
  catalogue_.refuse(sku, refuses);
}

// ---- orders

std::string SimulatedMedusa::place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) {
  for (const auto& line : lines) article(line.sku).reserved += line.quantity;
  MedusaOrder order;
  for (const auto& line : lines) order.lines.push_back({line.sku, line.quantity, 0});
  order.is_paid = is_paid;
  order.placed_at = std::chrono::floor<std::chrono::milliseconds>(placed_at);
  orders_.push_back(std::move(order));
  return "order_" + std::to_string(orders_.size());
}

// What leaves was reserved before.
void SimulatedMedusa::take(const Goods& goods) {
  for (const auto& [sku, pieces] : goods) {
    auto& sold = article(sku);
    sold.reserved -= pieces;
    sold.stocked = *sold.stocked.minus(Decimal(pieces));
    shown_.push_back({Feed::stock, sold.sku, sold.stocked.text(), false});
  }
}

void SimulatedMedusa::ship(const std::string& id) { take(fulfil_rest(orders_.at(order_position(id)))); }

bool SimulatedMedusa::cancel(const std::string& id) {
  auto& order = orders_.at(order_position(id));
  if (order.is_cancelled || order.has_fulfilments()) return false;
  order.is_cancelled = true;
  for (const auto& line : order.lines) article(line.sku).reserved -= line.quantity;
  return true;
}

void SimulatedMedusa::hide_parcels(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  if (request.method != "GET" || request.target.find("fulfillments.id") == std::string::npos) return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  auto* rows = error ? nullptr : answer.find_pointer("/orders", error);
  if (rows == nullptr || !rows->is_array()) return;
  for (auto& row : rows->as_array()) {
    auto* order = row.if_object();
    if (order == nullptr) continue;
    (*order)["fulfillments"] = json::array();
    auto* items = (*order)["items"].if_array();
    for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
      if (auto* item = (*items)[i].if_object()) (*item)["detail"] = json::object{{"raw_fulfilled_quantity", raw(0)}};
    }
  }
  reply.body = json::serialize(answer);
}

json::object SimulatedMedusa::order(std::size_t position) const {
  const auto& order = orders_[position];
  const auto number = std::to_string(position + 1);
  json::array items;
  std::int64_t pieces = 0;
  for (const auto& line : order.lines) {
    pieces += line.quantity;
    items.push_back(json::object{{"id", line_id(position, items.size())},
                                 {"title", line.sku},
                                 {"variant_sku", line.sku},
                                 {"requires_shipping", true},
                                 {"raw_quantity", raw(line.quantity)},
                                 {"raw_total", raw(line.quantity * kPrice)},
                                 {"raw_tax_total", raw(0)},
                                 {"tax_lines", json::array()},
                                 {"variant", json::object{{"inventory_items", json::array()}}},
                                 {"detail", json::object{{"raw_fulfilled_quantity", raw(line.fulfilled)}}}});
  }
  json::value metadata;
  if (!order.metadata.empty()) metadata = order.metadata;
  return {{"id", "order_" + number},
          {"display_id", position + 1},
          {"status", order.is_cancelled ? "canceled" : "pending"},
          {"payment_status", order.is_cancelled ? "canceled" : order.is_paid ? "captured" : "not_paid"},
          {"email", "anna@example.com"},
          {"currency_code", "eur"},
          {"created_at", to_iso8601(order.placed_at)},
          {"metadata", std::move(metadata)},
          {"raw_total", raw(pieces * kPrice)},
          {"raw_tax_total", raw(0)},
          {"shipping_address", json::object{{"first_name", "Anna"}, {"last_name", "Muster"}, {"country_code", "de"}}},
          {"billing_address", nullptr},
          {"customer", nullptr},
          {"items", std::move(items)},
          {"fulfillments", fulfilments_of(order, position)},
          {"shipping_methods", json::array()},
          {"payment_collections", json::array()}};
}

json::value SimulatedMedusa::list_orders(const Target& target, const Fate& fate) {
  std::vector<std::size_t> chosen;
  const auto from = target.query.find("created_at[$gte]"), to = target.query.find("created_at[$lt]");
  if (from != target.query.end() && to != target.query.end()) {
    const auto begin = from_iso8601(from->second).value(), end = from_iso8601(to->second).value();
    for (std::size_t i = 0; i < orders_.size(); ++i) {
      if (orders_[i].placed_at >= begin && orders_[i].placed_at < end) chosen.push_back(i);
    }
  } else {
    for (const auto& id : target.all("id[]")) {
      if (order_position(id) < orders_.size()) chosen.push_back(order_position(id));
    }
  }
  auto skip = target.number("offset"), take = target.number("limit");
  auto count = static_cast<std::int64_t>(chosen.size());
  if (from != target.query.end()) {  // a page, with the fault of a list
    if (skip == 0) inserted_ = 0;
    if (skip > 0 && fate.fault == Fault::page_drift) ++inserted_;  // and stays there for the pages that follow
    if (skip > 0 && fate.fault == Fault::duplicated_page) skip = std::max<std::int64_t>(0, skip - take);
    // an offset is the client's own; what makes it come again is a page that has nothing though more is announced
    if (fate.fault == Fault::repeated_cursor) take = 0;
    skip = std::max<std::int64_t>(0, skip - inserted_);
    count += inserted_;
  }
  json::array rows;
  for (auto i = static_cast<std::size_t>(skip); i < chosen.size() && std::ssize(rows) < take; ++i)
    rows.push_back(order(chosen[i]));
  return json::object{{"orders", std::move(rows)}, {"count", count}};
}

json::value SimulatedMedusa::change_order(const std::string& path, const json::value& body) {
  const auto id = path.substr(0, path.find('/'));
  const auto position = order_position(id);
  if (position >= orders_.size()) throw Problem{404, "not_found", "Order id not found: " + id};
  auto& order = orders_[position];
  if (path.size() > id.size()) {
    take(change_fulfilments(order, position, path.substr(id.size() + 1), body));
  } else {
    for (const auto& [key, text] : body.at("metadata").as_object()) {
      if (text.as_string().empty()) {
        order.metadata.erase(key);
      } else {
        order.metadata[key] = text;
      }
      if (key == kNumberKey) shown_.push_back({Feed::order_status, reference(id), number_of(order), true});
    }
  }
  return json::object{{"order", json::object{{"id", id}}}};
}

std::optional<std::string> SimulatedMedusa::shown(Feed feed, const std::string& label) const {
  if (feed == Feed::customer) return customers_.name(label);
  if (feed == Feed::stock && !lists(label)) return std::nullopt;
  if (feed == Feed::stock) return articles_[position_of(label)].stocked.text();
  if (feed == Feed::product) return catalogue_.name(label);
  if (feed == Feed::list_price) return catalogue_.price(label);
  if (feed == Feed::cost) return catalogue_.cost(label);
  if (feed == Feed::discount)
    return promotions_.percent(label, "0", is_group_) +
           (promotions_.has_wrong_breaks(label, "0", is_group_) ? " and a wrong break" : "");
  if (feed == Feed::fixed_net_price) return price_lists_.prices(label, "0");
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    if (std::to_string(i + 1) == label) return number_of(orders_[i]);
  }
  return std::nullopt;
}

std::int64_t SimulatedMedusa::open(const std::string& id, const std::string& sku) const {
  const auto& order = orders_[order_position(id)];
  std::int64_t open = 0;
  if (order.is_cancelled) return open;
  for (const auto& line : order.lines) open += line.sku == sku ? line.quantity - line.fulfilled : 0;
  return open;
}

}  // namespace

std::unique_ptr<SimulatedPortal> make_simulated_portal_medusa();
std::unique_ptr<SimulatedPortal> make_simulated_portal_medusa() { return std::make_unique<SimulatedMedusa>(); }

}  // namespace ferry::portal
