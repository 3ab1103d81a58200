// The simulated Vendure: the shop of the stand-in portal behind Vendure's sessions and paging.
#include "tests/portal/simulated_portal.h"

#include <algorithm>
#include <set>

#include "tests/portal/shop.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kForbidden =
    R"({"errors":[{"message":"You are not currently authorized to perform this action",)"
    R"("extensions":{"code":"FORBIDDEN"}}],"data":null})";

std::string_view operation_of(std::string_view body) {
  const auto begin = body.find("Ferry");
  return begin == std::string_view::npos ? "" : body.substr(begin, body.find_first_of("({ ", begin) - begin);
}

std::string member_text(const std::string& document, std::string_view name) {
  boost::system::error_code error;
  const auto value = json::parse(document, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* member = object ? object->if_contains(name) : nullptr;
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

// The value of the first tier, which is valid for every quantity; "": there is none.
std::string first_tier(const std::string& document, std::string_view value) {
  boost::system::error_code error;
  const auto parsed = json::parse(document, error);
  const auto* tiers = error || !parsed.is_object() ? nullptr : parsed.as_object().if_contains("tiers");
  if (tiers == nullptr || tiers->as_array().empty()) return "";
  return std::string(tiers->at(0).at(value).as_string());
}

class SimulatedVendure final : public SimulatedPortal {
 public:
  SimulatedVendure() { shop_.keep_shown(true); }

  std::string settings(Dice& dice) const override {
    return R"({"username":"ferry","password":"secret","customer_code_field":"erpPartyCode",)"
           R"("order_state_field":"erpStatus","order_invoices_field":"erpInvoices","order_cancelled_field":"erpCancelled",)"
           R"("price_list_channels":{"0":"list-0"},"page_size":")" +
           std::to_string(2 + dice.below(12)) + "\"}";
  }

  Asked kind_of(const connector::HttpRequest& request) const override {
    const auto operation = operation_of(request.body);
    if (operation == "FerryLogin") return Asked::login;
    if (operation == "FerryOrders") return Asked::page;
    return Shop::writes(operation) ? Asked::write : Asked::read;
  }

  connector::HttpReply answer(const connector::HttpRequest& request, const Fate& fate, Instant now) override;
  void take_by_position(const connector::HttpRequest& request, connector::HttpReply& reply) const override;

  std::optional<std::string> value_in(Feed feed, const std::string& document) const override {
    if (feed == Feed::stock) return document.empty() ? "0" : member_text(document, "quantity");  // "": withdrawn
    if (feed == Feed::cost) return member_text(document, "amount");  // "" as well when it is withdrawn
    if (feed == Feed::discount) return first_tier(document, "percent");  // "" as well when it is withdrawn
    if (feed == Feed::fixed_net_price) return first_tier(document, "amount");
    if (feed == Feed::product) return member_text(document, "name");
    if (feed == Feed::customer)  // one that is published no more keeps his name
      return document.empty() ? std::nullopt : std::optional(member_text(document, "name"));
    if (document.empty()) return std::nullopt;  // a number or a price that was once given is never taken back
    return member_text(document, feed == Feed::list_price ? "amount" : "number");
  }
  std::optional<std::string> shown(Feed feed, const std::string& label) const override;
  std::vector<NowShown> take_shown() override;

  void list(const std::string& sku) override {
    if (!lists(sku)) shop_.add_variant(sku, 0);
  }
  bool lists(const std::string& sku) const override { return shop_.knows(sku); }
  std::int64_t saleable(const std::string& sku) const override { return shop_.saleable(sku); }
  void promote(const std::string& sku) override { shop_.promote(sku); }
  std::string promotions() const override { return json::serialize(shop_.promotions_of_people()); }
  void refuse(const std::string& sku, bool refuses) override { shop_.refuse_writes_of(sku, refuses); }
  void fail(const std::string& sku, bool fails) override {
    failing_.erase(sku);
    if (fails) failing_.insert(sku);
  }
  std::string place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) override;
  void pay(const std::string& order) override { shop_.set_state(order, "PaymentSettled"); }
  void ship(const std::string& order) override { shop_.fulfil(order); }
  bool cancel(const std::string& order) override {
    shop_.cancel(order);
    return true;
  }
  std::int64_t open(const std::string& order, const std::string& sku) const override;
  std::optional<std::vector<Parcel>> parcels(const std::string& order) const override;
  void hide_parcels(const connector::HttpRequest& request, connector::HttpReply& reply) const override;
  std::string reference(const std::string& order) const override { return shop_.order(order)->code; }
  std::optional<std::vector<PaidBack>> refunds(const std::string& order) const override;
  std::int64_t paid(const std::string& order) const override { return shop_.order(order)->paid; }
  bool give_back(const std::string& order, std::span<const OrderLine> goods, std::int64_t cents, const std::string& reason,
                 Instant at) override;
  void hide_refunds(const connector::HttpRequest& request, connector::HttpReply& reply) const override;
  std::optional<OrderWords> words(const std::string& order) const override;

 private:
  bool has_session(const connector::HttpRequest& request) const;
  bool makes_it_fail(const connector::HttpRequest& request) const;
  std::vector<std::string> skus_in(std::string_view operation, const json::value& variables) const;
  static bool has_channel(const connector::HttpRequest& request);
  std::string discount(const std::string& sku) const;
  std::string ask(const connector::HttpRequest& asked, const Fate& fate);

  Shop shop_;
  std::set<std::string> failing_;
  std::int64_t inserted_ = 0;       // orders that came in before the page which is read, since the first page was
  std::int64_t sessions_ = 0;       // given so far
  std::int64_t dead_sessions_ = 0;  // the first ones, no longer valid
};

