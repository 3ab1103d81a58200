#include "tests/bench/portal.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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
    const Duration latency = latency_;
    const Instant applied = now();
    if (latency > Duration{}) std::this_thread::sleep_until(arrived + latency);
    const Instant slept = now();
    // counted before the answer is known, or a reader of the totals might miss it
    {
      std::lock_guard lock(mutex_);
      if (totals_.requests++ == 0) totals_.first = arrived;
      totals_.items += static_cast<std::int64_t>(items);
      totals_.last = std::max(totals_.last, arrived);
      totals_.answered = slept;
    }
    http::write(stream, reply, error);
    std::lock_guard lock(mutex_);
    totals_.busy += now() - arrived - (slept - applied);
  }
  std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
}

std::size_t Portal::apply(const std::string& body) {
  const auto batch = boost::json::parse(body);
  std::lock_guard lock(mutex_);
  for (const auto& item : batch.as_array()) {
    const auto& members = item.as_object();
    const auto* figure = members.if_contains("amount");
    if (figure == nullptr) figure = &members.at("quantity");
    figures_.insert_or_assign(std::string(members.at("sku").as_string()), std::string(figure->as_string()));
  }
  return batch.as_array().size();
}

Portal::Totals Portal::take_totals() {
  std::lock_guard lock(mutex_);
  return std::exchange(totals_, {});
}

}  // namespace ferry::bench
