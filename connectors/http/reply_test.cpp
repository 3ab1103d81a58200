#include "connectors/http/reply.h"

#include <gmock/gmock.h>

#include <boost/asio/buffer.hpp>

namespace ferry::http {
namespace {

// What becomes of a reply that arrives in these two parts.
connector::HttpReply received(std::string_view bytes, std::size_t cut) {
  ReplyParser parser;
  set_bounds(parser, Settings{}, false);
  connector::HttpReply reply;
  boost::system::error_code error;
  std::size_t used = 0;
  for (const auto end : {cut, bytes.size()}) {
    while (!parser.is_done() && used < end) {
      used += parser.put(boost::asio::buffer(bytes.substr(used, end - used)), error);
      if (error) break;
      if (parser.is_header_done() && !parser.eager()) {
        take_header(parser, reply);
        parser.eager(true);
      }
    }
    if (error == boost::beast::http::error::need_more) error = {};
    EXPECT_FALSE(error) << "cut after " << cut << " bytes: " << error.message();
  }
  EXPECT_TRUE(parser.is_done()) << "cut after " << cut << " bytes";
  reply.body = std::move(parser.get().body());
  return reply;
}

TEST(Reply, IsTheSameWhereverTheNetworkCutsIt) {
  constexpr std::string_view kChunked =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nx-sum: 1\r\n\r\n";
  constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
  constexpr std::string_view kMeasured = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut <= kChunked.size(); ++cut) {
    const auto reply = received(kChunked, cut);
    EXPECT_EQ(reply.body, "hello world");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.headers, testing::ElementsAre(testing::Pair("transfer-encoding", "chunked"))) << "a trailer is no header";
  }
  for (std::size_t cut = 0; cut <= kEmpty.size(); ++cut) EXPECT_EQ(received(kEmpty, cut).body, "");
  for (std::size_t cut = 0; cut <= kMeasured.size(); ++cut) EXPECT_EQ(received(kMeasured, cut).body, "hello");
}

TEST(Reply, HasABoundedHeaderAlsoWhereItComesLineByLine) {
  Settings settings;
  settings.max_header_bytes = 100;
  ReplyParser parser;
  set_bounds(parser, settings, false);
  boost::system::error_code error;
  std::size_t bytes = parser.put(boost::asio::buffer(std::string_view("HTTP/1.1 200 OK\r\n")), error);
  int lines = 0;
  for (; lines < 100 && !header_error(bytes, settings); ++lines) {
    bytes += parser.put(boost::asio::buffer(std::string_view("x: 1\r\ny")), error);
    ASSERT_EQ(error, boost::beast::http::error::need_more) << "for all that Beast minds";
  }
  EXPECT_EQ(lines, 14) << "17 bytes and 14 times 6";
}

TEST(Reply, ArrivesByteByByte) {
  constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
  ReplyParser parser;
  set_bounds(parser, Settings{}, false);
  parser.eager(true);
  std::size_t used = 0;
  for (std::size_t end = 1; end <= kEmpty.size() && !parser.is_done(); ++end) {
    boost::system::error_code error;
    used += parser.put(boost::asio::buffer(kEmpty.substr(used, end - used)), error);
    ASSERT_TRUE(!error || error == boost::beast::http::error::need_more) << error.message();
  }
  EXPECT_TRUE(parser.is_done());
}

}  // namespace
}  // namespace ferry::http