bool SimulatedVendure::has_session(const connector::HttpRequest& request) const {
  constexpr std::string_view kBearer = "Bearer token-";
  for (const auto& [name, value] : request.headers) {
    if (name == "authorization" && value.starts_with(kBearer))
      return std::stoll(value.substr(kBearer.size())) > dead_sessions_;
  }
  return false;
}

// The SKUs that a write is about, as far as it says.
std::vector<std::string> SimulatedVendure::skus_in(std::string_view operation, const json::value& variables) const {
  std::vector<std::string> skus;
  const auto add_variants = [&](const json::value& ids) {
    for (const auto& id : ids.as_array()) skus.push_back(shop_.sku_of(std::string(id.as_string())));
  };
  if (const auto* variants = variables.as_object().if_contains("variants")) add_variants(*variants);
  const auto* input = variables.as_object().if_contains("input");
  if (input == nullptr) return skus;
  if (operation == "FerryCreatePromotion") {
    const auto& key = input->at("customFields").at("erpKey").as_string();
    skus.emplace_back(key.subview(key.rfind('/') + 1));
  } else if (operation == "FerrySetPromotion") {
    skus.push_back(shop_.promoted_sku(std::string(input->at("id").as_string())));
  } else if (input->is_array()) {
    for (const auto& change : input->as_array()) {
      const auto* sku = change.as_object().if_contains("sku");
      skus.push_back(sku ? std::string(sku->as_string()) : shop_.sku_of(std::string(change.at("id").as_string())));
    }
  }
  return skus;
}

bool SimulatedVendure::makes_it_fail(const connector::HttpRequest& request) const {
  const auto operation = operation_of(request.body);
  if (failing_.empty() || !Shop::writes(operation)) return false;
  const auto skus = skus_in(operation, json::parse(request.body).at("variables"));
  return std::any_of(skus.begin(), skus.end(), [&](const auto& sku) { return failing_.contains(sku); });
}

// A price list's own channel is asked for its prices, and for nothing else.
bool SimulatedVendure::has_channel(const connector::HttpRequest& request) {
  const auto operation = operation_of(request.body);
  const bool is_lists = operation.starts_with("FerryFixedPrice") || operation == "FerrySetFixedPrices";
  const auto given = std::find_if(request.headers.begin(), request.headers.end(),
                                  [](const auto& header) { return header.first == "vendure-token"; });
  return given == request.headers.end() ? !is_lists : is_lists && given->second == "list-0";
}

// The first percentage; with a mark where the quantity breaks are not those of the tiers that are noted.
std::string SimulatedVendure::discount(const std::string& sku) const {
  const auto first = shop_.discount(sku);
  const auto tiers = first.empty() ? std::string("[]") : shop_.tiers(sku);
  const auto count = json::parse(tiers).as_array().size();
  const bool has_break = !shop_.quantity_discount(sku).empty();
  return has_break == (count > 1) ? first : first + " and a wrong break";
}

