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
#include <cctype>
#include <charconv>

#include "connectors/http/tls.h"

namespace ferry::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Asio's own words for what an operator needs to know ("The socket was closed due to a timeout" hides which).
std::string describe(const boost::system::error_code& error, const Settings& settings) {
  if (error == beast::error::timeout) return "timed out";
  if (error == asio::error::operation_aborted) return "cancelled";
  if (error == bhttp::error::end_of_stream || error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "connection closed by the portal before a reply";
  if (error == bhttp::error::partial_message) return "reply truncated: connection closed in the middle of it";
  if (error == bhttp::error::body_limit)
    return "reply body larger than " + std::to_string(settings.max_body_bytes) + " bytes";
  if (error == bhttp::error::header_limit)
    return "reply header larger than " + std::to_string(settings.max_header_bytes) + " bytes";
  return error.message();
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// The seconds of "timeout=5, max=100"; none when the header does not say.
std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view header) {
  constexpr std::string_view kKey = "timeout=";
  const auto at = header.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = header.substr(at + kKey.size());
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc{}) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

// Outlives the connection where the system's resolver outlives our patience.
struct Connection::Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), answered(executor) {}
  asio::ip::tcp::resolver resolver;
  asio::steady_timer answered;  // cancelled by the answer
  Error error = beast::error::timeout;
  asio::ip::tcp::resolver::results_type results;
};

Connection::Connection(asio::io_context& io, const Target& target) : target_(target), stream_(io) {}

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
  std::optional<bhttp::response_parser<bhttp::string_body>> parser;
  do {  // 1xx replies are announcements of the real one
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(target_.settings.max_header_bytes));
    parser->body_limit(target_.settings.max_body_bytes);
    parser->skip(is_head);
    stream_.expires_at(std::min(deadline, Clock::now() + target_.settings.read_timeout));
    const auto [error, bytes] = co_await bhttp::async_read(stream, buffer_, *parser, kAwait);
    received_bytes_ += bytes + buffer_.size();
    if (error) co_return error;
  } while (parser->get().result_int() / 100 == 1 && parser->get().result_int() != 101);
  stream_.expires_never();
  auto response = parser->release();
  reply.status = static_cast<int>(response.result_int());
  for (const auto& field : response) reply.headers.emplace_back(lower(field.name_string()), field.value());
  keep_alive(response);
  reply.body = std::move(response.body());
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
