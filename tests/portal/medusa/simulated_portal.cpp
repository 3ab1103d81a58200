// The simulated Medusa: a shop behind the part of the admin API that the connector uses, with its sessions and paging.
#include "tests/portal/simulated_portal.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <stdexcept>

#include "plugin/domain/decimal.h"
#include "tests/portal/medusa/catalogue.h"
#include "tests/portal/medusa/customers.h"
#include "tests/portal/medusa/orders.h"
#include "tests/portal/medusa/price_lists.h"
#include "tests/portal/medusa/promotions.h"
#include "tests/portal/medusa/refunds.h"
#include "tests/portal/medusa/request.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kLocation = "sloc_1";
constexpr std::string_view kLocationName = "Main warehouse";
constexpr std::string_view kOrders = "/admin/orders";
constexpr std::string_view kPayments = "/admin/payments/pay_";
constexpr std::string_view kReturns = "/admin/returns";
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
  void pay(const std::string& order) override { orders_.of(order).is_paid = true; }
  void ship(const std::string& order) override { take(fulfil_rest(orders_.of(order))); }
  bool cancel(const std::string& order) override;
  std::optional<std::vector<Parcel>> parcels(const std::string& order) const override {
    return parcels_of(orders_.of(order));
  }
  void hide_parcels(const connector::HttpRequest& request, connector::HttpReply& reply) const override;
  std::int64_t open(const std::string& order, const std::string& sku) const override { return orders_.open(order, sku); }
  std::string reference(const std::string& order) const override { return orders_.reference(order); }
  std::optional<std::vector<PaidBack>> refunds(const std::string& order) const override { return orders_.refunds(order); }
  std::int64_t paid(const std::string& order) const override { return paid_of(orders_.of(order)); }
  bool give_back(const std::string& order, std::span<const OrderLine> goods, std::int64_t cents, const std::string& reason,
                 Instant at) override {
    return orders_.give_back(order, goods, cents, reason, at);
  }
  void hide_refunds(const connector::HttpRequest& request, connector::HttpReply& reply) const override;
  std::optional<OrderWords> words(const std::string& order) const override {
    const auto& known = orders_.of(order);
    return OrderWords{known.text("erp_state"), known.text("erp_invoices"), known.text("erp_cancelled")};
  }

 private:
  std::size_t position_of(const std::string& sku) const {
    const auto found = std::find_if(articles_.begin(), articles_.end(), [&](const auto& one) { return one.sku == sku; });
    return static_cast<std::size_t>(found - articles_.begin());
  }
  Article& article(const std::string& sku) { return articles_.at(position_of(sku)); }
  static std::size_t item_position(std::string_view id) { return std::stoull(std::string(id.substr(6))) - 1; }

  bool has_session(const connector::HttpRequest& request) const;
  json::value ask(const connector::HttpRequest& request, const Fate& fate);
  json::value items(const Target& target) const;
  json::value set_levels(const json::value& body);
  void stock_what_is_new();
  void take(const Goods& goods);

  std::vector<Article> articles_;
  Catalogue catalogue_;
  PriceLists price_lists_;
  Promotions promotions_;
  const Promotions::IsGroup is_group_ = [this](const auto& group, const auto& list) {
    return price_lists_.is_group(group, list);
  };
  Customers customers_;
  MedusaOrders orders_;
  Instant now_{};  // when it was last asked
  std::vector<NowShown> shown_;
  std::set<std::string> failing_;
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
  now_ = now;
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
  if (target.path == kOrders) return orders_.list(target, fate);
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
  if (target.path.starts_with(kOrders)) {
    const auto path = target.path.substr(kOrders.size() + 1);
    take(orders_.change(path, json::parse(request.body), shown_));
    return json::object{{"order", json::object{{"id", path.substr(0, path.find('/'))}}}};
  }
  if (target.path.starts_with(kReturns)) {
    const auto path = target.path.substr(std::min(target.path.size(), kReturns.size() + 1));
    return orders_.take_back(request.method, path, request.body.empty() ? json::value() : json::parse(request.body), now_);
  }
  if (target.path.starts_with(kPayments)) return orders_.pay_back(target.path.substr(kPayments.size()), json::parse(request.body), now_);
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
  return orders_.place(lines, is_paid, placed_at);
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

bool SimulatedMedusa::cancel(const std::string& id) {
  if (!orders_.cancel(id, now_)) return false;
  for (const auto& line : orders_.of(id).lines) article(line.sku).reserved -= line.quantity;
  return true;
}

void SimulatedMedusa::hide_refunds(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  if (request.method != "GET" || request.target.find("captures.raw_amount") == std::string::npos) return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  auto* rows = error ? nullptr : answer.find_pointer("/orders", error);
  for (std::size_t i = 0; rows != nullptr && rows->is_array() && i < rows->as_array().size(); ++i) {
    auto* payment = rows->as_array()[i].find_pointer("/payment_collections/0/payments/0", error);
    if (payment != nullptr && payment->is_object()) payment->as_object()["refunds"] = json::array();
  }
  reply.body = json::serialize(answer);
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
      auto* detail = (*items)[i].find_pointer("/detail", error);
      if (detail != nullptr && detail->is_object()) detail->as_object()["raw_fulfilled_quantity"] = raw(0);
    }
  }
  reply.body = json::serialize(answer);
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
  const auto* order = orders_.find(label);
  return order == nullptr ? std::nullopt : std::optional(order->text(kOrderNumberKey));
}

}  // namespace

std::unique_ptr<SimulatedPortal> make_simulated_portal_medusa();
std::unique_ptr<SimulatedPortal> make_simulated_portal_medusa() { return std::make_unique<SimulatedMedusa>(); }

}  // namespace ferry::portal
