// The one HTTP client, and the only code that opens a network socket: what a connector encodes leaves the process here
// and nowhere else, so that TLS rules, bounds, timeouts and cancellation hold for every portal.
//
// One Client serves one channel (one base URL). It owns one thread; callbacks run on it and must not block.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "plugin/connector/connector.h"

namespace ferry::http {

struct Settings {
  std::string base_url;  // http[s]://host[:port][/path]; plain http only because it says so
  std::string ca_file;   // PEM; trust these authorities alone; empty = the system's
  std::string proxy;     // http://host:port; empty = none. https goes through it by CONNECT

  Duration connect_timeout = std::chrono::seconds(10);  // name resolution, TCP, proxy and TLS handshake together
  Duration write_timeout = std::chrono::seconds(30);    // the whole request
  Duration read_timeout = std::chrono::seconds(120);    // the whole reply, from the request's last byte on
  Duration idle_lifetime =
      std::chrono::seconds(4);  // of a pooled connection; shorter where "Keep-Alive: timeout" says so

  std::size_t max_body_bytes = std::size_t{16} << 20;  // of a reply; a larger one is an error, never cut
  std::size_t max_header_bytes = std::size_t{64} << 10;
  std::size_t max_connections = 8;  // at once; further requests wait in order, their time not yet running
};

class Client {
 public:
  using Callback = std::function<void(connector::HttpReply)>;

  // Never throws for a setting: an unusable one (URL, ca_file, proxy) is the `error` of every reply.
  explicit Client(Settings settings);
  ~Client();  // shutdown()
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends as soon as a connection is free. `callback` is called exactly once, on the client's thread: with the portal's
  // reply (redirects are not followed, header names in lower case), or with status 0 and an error beginning with the
  // step that failed ("connect: ", "tls: ", "proxy: ", "write: ", "read: ", "cancelled"). request_was_sent is false
  // only when the portal certainly cannot have acted. The request's own timeout bounds write and read together.
  //
  // A pooled connection that the portal had closed is replaced once if none of the request was written. What was written
  // is never written again: HttpReply::may_be_repeated says where the caller may. [any thread; after shutdown() the callback is called at once, on the
  // caller's]
  void send(connector::HttpRequest request, Callback callback);

  // Every request that is waiting or under way ends with status 0, error "cancelled". [any thread]
  void cancel_all();

  // cancel_all(), then waits until every callback has returned, and closes all connections. Not from a callback.
  // A name resolution under way cannot be interrupted; it can hold this up for the resolver's own timeout.
  void shutdown();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::http
