#include "connectors/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "connectors/http/reply.h"
#include "connectors/http/tls.h"

namespace ferry::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

// Outlives the connection where the system's resolver outlives our patience.
struct Connection::Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), answered(executor) {}
  asio::ip::tcp::resolver resolver;
  asio::steady_timer answered;  // cancelled by the answer
  Error error = beast::error::timeout;
  asio::ip::tcp::resolver::results_type results;
};

Connection::Connection(asio::io_context& io, const Target& target) : target_(target), stream_(io), buffer_(most_waiting(target.settings)) {}

asio::awaitable<std::string> Connection::open() {
  const auto deadline = Clock::now() + target_.settings.connect_timeout;
  auto problem = co_await connect(deadline);
  if (!problem.empty()) co_return problem;
  stream_.expires_at(deadline);
  if (target_.proxy && target_.portal.tls) problem = co_await tunnel();
  if (problem.empty() && target_.portal.tls) problem = co_await handshake();
  co_return problem;
}

asio::awaitable<Connection::Error> Connection::resolve(const Endpoint& endpoint, Clock::time_point deadline,
                                                       asio::ip::tcp::resolver::results_type& results) {
  Error error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) {
    results = asio::ip::tcp::resolver::results_type::create(asio::ip::tcp::endpoint(address, endpoint.port),
                                                            endpoint.host, "");
    co_return Error{};
  }
  const auto lookup = std::make_shared<Lookup>(stream_.get_executor());
  lookup_ = lookup;
  lookup->answered.expires_at(deadline);
  lookup->resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), asio::ip::resolver_base::numeric_service,
                                 [lookup](const Error& failed, asio::ip::tcp::resolver::results_type found) {
                                   lookup->error = failed;
                                   lookup->results = std::move(found);
                                   lookup->answered.cancel();
                                 });
  co_await lookup->answered.async_wait(kAwait);
  lookup_.reset();
  results = lookup->results;
  co_return aborted_ ? Error(asio::error::operation_aborted) : lookup->error;
}

asio::awaitable<std::string> Connection::connect(Clock::time_point deadline) {
  const auto& endpoint = target_.proxy ? *target_.proxy : target_.portal;
  const std::string step = target_.proxy ? "proxy: " : "connect: ";
  asio::ip::tcp::resolver::results_type results;
  auto error = co_await resolve(endpoint, deadline, results);
  if (!error) {
    stream_.expires_at(deadline);
    std::tie(error, std::ignore) = co_await stream_.async_connect(results, kAwait);
  }
  if (aborted_) error = asio::error::operation_aborted;
  if (error) co_return step + describe(error, target_.settings) + " (" + endpoint.authority_with_port() + ")";
  Error ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return std::string();
}

asio::awaitable<std::string> Connection::tunnel() {
  const auto authority = target_.portal.authority_with_port();
  bhttp::request<bhttp::empty_body> request(bhttp::verb::connect, authority, 11);
  request.set(bhttp::field::host, authority);
  auto [error, written] = co_await bhttp::async_write(stream_, request, kAwait);
  bhttp::response_parser<bhttp::empty_body> parser;
  parser.skip(true);  // the reply to CONNECT has no body
  if (!error) std::tie(error, std::ignore) = co_await bhttp::async_read(stream_, buffer_, parser, kAwait);
  if (error) co_return "proxy: " + describe(error, target_.settings);
  if (const auto status = parser.get().result_int(); status / 100 != 2)
    co_return "proxy: answered " + std::to_string(status) + " to CONNECT " + authority;
  buffer_.clear();
  co_return std::string();
}

asio::awaitable<std::string> Connection::handshake() {
  tls_.emplace(stream_, *target_.tls);
  expect_host(tls_->native_handle(), target_.portal.host);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  if (!error) co_return std::string();
  if (error == beast::error::timeout || aborted_) co_return "tls: " + describe(error, target_.settings);
  co_return "tls: " + explain_handshake(tls_->native_handle(), error) + " (" + target_.portal.host + ")";
}

asio::awaitable<connector::HttpReply> Connection::exchange(const connector::HttpRequest& request) {
  closed_by_peer_ = false;
  received_bytes_ = 0;
  reusable_until_ = {};
  if (tls_) co_return co_await exchange_on(*tls_, request);
  co_return co_await exchange_on(stream_, request);
}

