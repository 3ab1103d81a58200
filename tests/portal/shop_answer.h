// How the shop answers: GraphQL's data or its errors.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace ferry::portal {

inline std::string data(boost::json::object object) {
  return boost::json::serialize(boost::json::object{{"data", std::move(object)}});
}

// Without a code: the way Vendure passes on what its database said.
inline std::string refusal(std::string_view message, std::string_view code) {
  boost::json::object error{{"message", message}};
  if (!code.empty()) error["extensions"] = boost::json::object{{"code", code}};
  return boost::json::serialize(boost::json::object{{"errors", boost::json::array{std::move(error)}}, {"data", nullptr}});
}

// Ids are positions that begin with 1.
inline std::size_t position_of(const boost::json::value& id) { return std::stoull(std::string(id.as_string())) - 1; }

// Of a part of an order (a fulfilment, a refund): the order's id times that, and the part's.
inline constexpr std::size_t kOrderFactor = 100'000;
struct OrderPart {
  std::size_t order = 0, part = 0;  // positions; those of no id are far out of every range
};
inline std::string part_id(OrderPart at) { return std::to_string((at.order + 1) * kOrderFactor + at.part + 1); }
inline OrderPart part_of(const boost::json::value& id) {
  const auto number = position_of(id);
  return {number / kOrderFactor - 1, number % kOrderFactor};
}

}  // namespace ferry::portal