void SimulatedVendure::take_by_position(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  const bool is_look = operation_of(request.body) == "FerryVariants";
  if (!is_look && operation_of(request.body) != "FerrySetStock") return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  const auto asked = json::parse(request.body);
  auto* rows = error ? nullptr : answer.find_pointer(is_look ? "/data/productVariants/items" : "/data/updateProductVariants", error);
  if (rows == nullptr || !rows->is_array()) return;
  const auto& wanted = asked.at("variables").at(is_look ? "skus" : "input").as_array();
  for (std::size_t i = 0; i < std::min(rows->as_array().size(), wanted.size()); ++i) {
    auto* row = rows->as_array()[i].if_object();
    if (row != nullptr) (*row)[is_look ? "sku" : "id"] = is_look ? wanted[i] : wanted[i].at("id");
  }
  reply.body = json::serialize(answer);
}

// A page with the fault of a list, by asking for another one; everything else as it is.
std::string SimulatedVendure::ask(const connector::HttpRequest& asked, const Fate& fate) {
  std::size_t items = 0;
  if (kind_of(asked) != Asked::page) return shop_.answer(asked.body, items);
  auto request = json::parse(asked.body);
  auto& options = request.at("variables").at("options").as_object();
  const auto skip = options.at("skip").as_int64(), take = options.at("take").as_int64();
  if (skip == 0) inserted_ = 0;
  if (skip > 0 && fate.fault == Fault::page_drift) ++inserted_;  // and stays there for the pages that follow
  if (skip > 0 && fate.fault == Fault::duplicated_page) options["skip"] = std::max<std::int64_t>(0, skip - take);
  // an offset is the client's own; what makes it come again is a page that has nothing though more is announced
  if (fate.fault == Fault::repeated_cursor) options["take"] = 0;
  if (inserted_ == 0) return shop_.answer(json::serialize(request), items);
  options["skip"] = options["skip"].as_int64() - inserted_;
  auto answer = json::parse(shop_.answer(json::serialize(request), items));
  auto& total = answer.at("data").at("orders").at("totalItems");
  total = total.as_int64() + inserted_;
  return json::serialize(answer);
}

connector::HttpReply SimulatedVendure::answer(const connector::HttpRequest& request, const Fate& fate, Instant now) {
  connector::HttpReply reply;
  reply.status = 200;
  reply.request_was_sent = true;
  reply.headers = {{"content-type", "application/json; charset=utf-8"}, {"date", date_header(fate, now)}};
  if (fate.fault == Fault::token_expired) dead_sessions_ = sessions_;
  const bool is_login = kind_of(request) == Asked::login;
  if (!is_login && !has_session(request)) {
    reply.headers.emplace_back("vendure-auth-token", "");
    reply.body = kForbidden;
    return reply;
  }
  if (makes_it_fail(request)) {
    reply.status = 500;
    reply.body = R"({"statusCode":500,"message":"Internal server error","path":"/admin-api"})";
    return reply;
  }
  if (!has_channel(request)) {
    reply.body = R"({"errors":[{"message":"error.channel-not-found","extensions":{"code":"CHANNEL_NOT_FOUND"}}],"data":null})";
    return reply;
  }
  if (is_login) reply.headers.emplace_back("vendure-auth-token", "token-" + std::to_string(++sessions_));
  shop_.be_at(now);
  reply.body = mangled(ask(request, fate), fate);
  return reply;
}

std::optional<std::string> SimulatedVendure::shown(Feed feed, const std::string& label) const {
  if (feed == Feed::customer) return shop_.customer_name(label);
  if (feed != Feed::order_status && !lists(label)) return std::nullopt;
  if (feed == Feed::stock) return std::to_string(shop_.on_hand(label));
  if (feed == Feed::list_price) return shop_.price(label);
  if (feed == Feed::cost) return shop_.cost(label);
  if (feed == Feed::discount) return discount(label);
  if (feed == Feed::fixed_net_price) return shop_.fixed_price(label);
  if (feed == Feed::product) return shop_.name(label);
  for (std::size_t i = 1; i <= shop_.order_count(); ++i) {
    if (const auto* order = shop_.order(std::to_string(i)); order->code == label) return order->number;
  }
  return std::nullopt;
}

