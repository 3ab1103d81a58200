// The shop behind the stand-in portal: variants with stock, and orders, as far as the vendure connector can see them.
// It answers by operation name and reads no GraphQL. Not thread-safe.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferry::portal {

struct Line {
  std::string sku;
  std::int64_t quantity = 0;
  std::int64_t fulfilled = 0;
};

struct Order {
  std::string code, state, placed_at, number;
  std::vector<Line> lines;
};

class Shop {
 public:
  // Answers one admin-API request body; `operation` becomes its name ("FerrySetStock", "" when it is none we know),
  // `items` how many records it concerned.
  std::string answer(std::string_view body, std::string& operation, std::size_t& items);

  void add_variant(const std::string& sku, std::int64_t on_hand);
  // Every SKU that is asked for exists, with nothing on hand: for large catalogues.
  void know_every_sku() { knows_every_sku_ = true; }

  std::int64_t on_hand(const std::string& sku) const;
  // What a customer can buy: on hand less what open orders hold back.
  std::int64_t saleable(const std::string& sku) const;

  // A paid order of one line, placed now. Its id.
  std::string place_order(const std::string& sku, std::int64_t quantity);
  void fulfil(const std::string& order_id);  // everything still open leaves the stock
  void cancel(const std::string& order_id);  // everything still open is released
  const Order* order(const std::string& order_id) const;

 private:
  struct Variant {
    std::string sku;
    std::int64_t on_hand = 0, allocated = 0;
  };
  using Json = boost::json::value;

  std::size_t variant_index(const std::string& sku);  // npos: unknown
  std::string variants(const Json& variables, std::size_t& items);
  std::string set_stock(const Json& variables, std::size_t& items);
  std::string orders(const Json& variables, std::size_t& items) const;
  std::string order_numbers(const Json& variables, std::size_t& items) const;
  std::string set_order_number(const Json& variables);
  std::string number_holder(const Json& variables) const;
  boost::json::object shown(std::size_t index) const;
  Order* find(const std::string& order_id);

  bool knows_every_sku_ = false;
  std::vector<Variant> variants_;  // id = position + 1
  std::unordered_map<std::string, std::size_t> by_sku_;
  std::vector<Order> orders_;  // id = position + 1
};

}  // namespace ferry::portal
