// One connection to the portal, directly or through the proxy: opens, carries one exchange at a time, can be aborted.
// Lives on the client's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "connectors/http/client.h"
#include "connectors/http/endpoint.h"

namespace ferry::http {

// What a connection needs to know; outlives every connection.
struct Target {
  Settings settings;
  Endpoint portal;
  std::optional<Endpoint> proxy;
  boost::asio::ssl::context* tls = nullptr;
};

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(boost::asio::io_context& io, const Target& target);

  // Name resolution, TCP, proxy, TLS. Answers the reason it failed; empty: open.
  boost::asio::awaitable<std::string> open();

  // Precondition: open() succeeded and the last exchange left the connection reusable.
  boost::asio::awaitable<connector::HttpReply> exchange(const connector::HttpRequest& request);

  // Everything under way ends soon with an error; nothing can be started any more.
  void abort();

  bool is_reusable() const noexcept { return reusable_until_ > Clock::now(); }
  Clock::time_point reusable_until() const noexcept { return reusable_until_; }
  // The peer closed a pooled connection, or sent something unasked for: not to be used.
  bool is_stale();
  // The last exchange failed because the peer had closed, before the first byte of a reply.
  bool was_closed_by_peer() const noexcept { return closed_by_peer_; }

 private:
  using Error = boost::system::error_code;
  using Request = boost::beast::http::request<boost::beast::http::span_body<const char>>;
  struct Lookup;

  boost::asio::awaitable<Error> resolve(const Endpoint& endpoint, Clock::time_point deadline,
                                        boost::asio::ip::tcp::resolver::results_type& results);
  boost::asio::awaitable<std::string> connect(Clock::time_point deadline);
  boost::asio::awaitable<std::string> tunnel();
  boost::asio::awaitable<std::string> handshake();
  template <class Stream>
  boost::asio::awaitable<connector::HttpReply> exchange_on(Stream& stream, const connector::HttpRequest& request);
  template <class Stream>
  boost::asio::awaitable<Error> write(Stream& stream, const connector::HttpRequest& request, Clock::time_point deadline,
                                      bool& was_sent);
  template <class Stream>
  boost::asio::awaitable<Error> read(Stream& stream, bool is_head, Clock::time_point deadline,
                                     connector::HttpReply& reply);

  Request encode(const connector::HttpRequest& request) const;
  void keep_alive(const boost::beast::http::response<boost::beast::http::string_body>& response);
  void note_failure(const Error& error);

  const Target& target_;
  boost::beast::tcp_stream stream_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
  boost::beast::flat_buffer buffer_;
  std::shared_ptr<Lookup> lookup_;  // while resolving
  std::size_t received_bytes_ = 0;  // of the current reply
  bool aborted_ = false;
  bool closed_by_peer_ = false;
  Clock::time_point reusable_until_{};
};

}  // namespace ferry::http