std::vector<NowShown> SimulatedVendure::take_shown() {
  std::vector<NowShown> result;
  for (auto& shown : shop_.take_shown())
    result.push_back({shown.feed, std::move(shown.label), std::move(shown.value), shown.is_by_request});
  return result;
}

std::string SimulatedVendure::place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) {
  std::vector<Line> shop_lines;
  for (const auto& line : lines) shop_lines.push_back({line.sku, line.quantity, 0});
  const auto placed = to_iso8601(std::chrono::floor<std::chrono::milliseconds>(placed_at));
  return shop_.place_order(shop_lines, is_paid ? "PaymentSettled" : "ArrangingAdditionalPayment", placed);
}

std::int64_t SimulatedVendure::open(const std::string& order, const std::string& sku) const {
  std::int64_t open = 0;
  for (const auto& line : shop_.order(order)->lines) open += line.sku == sku ? line.quantity - line.fulfilled : 0;
  return open;
}

// The number stands in brackets behind the carrier.
std::optional<std::vector<Parcel>> SimulatedVendure::parcels(const std::string& id) const {
  std::vector<Parcel> parcels;
  const auto& order = *shop_.order(id);
  for (const auto& fulfilment : order.fulfilments) {
    if (fulfilment.state == "Cancelled") continue;
    Parcel parcel;
    const auto begin = fulfilment.method.find('[');
    if (begin != std::string::npos) parcel.shipment = fulfilment.method.substr(begin + 1, fulfilment.method.size() - begin - 2);
    parcel.has_left = fulfilment.state == "Shipped";
    for (const auto& [position, pieces] : fulfilment.lines) parcel.pieces[order.lines[position].sku] += pieces;
    parcels.push_back(std::move(parcel));
  }
  return parcels;
}

void SimulatedVendure::hide_parcels(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  if (operation_of(request.body) != "FerryShipments") return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  auto* orders = error ? nullptr : answer.find_pointer("/data/orders/items", error);
  if (orders == nullptr || !orders->is_array()) return;
  for (auto& order : orders->as_array()) {
    if (order.is_object()) order.as_object()["fulfillments"] = json::array();
  }
  reply.body = json::serialize(answer);
}

std::optional<std::vector<PaidBack>> SimulatedVendure::refunds(const std::string& id) const {
  std::vector<PaidBack> refunds;
  for (const auto& refund : shop_.order(id)->refunds)
    refunds.push_back({Shop::refund_id(id, refunds.size()), refund.reason, refund.amount, refund.state == "Settled"});
  return refunds;
}

bool SimulatedVendure::give_back(const std::string& order, std::span<const OrderLine> goods, std::int64_t cents,
                                 const std::string& reason, Instant at) {
  std::vector<Line> pieces;
  for (const auto& piece : goods) pieces.push_back({piece.sku, piece.quantity, 0});
  shop_.be_at(at);
  return shop_.give_back(order, cents, reason, pieces);
}

void SimulatedVendure::hide_refunds(const connector::HttpRequest& request, connector::HttpReply& reply) const {
  if (operation_of(request.body) != "FerryRefunds") return;
  boost::system::error_code error;
  auto answer = json::parse(reply.body, error);
  auto* orders = error ? nullptr : answer.find_pointer("/data/orders/items", error);
  for (std::size_t i = 0; orders != nullptr && orders->is_array() && i < orders->as_array().size(); ++i) {
    auto* payment = orders->as_array()[i].find_pointer("/payments/0", error);
    if (payment != nullptr && payment->is_object()) payment->as_object()["refunds"] = json::array();
  }
  reply.body = json::serialize(answer);
}

std::optional<OrderWords> SimulatedVendure::words(const std::string& id) const {
  const auto text = [&texts = shop_.order(id)->texts](const char* name) {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string() : found->second;
  };
  return OrderWords{text("erpStatus"), text("erpInvoices"), text("erpCancelled")};
}

}  // namespace

std::unique_ptr<SimulatedPortal> make_simulated_portal_vendure();
std::unique_ptr<SimulatedPortal> make_simulated_portal_vendure() { return std::make_unique<SimulatedVendure>(); }

}  // namespace ferry::portal
