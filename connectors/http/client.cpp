#include "connectors/http/client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "connectors/http/connection.h"
#include "connectors/http/tls.h"

namespace ferry::http {
namespace asio = boost::asio;

namespace {

connector::HttpReply failed(std::string error, bool was_sent = false) {
  connector::HttpReply reply;
  reply.error = std::move(error);
  reply.request_was_sent = was_sent;
  return reply;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' && c != '\t'; });
}

// A line break in a header or target would let its author write further headers.
bool is_well_formed(const connector::HttpRequest& request) {
  const auto is_bad = [](const auto& header) { return has_control(header.first) || has_control(header.second); };
  return request.target.starts_with('/') && !has_control(request.target) &&
         request.target.find(' ') == std::string::npos && !request.method.empty() &&
         std::none_of(request.headers.begin(), request.headers.end(), is_bad);
}

struct Pending {
  connector::HttpRequest request;
  Client::Callback callback;
  Connection* connection = nullptr;  // the one in use; null while waiting
  bool is_cancelled = false;
};

}  // namespace

class Client::Impl {
 public:
  explicit Impl(Settings settings);
  void send(connector::HttpRequest request, Callback callback);
  void cancel_all() {
    asio::post(io_, [this] { cancel_now(); });
  }
  void shutdown();

 private:
  void configure();
  void pump();
  asio::awaitable<connector::HttpReply> perform(Pending& pending);
  asio::awaitable<connector::HttpReply> use(Pending& pending, std::unique_ptr<Connection> connection);
  void finish(const std::shared_ptr<Pending>& pending, connector::HttpReply reply);
  std::unique_ptr<Connection> take_idle();
  void sweep_later();
  void cancel_now();

  Target target_;
  std::string setup_problem_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::steady_timer sweep_{io_};
  std::vector<std::unique_ptr<Connection>> idle_;  // the freshest last
  std::deque<std::shared_ptr<Pending>> waiting_;
  std::unordered_set<std::shared_ptr<Pending>> active_;
  bool is_closing_ = false;  // on the client's thread: keep no connection any more
  std::mutex gate_;          // orders send() against shutdown(): what was posted before it is answered by it
  bool is_shut_down_ = false;
  std::thread thread_;
};

Client::Impl::Impl(Settings settings) : target_{std::move(settings), {}, {}, nullptr} {
  configure();
  thread_ = std::thread([this] { io_.run(); });
}

void Client::Impl::configure() {
  if (auto portal = parse_endpoint(target_.settings.base_url)) {
    target_.portal = std::move(*portal);
  } else {
    setup_problem_ = "setting base_url: not of the form http[s]://host[:port][/path]";
  }
  if (target_.portal.tls) {  // the system's authorities are megabytes
    tls_.emplace(make_tls_context(target_.settings.ca_file, setup_problem_));
    target_.tls = &*tls_;
  }
  if (target_.settings.proxy.empty()) return;
  target_.proxy = parse_endpoint(target_.settings.proxy);
  if (!target_.proxy || target_.proxy->tls) setup_problem_ = "setting proxy: not of the form http://host:port";
}

void Client::Impl::send(connector::HttpRequest request, Callback callback) {
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  pending->callback = std::move(callback);
  {
    const std::lock_guard lock(gate_);
    if (!is_shut_down_) {
      asio::post(io_, [this, pending] {
        waiting_.push_back(pending);
        pump();
      });
      return;
    }
  }
  pending->callback(failed("cancelled"));
}

void Client::Impl::pump() {
  while (!waiting_.empty() && active_.size() < std::max<std::size_t>(1, target_.settings.max_connections)) {
    auto pending = std::move(waiting_.front());
    waiting_.pop_front();
    active_.insert(pending);
    asio::co_spawn(io_, perform(*pending),
                   [this, pending](const std::exception_ptr& thrown, connector::HttpReply reply) {
                     // Only exhausted memory or a defect throws here; whether the request left is then unknown.
                     finish(pending, thrown ? failed("internal error in the HTTP client", true) : std::move(reply));
                   });
  }
}

asio::awaitable<connector::HttpReply> Client::Impl::perform(Pending& pending) {
  if (pending.is_cancelled) co_return failed("cancelled");
  if (!setup_problem_.empty()) co_return failed(setup_problem_);
  if (!is_well_formed(pending.request))
    co_return failed("write: the request has a control character in its target or headers");
  if (auto pooled = take_idle()) {
    auto* const connection = pooled.get();
    pending.connection = connection;
    auto reply = co_await connection->exchange(pending.request);
    pending.connection = nullptr;
    if (connection->is_reusable()) idle_.push_back(std::move(pooled));
    const bool was_closed = reply.status == 0 && !pending.is_cancelled && pooled && connection->was_closed_by_peer();
    if (!was_closed) co_return reply;
    if (reply.request_was_sent) {
      reply.may_be_repeated = pending.request.idempotent;
      co_return reply;
    }
  }
  co_return co_await use(pending, std::make_unique<Connection>(io_, target_));
}

asio::awaitable<connector::HttpReply> Client::Impl::use(Pending& pending, std::unique_ptr<Connection> connection) {
  pending.connection = connection.get();
  auto problem = co_await connection->open();
  auto reply = failed(std::move(problem));
  if (reply.error.empty() && !pending.is_cancelled) reply = co_await connection->exchange(pending.request);
  pending.connection = nullptr;
  if (connection->is_reusable()) idle_.push_back(std::move(connection));
  co_return reply;
}

void Client::Impl::finish(const std::shared_ptr<Pending>& pending, connector::HttpReply reply) {
  if (pending->is_cancelled && reply.status == 0) reply.error = "cancelled";
  active_.erase(pending);
  sweep_later();
  pending->callback(std::move(reply));
  pump();
}

std::unique_ptr<Connection> Client::Impl::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_reusable() && !connection->is_stale()) return connection;
  }
  return nullptr;
}

// Closes what nobody used in time, so that an idle channel holds no socket that the portal has closed long ago.
void Client::Impl::sweep_later() {
  std::erase_if(idle_, [this](const auto& connection) { return is_closing_ || !connection->is_reusable(); });
  if (idle_.empty()) {
    sweep_.cancel();
    return;
  }
  const auto earlier = [](const auto& a, const auto& b) { return a->reusable_until() < b->reusable_until(); };
  sweep_.expires_at((*std::min_element(idle_.begin(), idle_.end(), earlier))->reusable_until());
  sweep_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep_later();
  });
}

void Client::Impl::cancel_now() {
  auto waiting = std::exchange(waiting_, {});
  for (const auto& pending : active_) {
    pending->is_cancelled = true;
    if (pending->connection) pending->connection->abort();
  }
  for (const auto& pending : waiting) pending->callback(failed("cancelled"));
}

void Client::Impl::shutdown() {
  {
    const std::lock_guard lock(gate_);
    if (std::exchange(is_shut_down_, true)) return;
    asio::post(io_, [this] {
      is_closing_ = true;
      cancel_now();
      sweep_later();
      work_.reset();
    });
  }
  thread_.join();
}

Client::Client(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Client::~Client() { shutdown(); }
void Client::send(connector::HttpRequest request, Callback callback) {
  impl_->send(std::move(request), std::move(callback));
}
void Client::cancel_all() { impl_->cancel_all(); }
void Client::shutdown() { impl_->shutdown(); }

}  // namespace ferry::http
