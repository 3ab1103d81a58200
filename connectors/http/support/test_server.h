// A server of a few lines for the client's tests: one thread per connection, the answer is raw bytes chosen by the
// test.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace ferry::http::test {

using Request = boost::beast::http::request<boost::beast::http::string_body>;

inline std::string reply(const std::string& body, const std::string& headers = "",
                         const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

class TestServer {
 public:
  struct Answer {
    std::string bytes;         // empty: no answer at all
    bool close_after = false;  // hangs up
  };
  using Handler = std::function<Answer(const Request&)>;
  enum class Speaks { http = 1, tls, connect_then_tls, nothing };  // nothing: accepts and never reads

  explicit TestServer(Handler handler, Speaks speaks = Speaks::http, boost::asio::ssl::context* tls = nullptr)
      : handler_(std::move(handler)), speaks_(speaks), tls_(tls) {
    acceptor_.listen();
    thread_ = std::thread([this] { accept(); });
  }
  ~TestServer() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    hang_up();
    for (auto& connection : connections_) connection.thread.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& host = "127.0.0.1") const {
    return (tls_ && speaks_ == Speaks::tls ? "https://" : "http://") + host + ":" + std::to_string(port());
  }
  int accepted() const { return accepted_; }
  int open() const { return open_; }
  int most_open() const { return most_open_; }
  // Closes every connection, as a server does with idle ones.
  void hang_up() {
    const std::lock_guard lock(mutex_);
    for (auto& connection : connections_) ::shutdown(connection.socket->native_handle(), SHUT_RDWR);
  }

 private:
  using Tcp = boost::asio::ip::tcp;
  struct Connection {
    std::shared_ptr<Tcp::socket> socket;
    std::thread thread;
  };

  void accept() {
    while (!stopping_) {
      auto socket = std::make_shared<Tcp::socket>(io_);
      boost::system::error_code error;
      acceptor_.accept(*socket, error);
      if (error) return;
      ++accepted_;
      const std::lock_guard lock(mutex_);
      connections_.push_back({socket, std::thread([this, socket] { serve(*socket); })});
    }
  }
  void serve(Tcp::socket& socket) {
    if (const int open = ++open_; open > most_open_) most_open_ = open;
    boost::system::error_code error;
    if (speaks_ == Speaks::connect_then_tls) answer_one(socket, error);
    if (speaks_ == Speaks::nothing) {
      socket.wait(Tcp::socket::wait_error, error);
    } else if (tls_ && !error) {
      boost::asio::ssl::stream<Tcp::socket&> stream(socket, *tls_);
      stream.handshake(boost::asio::ssl::stream_base::server, error);
      while (!error) answer_one(stream, error);
    } else {
      while (!error) answer_one(socket, error);
    }
    ::shutdown(socket.native_handle(), SHUT_RDWR);
    --open_;
  }
  template <class Stream>
  void answer_one(Stream& stream, boost::system::error_code& error) {
    Request request;
    boost::beast::flat_buffer buffer;
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    parser.body_limit(boost::none);
    boost::beast::http::read(stream, buffer, parser, error);
    if (error) return;
    const auto answer = handler_(parser.get());
    boost::asio::write(stream, boost::asio::buffer(answer.bytes), error);
    if (answer.close_after) error = boost::asio::error::eof;
  }

  Handler handler_;
  const Speaks speaks_;
  boost::asio::ssl::context* const tls_;
  boost::asio::io_context io_;
  Tcp::acceptor acceptor_{io_, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::atomic<bool> stopping_ = false;
  std::atomic<int> accepted_ = 0, open_ = 0, most_open_ = 0;
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread thread_;
};

}  // namespace ferry::http::test
