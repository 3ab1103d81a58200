#include "tests/bench/portal.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <stdexcept>

#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

}  // namespace

Portal::Portal() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 16) != 0 || ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("the portal finds no port on the loopback interface");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

Portal::~Portal() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& session : sessions_) session.join();
  ::close(listener_);
}

std::string Portal::base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void Portal::accept() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    sessions_.emplace_back([this, socket] { serve(socket); });
  }
}

void Portal::serve(int socket) {
  asio::io_context context;
  tcp::socket stream(context, tcp::v4(), socket);
  beast::error_code error;
  stream.set_option(tcp::no_delay(true), error);
  beast::flat_buffer buffer;
  while (!error) {
    http::request<http::string_body> request;
    http::read(stream, buffer, request, error);
    if (error) break;
    const Instant arrived = now();
    const std::size_t items = apply(request.body());
    http::response<http::string_body> reply(http::status::ok, request.version());
    reply.keep_alive(true);
    reply.body() = "{\"applied\":" + std::to_string(items) + "}";
    reply.prepare_payload();
    http::write(stream, reply, error);
    std::lock_guard lock(mutex_);
    ++totals_.requests;
    totals_.items += static_cast<std::int64_t>(items);
    totals_.last = arrived;
    totals_.busy += now() - arrived;
  }
  std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
}

std::size_t Portal::apply(const std::string& body) {
  const auto batch = boost::json::parse(body);
  std::lock_guard lock(mutex_);
  for (const auto& item : batch.as_array()) {
    quantities_.insert_or_assign(std::string(item.at("sku").as_string()), std::string(item.at("quantity").as_string()));
  }
  return batch.as_array().size();
}

Portal::Totals Portal::take_totals() {
  std::lock_guard lock(mutex_);
  return std::exchange(totals_, {});
}

std::string Portal::quantity(const std::string& sku) const {
  std::lock_guard lock(mutex_);
  const auto found = quantities_.find(sku);
  return found == quantities_.end() ? std::string() : found->second;
}

}  // namespace ferry::bench