template <class Stream>
asio::awaitable<connector::HttpReply> Connection::exchange_on(Stream& stream, const connector::HttpRequest& request) {
  const auto deadline = Clock::now() + request.timeout;
  connector::HttpReply reply;
  const char* step = "write: ";
  auto error = co_await write(stream, request, deadline, reply.request_was_sent);
  if (!error) {
    step = "read: ";
    error = co_await read(stream, request.method == "HEAD", deadline, reply);
  }
  if (error) {
    note_failure(error);
    const bool was_sent = reply.request_was_sent;
    reply = {};
    reply.request_was_sent = was_sent;
    reply.error = step + describe(error, target_.settings);
    reply.was_too_large = error == bhttp::error::body_limit;
  }
  co_return reply;
}

template <class Stream>
asio::awaitable<Connection::Error> Connection::write(Stream& stream, const connector::HttpRequest& request,
                                                     Clock::time_point deadline, bool& was_sent) {
  const auto message = encode(request);
  stream_.expires_at(std::min(deadline, Clock::now() + target_.settings.write_timeout));
  const auto [error, bytes] = co_await bhttp::async_write(stream, message, kAwait);
  // A failed TLS write reports no bytes although a record may have left the machine.
  was_sent = bytes > 0 || tls_;
  co_return error;
}

template <class Stream>
asio::awaitable<Connection::Error> Connection::read(Stream& stream, bool is_head, Clock::time_point deadline,
                                                    connector::HttpReply& reply) {
  std::optional<ReplyParser> parser;
  do {  // 1xx replies are announcements of the real one
    parser.emplace();
    set_bounds(*parser, target_.settings, is_head);
    stream_.expires_at(std::min(deadline, Clock::now() + target_.settings.read_timeout));
    for (std::size_t header_bytes = 0; !parser->is_header_done();) {
      auto [error, bytes] = co_await bhttp::async_read_some(stream, buffer_, *parser, kAwait);
      received_bytes_ += bytes + buffer_.size();
      header_bytes += bytes;
      if (!error) error = header_error(header_bytes, target_.settings);
      if (error) co_return error;
    }
  } while (parser->get().result_int() / 100 == 1 && parser->get().result_int() != 101);
  connector::HttpReply arriving;  // a reply whose body does not arrive is none
  take_header(*parser, arriving);
  if (!parser->is_done()) {
    const auto [error, bytes] = co_await bhttp::async_read(stream, buffer_, *parser, kAwait);
    if (error) co_return error;
  }
  stream_.expires_never();
  keep_alive(parser->get());
  reply.status = arriving.status;
  reply.headers = std::move(arriving.headers);
  reply.body = std::move(parser->get().body());
  co_return Error{};
}

Connection::Request Connection::encode(const connector::HttpRequest& request) const {
  const auto& portal = target_.portal;
  Request message;
  message.version(11);
  message.method_string(request.method);
  const bool is_absolute = target_.proxy && !portal.tls;  // a proxy must be told where plain http goes
  message.target((is_absolute ? "http://" + portal.authority() : std::string()) + portal.path_prefix + request.target);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.set(bhttp::field::host, portal.authority());
  message.set(bhttp::field::user_agent, "Ferry/" FERRY_VERSION);
  message.body() = {request.body.data(), request.body.size()};
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    message.content_length(request.body.size());
  return message;
}

void Connection::keep_alive(const bhttp::response<bhttp::string_body>& response) {
  if (!response.keep_alive() || response.need_eof() || buffer_.size() > 0 || aborted_) return;
  auto lifetime = std::chrono::duration_cast<Clock::duration>(target_.settings.idle_lifetime);
  // A second less than the server's own patience: it counts from when it sent, we from when we received.
  if (const auto theirs = keep_alive_timeout(response["Keep-Alive"]))
    lifetime = std::min<Clock::duration>(lifetime, *theirs - std::chrono::seconds(1));
  reusable_until_ = Clock::now() + lifetime;
}

void Connection::note_failure(const Error& error) {
  const bool is_closed = error == bhttp::error::end_of_stream || error == asio::error::eof ||
                         error == asio::error::connection_reset || error == asio::error::broken_pipe ||
                         error == asio::ssl::error::stream_truncated;
  closed_by_peer_ = is_closed && received_bytes_ == 0 && !aborted_;
}

void Connection::abort() {
  aborted_ = true;
  if (lookup_) {
    lookup_->resolver.cancel();
    lookup_->answered.cancel();
  }
  stream_.close();
}

bool Connection::is_stale() {
  char byte = 0;
  // Nothing to read and no error is the only healthy state between two exchanges.
  const auto got = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

}  // namespace ferry::http
