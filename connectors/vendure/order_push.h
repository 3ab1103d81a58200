// What the parts of an order's status that are told step by step have in common: each looks at the portal's orders.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "connectors/vendure/stepwise_push.h"

namespace ferry::vendure {

class OrderPush : public StepwisePush {
 protected:
  // The items are documents of the feed `order_status`. `query` asks for orders by $ids and $take.
  OrderPush(const Settings& settings, std::span<const connector::OutboundItem> items, std::string_view query,
            std::string_view remedy)
      : StepwisePush(settings, items, {"orders"}, remedy), query_(query) {}

  // What else the item's document says. Empty, or what is wrong with it.
  virtual std::string read_rest(std::size_t /*index*/, const json::value& /*document*/) { return ""; }
  // `order` is as the portal shows it now.
  virtual NextStep step_of(std::size_t index, const json::value& order) const = 0;

  const std::string& order_of(std::size_t index) const { return orders_.at(index); }  // the portal's id

 private:
  std::string read(std::size_t index) final;
  connector::HttpRequest look_at(std::span<const std::size_t> indices) const final;
  NextStep next_step(std::size_t index, const json::value& data) const final;
  std::string place_of(std::size_t index) const final { return order_of(index); }

  const std::string_view query_;
  std::map<std::size_t, std::string> orders_;  // the portal's ids by index
};

}  // namespace ferry::vendure
