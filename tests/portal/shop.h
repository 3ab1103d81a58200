// The shop behind the stand-in portal: products, variants with stock, price and cost, customers and orders, as far as
// the vendure connector can see them. It answers by operation name and reads no GraphQL. Not thread-safe.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "plugin/domain/feed.h"
#include "plugin/domain/time.h"

namespace ferry::portal {

struct Line {
  std::string sku;
  std::int64_t quantity = 0;
  std::int64_t fulfilled = 0;
};

// One that is cancelled holds nothing.
struct OrderFulfilment {
  std::string method, tracking, state;
  std::vector<std::pair<std::size_t, std::int64_t>> lines;  // position and pieces
};

// Of what was paid for an order; one that is Pending is only promised.
struct OrderRefund {
  std::string state, reason, transaction, made_at;
  std::int64_t amount = 0;                               // minor units
  std::vector<std::pair<std::size_t, std::int64_t>> lines;  // position and pieces
};

struct Order {
  std::string code, state, placed_at, number;
  std::vector<Line> lines;
  std::vector<OrderFulfilment> fulfilments;
  std::int64_t paid = 0;  // minor units, in one payment
  std::vector<OrderRefund> refunds;
  std::map<std::string, std::string> texts;  // custom fields beside the number; those that are empty are not there
};

// What the shop shows from now on, whoever changed it.
struct Shown {
  Feed feed = Feed::stock;
  std::string label;          // SKU, party's or order's code
  std::string value;          // on hand; the price or the cost in major units; the name ("": disabled); or the number
  bool is_by_request = true;  // else the shop acted by itself
};

// What can be wrong with a page of a list.
enum class PageTrick : std::uint8_t {
  none = 1,
  page_before,  // the page before is given instead of the one asked for
  nothing_new,  // an empty page that says there is more: the next one would be the same
  drift,        // something came in before the page's begin: this page and the later ones of the list have moved by one
};

class Shop {
 public:
  using Json = boost::json::value;

  // The name of a request's operation ("FerrySetStock"); "" where there is none.
  static std::string operation_of(std::string_view body);
  static bool writes(std::string_view operation) noexcept;
  // Answers one admin-API request body; `items` becomes how many records it concerned.
  std::string answer(std::string_view body, std::size_t& items, PageTrick trick = PageTrick::none);

  // As a person makes it: the only variant of an enabled product of the same name, which is not priced yet.
  void add_variant(const std::string& sku, std::int64_t on_hand);
  bool knows(const std::string& sku) const { return by_sku_.contains(sku); }
  // Every SKU that is asked for exists, with nothing on hand: for large catalogues.
  void know_every_sku() { knows_every_sku_ = true; }

  std::int64_t on_hand(const std::string& sku) const;
  std::string price(const std::string& sku) const;  // in major units; what nobody priced costs "0"
  std::string cost(const std::string& sku) const;   // "": none
  std::string name(const std::string& sku) const;   // "": not enabled
  // Per cent off for the customers of a price list, whatever they order; and what they get more from some quantity on.
  std::string discount(const std::string& sku) const;           // "": none
  std::string tiers(const std::string& sku) const;  // that are noted with it, a JSON array
  std::string quantity_discount(const std::string& sku) const;  // "": none
  std::string fixed_price(const std::string& sku) const;        // of a price list; "": none
  // A promotion of a person's: 25 per cent off, for everybody. Precondition: knows(sku).
  void promote(const std::string& sku);
  Json promotions_of_people() const;
  // What a customer can buy: on hand less what open orders hold back.
  std::int64_t saleable(const std::string& sku) const;

  // A paid order, placed now. Its id.
  std::string place_order(const std::string& sku, std::int64_t quantity);
  std::string place_order(const std::vector<Line>& lines);
  std::string place_order(const std::vector<Line>& lines, std::string_view state, std::string_view placed_at);
  void set_state(const std::string& order_id, std::string_view state);
  // As a person does it: everything still open leaves the stock, as one parcel.
  void fulfil(const std::string& order_id);
  void cancel(const std::string& order_id);  // everything still open is released
  // As a person does it: so much of what was paid goes back, for those pieces (of SKUs) or for none. False: more than is left.
  bool give_back(const std::string& order_id, std::int64_t amount, const std::string& reason, const std::vector<Line>& goods);
  const Order* order(const std::string& order_id) const;
  // A refund's id, by its position in the order.
  static constexpr std::int64_t kGrossPrice = 1200;  // minor units, of each piece of everything
  static std::string refund_id(const std::string& order_id, std::size_t position);
  // "Anna Muster" of the customer with that party code; "": there is none.
  std::string customer_name(const std::string& code) const;
  std::vector<std::string> customer_groups(const std::string& code) const;
  // As somebody registers by himself: without a party code.
  void register_customer(const std::string& email);
  std::size_t order_count() const noexcept { return orders_.size(); }

  // Every batch that would write this SKU is refused as a whole, the way a database refuses it.
  void refuse_writes_of(const std::string& sku, bool refuses);
  std::string sku_of(const std::string& variant) const;  // by its id; empty: there is none
  std::string promoted_sku(const std::string& promotion) const;  // the same of a promotion with a key
  // What has been shown anew since the last call.
  std::vector<Shown> take_shown() { return std::exchange(shown_, {}); }
  void keep_shown(bool keeps) { keeps_shown_ = keeps; }

