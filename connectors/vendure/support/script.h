// Steps an exchange through scripted replies.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure::test {

inline Settings settings() {
  Settings settings;
  settings.username = "ferry@example.com";
  settings.password = "a-password";
  settings.order_number_field = "erpOrderNumber";
  settings.cost_field = "costPrice";
  settings.product_id_field = "erpId";
  settings.jobs = {"stock", "order_status", "intake", "reconcile"};
  settings.order_states = {"PaymentAuthorized", "PaymentSettled"};
  return settings;
}

inline connector::HttpReply ok(std::string body, connector::Headers headers = {}) {
  connector::HttpReply reply;
  reply.status = 200;
  reply.request_was_sent = true;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return reply;
}
inline connector::HttpReply status(int code, std::string body = "", connector::Headers headers = {}) {
  auto reply = ok(std::move(body), std::move(headers));
  reply.status = code;
  return reply;
}
inline connector::HttpReply lost(bool was_sent) {
  connector::HttpReply reply;
  reply.request_was_sent = was_sent;
  reply.error = "read: timed out";
  return reply;
}
// An error of GraphQL; without a code as Vendure passes on what its database said.
inline connector::HttpReply refused(const std::string& message, const std::string& code = "",
                                    const std::string& path = "updateProductVariants") {
  json::object error{{"message", message}, {"path", json::array{path}}};
  if (!code.empty()) error["extensions"] = json::object{{"code", code}};
  return ok(json::serialize(json::object{{"errors", json::array{error}}, {"data", nullptr}}));
}

struct Played {
  std::vector<connector::HttpRequest> requests;
  std::vector<Duration> pauses;
  std::vector<ItemVerdict> items;  // by index
  json::value variables(std::size_t request) const { return json::parse(requests.at(request).body).at("variables"); }
  std::string operation(std::size_t request) const {
    const auto query = std::string(json::parse(requests.at(request).body).at("query").as_string());
    const auto begin = query.find("Ferry");
    return query.substr(begin, query.find_first_of("({", begin) - begin);
  }
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

}  // namespace ferry::vendure::test
