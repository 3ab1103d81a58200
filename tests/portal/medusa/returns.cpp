#include "tests/portal/medusa/returns.h"

#include <map>
#include <utility>
#include <vector>

#include "tests/portal/medusa/request.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

using Return = MedusaOrder::Return;

std::string return_id(std::size_t order, std::size_t position) {
  return "return_" + std::to_string(order + 1) + "_" + std::to_string(position + 1);
}

std::string_view status_of(const Return& returned) {
  switch (returned.stage) {
    case Return::Stage::open: return "open";
    case Return::Stage::received: return "received";
    default: return "requested";
  }
}

std::int64_t pieces_of(const Return& returned, std::size_t line) {
  std::int64_t sum = 0;
  for (const auto& [position, pieces] : returned.lines) sum += position == line ? pieces : 0;
  return sum;
}

bool is_asked_for(const Return& returned) {
  return returned.stage == Return::Stage::requested || returned.stage == Return::Stage::receiving;
}

void need(bool is_so, const char* otherwise) {
  if (!is_so) throw Problem{400, "invalid_data", otherwise};
}

std::vector<std::pair<std::size_t, std::int64_t>> items_in(const MedusaOrder& order, std::size_t position, const json::value& body) {
  std::vector<std::pair<std::size_t, std::int64_t>> items;
  for (const auto& item : body.at("items").as_array()) {
    std::size_t line = 0;
    while (line < order.lines.size() && line_id(position, line) != std::string_view(item.at("id").as_string())) ++line;
    need(line < order.lines.size(), "Items with ids do not exist in the order");
    items.emplace_back(line, item.at("quantity").as_int64());
  }
  return items;
}

void request_items(const MedusaOrder& order, Return& returned, std::vector<std::pair<std::size_t, std::int64_t>> items) {
  for (const auto& [line, pieces] : items) {
    const auto left = order.lines[line].fulfilled - returned_pieces(order, line) - requested_pieces(order, line);
    need(pieces + pieces_of(returned, line) <= left, "Cannot request to return more items than what was fulfilled");
  }
  returned.lines.insert(returned.lines.end(), items.begin(), items.end());
}

void receive(Return& returned, std::vector<std::pair<std::size_t, std::int64_t>> items) {
  returned.taken.insert(returned.taken.end(), items.begin(), items.end());
}

void confirm(Return& returned, Instant now) {
  std::map<std::size_t, std::int64_t> asked, taken;
  for (const auto& [line, pieces] : returned.lines) asked[line] += pieces;
  for (const auto& [line, pieces] : returned.taken) taken[line] += pieces;
  need(asked == taken, "the simulation's returns are received as a whole");
  returned.stage = Return::Stage::received;
  returned.received_at = now;
}

}  // namespace

std::int64_t returned_pieces(const MedusaOrder& order, std::size_t line) {
  std::int64_t sum = 0;
  for (const auto& returned : order.returns) sum += returned.stage == Return::Stage::received ? pieces_of(returned, line) : 0;
  return sum;
}

std::int64_t requested_pieces(const MedusaOrder& order, std::size_t line) {
  std::int64_t sum = 0;
  for (const auto& returned : order.returns) sum += is_asked_for(returned) ? pieces_of(returned, line) : 0;
  return sum;
}

json::array returns_of(const MedusaOrder& order, std::size_t position) {
  json::array rows;
  for (std::size_t i = 0; i < order.returns.size(); ++i) {
    const auto& returned = order.returns[i];
    if (returned.stage == Return::Stage::given_up) continue;
    const bool is_received = returned.stage == Return::Stage::received;
    json::array items;
    for (const auto& [line, pieces] : returned.lines) {
      if (returned.stage == Return::Stage::open) break;
      items.push_back(json::object{{"item_id", line_id(position, line)},
                                   {"raw_quantity", raw(pieces)},
                                   {"raw_received_quantity", raw(is_received ? pieces : 0)}});
    }
    json::value received_at;
    if (is_received) received_at = to_iso8601(returned.received_at);
    rows.push_back(json::object{{"id", return_id(position, i)},
                                {"status", status_of(returned)},
                                {"metadata", returned.metadata},
                                {"received_at", std::move(received_at)},
                                {"items", std::move(items)}});
  }
  return rows;
}

std::size_t order_of_return(std::string_view id) { return std::stoull(std::string(id.substr(7))) - 1; }

std::string make_return(MedusaOrder& order, std::size_t position, const json::value& body) {
  need(!order.is_cancelled, "Order with id was canceled");
  Return made;
  made.metadata = body.at("metadata");
  order.returns.push_back(std::move(made));
  return return_id(position, order.returns.size() - 1);
}

void change_return(MedusaOrder& order, std::size_t position, std::string_view id, std::string_view method, std::string_view part,
                   const json::value& body, Instant now) {
  std::size_t at = 0;
  while (at < order.returns.size() && return_id(position, at) != id) ++at;
  if (at == order.returns.size() || order.returns[at].stage == Return::Stage::given_up)
    throw Problem{404, "not_found", "Return id not found: " + std::string(id)};
  auto& returned = order.returns[at];
  constexpr auto* kNotActive = "Order change is not active";
  if (part == "request" && method == "DELETE") {
    need(returned.stage == Return::Stage::open, kNotActive);
    returned.stage = Return::Stage::given_up;
  } else if (part == "request-items") {
    need(returned.stage == Return::Stage::open, kNotActive);
    request_items(order, returned, items_in(order, position, body));
  } else if (part == "request") {
    need(returned.stage == Return::Stage::open, kNotActive);
    need(!returned.lines.empty(), "Order return must have at least 1 item");
    returned.stage = Return::Stage::requested;
  } else if (part == "receive" && method == "DELETE") {
    need(returned.stage == Return::Stage::receiving, kNotActive);
    returned.stage = Return::Stage::requested;
    returned.taken.clear();
  } else if (part == "receive") {
    need(returned.stage == Return::Stage::requested, "Order already has an existing active order change");
    returned.stage = Return::Stage::receiving;
  } else if (part == "dismiss-items") {
    need(returned.stage == Return::Stage::receiving, kNotActive);
    receive(returned, items_in(order, position, body));
  } else if (part == "receive/confirm") {
    need(returned.stage == Return::Stage::receiving, kNotActive);
    confirm(returned, now);
  } else {
    throw Problem{404, "not_found", "Cannot " + std::string(method) + " " + std::string(part)};
  }
}

}  // namespace ferry::portal
