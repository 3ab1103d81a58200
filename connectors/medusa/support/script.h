// Steps an exchange through scripted replies.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa::test {

inline Settings settings() {
  Settings settings;
  settings.email = "ferry@example.com";
  settings.password = "a-password";
  settings.order_number_key = "erp_order_number";
  settings.cost_key = "erp_cost";
  settings.price_list_key = "erp_price_list";
  settings.order_states = {"authorized", "captured"};
  return settings;
}

inline connector::HttpReply status(int code, std::string body = "", connector::Headers headers = {}) {
  connector::HttpReply reply;
  reply.status = code;
  reply.request_was_sent = true;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return reply;
}
inline connector::HttpReply ok(const json::value& body, connector::Headers headers = {}) {
  return status(200, json::serialize(body), std::move(headers));
}
inline connector::HttpReply lost(bool was_sent) {
  connector::HttpReply reply;
  reply.request_was_sent = was_sent;
  reply.error = "read: timed out";
  return reply;
}
inline connector::HttpReply refused(int code, const std::string& type, const std::string& message) {
  return status(code, json::serialize(json::object{{"type", type}, {"message", message}}));
}
inline connector::HttpReply listed(std::string_view list, json::array rows, std::optional<std::size_t> count = {}) {
  const auto size = count.value_or(rows.size());
  return ok(json::object{{list, std::move(rows)}, {"count", size}});
}
inline connector::HttpReply locations() {
  const json::object first{{"id", "sloc_1"}, {"name", "Main"}}, second{{"id", "sloc_2"}, {"name", "WH2"}};
  return listed("stock_locations", {first, second});
}
inline json::object raw(const std::string& value) { return {{"value", value}, {"precision", 20}}; }

struct Played {
  std::vector<connector::HttpRequest> requests;
  std::vector<Duration> pauses;
  std::vector<ItemVerdict> items;  // by index
  json::value body(std::size_t request) const { return json::parse(requests.at(request).body); }
};

// Each Send is answered by the next reply; replies left over or missing show in `requests`.
inline Played play(connector::Exchange& exchange, std::vector<connector::HttpReply> replies) {
  Played played;
  auto step = exchange.start();
  std::size_t next = 0;
  for (;;) {
    if (auto* send = std::get_if<connector::Send>(&step)) {
      played.requests.push_back(send->request);
      if (next == replies.size()) return played;
      step = exchange.on_reply(replies[next++]);
    } else if (auto* pause = std::get_if<connector::Pause>(&step)) {
      played.pauses.push_back(pause->wait);
      step = exchange.on_resume();
    } else {
      break;
    }
  }
  played.items = std::get<connector::Finish>(step).items;
  std::sort(played.items.begin(), played.items.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return played;
}

}  // namespace ferry::medusa::test
