#include "tests/portal/portal.h"

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "tests/portal/control.h"

namespace ferry::portal {
namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using Request = bhttp::request<bhttp::string_body>;
using Response = bhttp::response<bhttp::string_body>;

Instant now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

tcp::endpoint loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// The peer sees "connection reset", not a polite end.
void reset(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

// Until the client has given up; what it still sends is not read as a request.
asio::awaitable<void> await_gone(tcp::socket& socket) {
  std::array<char, 4096> unread{};
  for (;;) {
    const auto [error, count] = co_await socket.async_read_some(asio::buffer(unread), kAwait);
    if (error) co_return;
  }
}

Response as_response(Answer answer, const Request& request) {
  Response response(static_cast<bhttp::status>(answer.status), request.version());
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

std::string token_of(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request[bhttp::field::authorization];
  return header.starts_with(kScheme) ? std::string(header.substr(kScheme.size())) : "";
}

}  // namespace

class Portal::Impl {
 public:
  explicit Impl(std::uint16_t port)
      : acceptor_(io_, loopback(port)), control_acceptor_(io_, loopback(0)), port_(acceptor_.local_endpoint().port()) {
    asio::co_spawn(io_, accept_customers(), asio::detached);
    asio::co_spawn(io_, accept_control(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t control_port() const { return control_acceptor_.local_endpoint().port(); }
  void set_latency(std::chrono::milliseconds latency) { latency_ms_ = latency.count(); }
  void go_down(Duration length) {
    asio::post(io_, [this, length] { asio::co_spawn(io_, stay_down(length), asio::detached); });
  }
  void with_desk(const std::function<void(Desk&)>& use) {
    const std::lock_guard lock(mutex_);
    use(desk_);
  }

 private:
  asio::awaitable<void> accept_customers();
  asio::awaitable<void> accept_control();
  asio::awaitable<void> stay_down(Duration length);
  asio::awaitable<void> serve(tcp::socket socket);
  asio::awaitable<void> serve_control(tcp::socket socket);
  asio::awaitable<bool> answer(tcp::socket& socket, const Request& request);
  asio::awaitable<bool> write_half(tcp::socket& socket, Response& response);
  asio::awaitable<void> wait(Duration length) {
    asio::steady_timer timer(io_, length);
    co_await timer.async_wait(kAwait);
  }

  std::mutex mutex_;
  Desk desk_;
  std::atomic<std::int64_t> latency_ms_ = 0;
  asio::io_context io_{1};
  tcp::acceptor acceptor_, control_acceptor_;
  const std::uint16_t port_;
  std::set<tcp::socket*> customers_;  // those connected
  int outages_ = 0;                   // under way
  std::thread thread_;
};

asio::awaitable<void> Portal::Impl::accept_customers() {
  while (outages_ == 0) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!error) asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> Portal::Impl::accept_control() {
  for (;;) {
    auto [error, socket] = co_await control_acceptor_.async_accept(kAwait);
    if (!error) asio::co_spawn(io_, serve_control(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> Portal::Impl::stay_down(Duration length) {
  if (outages_++ == 0) {
    acceptor_.close();
    acceptor_.open(tcp::v4());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(loopback(port_));  // nobody else may take the port; without listen() everybody is refused
    for (auto* customer : customers_) reset(*customer);
  }
  co_await wait(length);
  if (--outages_ > 0) co_return;
  acceptor_.listen();
  asio::co_spawn(io_, accept_customers(), asio::detached);
}

asio::awaitable<void> Portal::Impl::serve(tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  customers_.insert(&socket);
  boost::beast::flat_buffer buffer;
  for (bool goes_on = true; goes_on;) {
    Request request;
    const auto [error, read] = co_await bhttp::async_read(socket, buffer, request, kAwait);
    if (error) break;
    goes_on = co_await answer(socket, request);
  }
  customers_.erase(&socket);
}

// Whether the connection goes on.
asio::awaitable<bool> Portal::Impl::answer(tcp::socket& socket, const Request& request) {
  const Call call{request.body(), token_of(request)};
  Desk::Outcome outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = desk_.receive(call, now());
  }
  const auto& fate = outcome.fate;
  if (fate.fault == Fault::late || fate.fault == Fault::answer_lost) {
    co_await await_gone(socket);
    if (fate.fault == Fault::answer_lost) co_return false;
    customers_.erase(&socket);  // the client's end of it is over
    co_await wait(fate.late);
    const std::lock_guard lock(mutex_);
    desk_.apply(call);
    co_return false;
  }
  if (!fate.is_answered()) {
    reset(socket);
    co_return false;
  }
  if (const Duration latency = fate.latency + std::chrono::milliseconds(latency_ms_.load()); latency > Duration(0))
    co_await wait(latency);
  const bool breaks_off = fate.fault == Fault::half_answer && fate.salt % 2 == 0;
  auto response = as_response(std::move(outcome.answer), request);
  if (breaks_off) co_return co_await write_half(socket, response);
  const auto [error, written] = co_await bhttp::async_write(socket, response, kAwait);
  co_return !error && response.keep_alive();
}

// The other way an answer can be half: announced as whole, and the connection breaks in the middle.
asio::awaitable<bool> Portal::Impl::write_half(tcp::socket& socket, Response& response) {
  response.content_length(response.body().size() * 2 + 2);
  bhttp::response_serializer<bhttp::string_body> serializer(response);
  (void)co_await bhttp::async_write(socket, serializer, kAwait);
  reset(socket);
  co_return false;
}

asio::awaitable<void> Portal::Impl::serve_control(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    Request request;
    const auto [error, read] = co_await bhttp::async_read(socket, buffer, request, kAwait);
    if (error) co_return;
    Answer said;
    try {
      const std::lock_guard lock(mutex_);
      const ControlContext context{desk_, now(), [this](Duration length) { go_down(length); }};
      said.body = control(context, request.target(), request.body());
    } catch (const std::exception& problem) {
      said = {400, {}, problem.what()};
    }
    const auto response = as_response(std::move(said), request);
    const auto [write_error, written] = co_await bhttp::async_write(socket, response, kAwait);
    if (write_error || !response.keep_alive()) co_return;
  }
}

Portal::Portal(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}
Portal::~Portal() = default;
std::uint16_t Portal::port() const { return impl_->port(); }
std::uint16_t Portal::control_port() const { return impl_->control_port(); }
void Portal::set_latency(std::chrono::milliseconds latency) { impl_->set_latency(latency); }
void Portal::go_down(Duration length) { impl_->go_down(length); }
void Portal::with_desk(const std::function<void(Desk&)>& use) { impl_->with_desk(use); }
void Portal::with_shop(const std::function<void(Shop&)>& use) {
  impl_->with_desk([&](Desk& desk) { use(desk.shop); });
}
std::vector<Entry> Portal::journal() const {
  std::vector<Entry> entries;
  impl_->with_desk([&](Desk& desk) { entries.assign(desk.journal.entries().begin(), desk.journal.entries().end()); });
  return entries;
}
void Portal::clear_journal() {
  impl_->with_desk([](Desk& desk) { desk.journal.clear(); });
}

}  // namespace ferry::portal
