#include "connectors/http/endpoint.h"

#include <gtest/gtest.h>

namespace ferry::http {
namespace {

TEST(Endpoint, TakesSchemeHostPortAndPathApart) {
  const auto endpoint = parse_endpoint("https://shop.example.com:8443/eu/");
  ASSERT_TRUE(endpoint);
  EXPECT_TRUE(endpoint->tls);
  EXPECT_EQ(endpoint->host, "shop.example.com");
  EXPECT_EQ(endpoint->port, 8443);
  EXPECT_EQ(endpoint->path_prefix, "/eu");
  EXPECT_EQ(endpoint->authority(), "shop.example.com:8443");
}

TEST(Endpoint, LeavesTheDefaultPortOutOfTheHostHeaderOnly) {
  const auto endpoint = parse_endpoint("http://shop.example.com");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->authority(), "shop.example.com");
  EXPECT_EQ(endpoint->authority_with_port(), "shop.example.com:80");
}

TEST(Endpoint, KeepsTheBracketsOfAnIpv6AddressWhereTheyBelong) {
  const auto endpoint = parse_endpoint("http://[::1]:3000/");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->host, "::1");
  EXPECT_EQ(endpoint->authority(), "[::1]:3000");
  EXPECT_EQ(endpoint->path_prefix, "");
}

TEST(Endpoint, RefusesAHostThatIsNone) {
  for (const auto* url : {"http://[[]", "http://[x]", "http://[]", "http://a]b", "http://a[b", "http://a\"b", "http://a\\b",
                          "http://a;b", "http://a'b", "http://:80", "http://[::1]x"}) {
    EXPECT_FALSE(parse_endpoint(url)) << url;
  }
  EXPECT_TRUE(parse_endpoint("http://shop_1.xn--mller-kva.example"));
}

TEST(Endpoint, RefusesWhatItWouldHaveToDropSilently) {
  for (const auto* url : {"", "shop.example.com", "ftp://shop", "http://", "http://:80", "http://u:p@shop",
                          "http://shop?x=1", "http://shop#x", "http://shop:0", "http://shop:65536", "http://shop:80x",
                          "http://[::1", "http://a b", "http://[::1]x", "http://shop\r\nx"}) {
    EXPECT_FALSE(parse_endpoint(url)) << url;
  }
}

}  // namespace
}  // namespace ferry::http
