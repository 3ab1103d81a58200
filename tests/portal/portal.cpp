#include "tests/portal/portal.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <mutex>
#include <thread>

namespace ferry::portal {
namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using Request = bhttp::request<bhttp::string_body>;
using Response = bhttp::response<bhttp::string_body>;
}  // namespace

class Portal::Impl {
 public:
  explicit Impl(std::uint16_t port)
      : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), port)),
        port_(acceptor_.local_endpoint().port()) {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const { return port_; }
  void set_latency(std::chrono::milliseconds latency) { latency_ms_ = latency.count(); }
  std::vector<Entry> journal() const {
    const std::lock_guard lock(mutex_);
    return journal_;
  }
  void clear_journal() {
    const std::lock_guard lock(mutex_);
    journal_.clear();
  }
  void with_shop(const std::function<void(Shop&)>& use) {
    const std::lock_guard lock(mutex_);
    use(shop_);
  }

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(tcp::socket socket);
  Response route(const Request& request);
  std::string admin_api(const Request& request, Response& response);
  std::string control(const Request& request);
  std::string journal_json() const;

  mutable std::mutex mutex_;  // shop_, journal_
  Shop shop_;
  std::vector<Entry> journal_;
  std::atomic<std::int64_t> latency_ms_ = 0;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::thread thread_;
};

asio::awaitable<void> Portal::Impl::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!error) asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> Portal::Impl::serve(tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  boost::beast::flat_buffer buffer;
  asio::steady_timer timer(io_);
  for (;;) {
    Request request;
    auto [read_error, read] = co_await bhttp::async_read(socket, buffer, request, kAwait);
    if (read_error) co_return;
    auto response = route(request);
    if (const auto latency = latency_ms_.load(); latency > 0) {
      timer.expires_after(std::chrono::milliseconds(latency));
      co_await timer.async_wait(kAwait);
    }
    auto [write_error, written] = co_await bhttp::async_write(socket, response, kAwait);
    if (write_error || !response.keep_alive()) co_return;
  }
}

Response Portal::Impl::route(const Request& request) {
  Response response(bhttp::status::ok, request.version());
  response.set(bhttp::field::content_type, "application/json; charset=utf-8");
  response.keep_alive(request.keep_alive());
  const std::lock_guard lock(mutex_);
  if (request.target() == "/admin-api") {
    response.body() = admin_api(request, response);
  } else {
    try {
      response.body() = control(request);
    } catch (const std::exception& problem) {
      response.result(bhttp::status::bad_request);
      response.body() = problem.what();
    }
  }
  response.prepare_payload();
  return response;
}

std::string Portal::Impl::admin_api(const Request& request, Response& response) {
  Entry entry;
  auto body = shop_.answer(request.body(), entry.operation, entry.items);
  if (entry.operation == "FerryLogin") response.set("vendure-auth-token", "stand-in-token");
  entry.answered_at = std::chrono::system_clock::now();
  journal_.push_back(std::move(entry));
  return body;
}

// For programs that run the portal as a process of its own.
std::string Portal::Impl::control(const Request& request) {
  const auto target = request.target();
  const bool is_post = request.method() == bhttp::verb::post;
  if (target == "/health") return R"({"status":"ok"})";
  if (target == "/journal" && is_post) journal_.clear();
  if (target == "/journal") return journal_json();
  if (target == "/latency" && is_post) {
    latency_ms_ = std::stoll(request.body());
    return "{}";
  }
  if (target == "/stock" && is_post) {  // body: a SKU
    return "{\"onHand\":" + std::to_string(shop_.on_hand(request.body())) +
           ",\"saleable\":" + std::to_string(shop_.saleable(request.body())) + "}";
  }
  if (target == "/orders" && is_post) {
    const auto wanted = boost::json::parse(request.body());
    return "{\"id\":\"" +
           shop_.place_order(std::string(wanted.at("sku").as_string()), wanted.at("quantity").as_int64()) + "\"}";
  }
  if (target == "/order" && is_post) {  // body: an id
    const auto* order = shop_.order(request.body());
    return order ? boost::json::serialize(boost::json::object{{"state", order->state}, {"number", order->number}})
                 : "null";
  }
  throw std::invalid_argument("no such page");
}

std::string Portal::Impl::journal_json() const {
  std::string text = "[";
  for (const auto& entry : journal_) {
    const auto at = std::chrono::duration_cast<std::chrono::microseconds>(entry.answered_at.time_since_epoch()).count();
    text += (text.size() > 1 ? "," : "") + ("{\"operation\":\"" + entry.operation) +
            "\",\"items\":" + std::to_string(entry.items) + ",\"at_us\":" + std::to_string(at) + "}";
  }
  return text + "]";
}

Portal::Portal(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}
Portal::~Portal() = default;
std::uint16_t Portal::port() const { return impl_->port(); }
void Portal::set_latency(std::chrono::milliseconds latency) { impl_->set_latency(latency); }
std::vector<Entry> Portal::journal() const { return impl_->journal(); }
void Portal::clear_journal() { impl_->clear_journal(); }
void Portal::with_shop(const std::function<void(Shop&)>& use) { impl_->with_shop(use); }

}  // namespace ferry::portal
