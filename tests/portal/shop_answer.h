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

}  // namespace ferry::portal
