// Sends one request and waits for its reply.
#pragma once

#include <future>

#include "connectors/http/client.h"

namespace ferry::http::test {

inline connector::HttpRequest get(std::string target = "/") {
  connector::HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  request.idempotent = true;
  return request;
}
inline connector::HttpRequest post(std::string body) {
  connector::HttpRequest request;
  request.method = "POST";
  request.target = "/admin-api";
  request.headers = {{"content-type", "application/json"}};
  request.body = std::move(body);
  return request;
}
inline std::future<connector::HttpReply> begin(Client& client, connector::HttpRequest request) {
  auto promise = std::make_shared<std::promise<connector::HttpReply>>();
  auto future = promise->get_future();
  client.send(std::move(request), [promise](connector::HttpReply reply) { promise->set_value(std::move(reply)); });
  return future;
}
inline connector::HttpReply ask(Client& client, connector::HttpRequest request) {
  return begin(client, std::move(request)).get();
}

}  // namespace ferry::http::test