  // Every variant and every order: {"variants":{SKU:{"on_hand","saleable"}},"orders":[{"id","code","state","number",
  // "refunds":[{"id","state","reason","amount"}]}]}, amounts in minor units.
  Json state() const;
  // How far the shop's clock is from true time.
  void skew_clock(Duration skew) { skew_ = skew; }
  // From now on the shop's clock stands there; else it is the system's.
  void be_at(Instant moment) { moment_ = moment; }

 private:
  struct Variant {
    std::string sku;
    std::int64_t on_hand = 0, allocated = 0;
    bool refuses_writes = false;
    std::int64_t price = 0;  // minor units
    std::optional<std::int64_t> cost;
    std::optional<std::int64_t> fixed_price;  // in the price list's channel; none: it is not in it
    std::string name;
    bool is_enabled = true;
    std::size_t product = 0;            // position
    std::vector<std::size_t> options;  // positions
  };
  struct Product {
    std::string erp_id, name, description;
    bool is_enabled = false;
    std::vector<std::size_t> variants, groups;  // positions
  };
  struct Customer {
    std::string code, first_name, last_name, email, phone;
    std::vector<std::size_t> groups;  // positions
    std::vector<Json> addresses;
  };
  struct OptionGroup {
    std::string code;
  };
  struct Option {
    std::size_t group = 0;
    std::string code;
  };

  std::size_t variant_index(const std::string& sku);  // npos: unknown
  // The queries of variants: `asks` is what each asks of one, by the stem of the queries' names.
  std::string variants(std::string_view asks, const Json& variables, std::size_t& items);
  std::string variant_list(std::string_view asks, const Json& variables, std::size_t& items) const;
  std::string variant_page(std::string_view asks, const std::vector<std::size_t>& chosen, const Json& variables,
                           std::size_t& items) const;
  boost::json::object listed(std::string_view asks, std::size_t index) const;
  std::string set_variants(const Json& variables, std::size_t& items);
  void set_variant(Variant& variant, const Json& change);
  std::string catalogue(const Json& variables, std::size_t& items) const;
  std::string catalogue_list(const Json& variables, std::size_t& items) const;
  boost::json::object listed_product(std::size_t index) const;
  boost::json::object listed_in_catalogue(std::size_t index) const;
  std::string create_product(const Json& variables);
  std::string set_product(const Json& variables);
  std::string options_problem(const Product& product, const std::vector<std::size_t>& options) const;
  std::string create_variants(const Json& variables);
  std::string create_option_group(const Json& variables);
  std::string add_option_group(const Json& variables);
  std::string remove_option_group(const Json& variables);
  std::string create_option(const Json& variables);
  std::string customers(const Json& variables, std::size_t& items) const;
  std::string customer_list(const Json& variables, std::size_t& items) const;
  boost::json::object listed_customer(std::size_t index) const;
  std::string create_customer(const Json& variables);
  std::string set_customer(const Json& variables);
  std::string create_group(const Json& variables);
  std::string change_group(const Json& variables, bool joins);
  std::string create_address(const Json& variables);
  std::string promotion_key(std::size_t position) const;
  void on_promotion(std::size_t position);
  static void fill_promotion(boost::json::object& promotion, const Json& input);
  std::string promotions(const Json& variables, std::size_t& items) const;
  std::string promotion_list(const Json& variables, std::size_t& items) const;
  std::string create_promotion(const Json& variables);
  std::string set_promotion(const Json& variables);
  std::string fixed_prices(const Json& variables, std::size_t& items) const;
  std::string variant_ids(const Json& variables, std::size_t& items) const;
  std::string set_fixed_prices(const Json& variables, std::size_t& items);
  std::string change_channel(const Json& variables, bool adds);
  std::string order_list(const Json& variables, std::size_t& items) const;
  std::string orders(const Json& variables, std::size_t& items, PageTrick trick);
  std::string order_numbers(const Json& variables, std::size_t& items) const;
  std::string set_order_number(const Json& variables);
  std::string number_holder(const Json& variables) const;
  std::string shipments(const Json& variables, std::size_t& items) const;
  std::string add_fulfilment(const Json& variables);
  std::string set_fulfilment(const Json& variables);
  std::string refunds(const Json& variables, std::size_t& items) const;
  std::string refund_order(const Json& variables);
  std::string settle_refund(const Json& variables);
  boost::json::array payments(std::size_t index) const;
  void fulfil(Order& order, OrderFulfilment fulfilment);
  void take_back(Order& order, OrderFulfilment& fulfilment);
  boost::json::object shown(std::size_t index) const;
  Order* find(const std::string& order_id);
  void set_on_hand(Variant& variant, std::int64_t on_hand, bool is_by_request);
  std::string now() const;

  std::vector<Shown> shown_;
  bool keeps_shown_ = false;
  bool knows_every_sku_ = false;
  std::vector<Variant> variants_;  // id = position + 1
  std::unordered_map<std::string, std::size_t> by_sku_;
  std::vector<Product> products_;          // id = position + 1, as of all that follow
  std::vector<OptionGroup> option_groups_;
  std::vector<Option> options_;
  std::vector<Customer> customers_;
  std::vector<std::string> groups_;  // of customers, by name
  std::vector<boost::json::object> promotions_;  // as they are shown
  std::vector<Order> orders_;  // id = position + 1
  std::size_t drift_ = 0;      // of the list that is being paged through
  Duration skew_{};
  std::optional<Instant> moment_;
};

}  // namespace ferry::portal
