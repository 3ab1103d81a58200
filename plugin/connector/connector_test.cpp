#include "plugin/connector/connector.h"

#include <gtest/gtest.h>

#include <array>

namespace ferry::connector {

namespace {
constexpr ConnectorInfo kFirst{"first", "First", {}, nullptr};
constexpr ConnectorInfo kSecond{"second", "Second", {}, nullptr};
}  // namespace

// In the product this list is generated from the folders.
std::span<const ConnectorInfo* const> connectors() noexcept {
  static constexpr std::array<const ConnectorInfo*, 2> kList = {&kFirst, &kSecond};
  return kList;
}

namespace {

TEST(HttpReply, TheFirstHeaderOfANameIsFound) {
  HttpReply reply;
  reply.headers = {{"retry-after", "5"}, {"x", "1"}, {"x", "2"}};
  EXPECT_EQ(reply.header("retry-after"), "5");
  EXPECT_EQ(reply.header("x"), "1");
  EXPECT_EQ(reply.header("date"), "");
}

TEST(Connectors, AreFoundById) {
  EXPECT_EQ(find_connector("second"), &kSecond);
  EXPECT_EQ(find_connector("third"), nullptr);
}

}  // namespace
}  // namespace ferry::connector
