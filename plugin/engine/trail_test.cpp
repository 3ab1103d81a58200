#include "plugin/engine/trail.h"

#include <gmock/gmock.h>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

connector::HttpRequest request(std::string target, std::string body = "") {
  connector::HttpRequest result;
  result.method = "POST";
  result.target = std::move(target);
  result.body = std::move(body);
  return result;
}

TEST(Trail, ShowsMethodTargetHeadersAndBody) {
  auto asked = request("/api", "{\"sku\":\"A\"}");
  asked.headers = {{"Content-Type", "application/json"}};
  EXPECT_EQ(trail_of(asked, ""), "POST /api\nContent-Type: application/json\n\n{\"sku\":\"A\"}");
  EXPECT_EQ(trail_of(reply(200, "ok", {{"date", "today"}}), ""), "status 200\ndate: today\n\nok");
}

TEST(Trail, HidesHeadersThatCarryCredentials) {
  auto asked = request("/");
  asked.headers = {{"Authorization", "Bearer x1"}, {"Cookie", "x2"}, {"X-Api-Key", "x3"}, {"vendure-auth-token", "x4"}};
  const auto text = trail_of(asked, "");
  for (const auto* secret : {"x1", "x2", "x3", "x4"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
  EXPECT_THAT(trail_of(reply(200, "", {{"set-cookie", "x5"}}), ""), Not(HasSubstr("x5")));
}

TEST(Trail, HidesQueryParametersThatCarryCredentials) {
  EXPECT_THAT(trail_of(request("/a?page=2&access_token=x1&q=y"), ""), HasSubstr("/a?page=2&access_token=***&q=y\n"));
  EXPECT_THAT(trail_of(request("/a?token"), ""), HasSubstr("/a?token\n"));
  EXPECT_THAT(trail_of(request("/a?key=x1"), ""), Not(HasSubstr("x1")));
}

TEST(Trail, HidesTheSessionWhereverItStands) {
  const auto text = trail_of(request("/", "a tok b tok"), "tok");
  EXPECT_THAT(text, HasSubstr("a *** b ***"));
}

TEST(Trail, IsBoundedAndNoSecretSurvivesByBeingCut) {
  const std::string secret(40, 's');
  const std::string body = std::string(kLongestTrail - 30, 'x') + secret + std::string(1000, 'y');
  const auto text = trail_of(request("/", body), secret);
  EXPECT_LE(text.size(), kLongestTrail + 3);
  EXPECT_THAT(text, Not(HasSubstr("sss")));
  auto many = reply(200);
  for (int i = 0; i < 2000; ++i) many.headers.emplace_back("x-filler", std::string(50, 'z'));
  EXPECT_LE(trail_of(many, "").size(), kLongestTrail + 3);
}

TEST(Trail, AMissingReplySaysWhy) {
  EXPECT_THAT(trail_of(no_reply("connect: refused"), ""), HasSubstr("no reply: connect: refused"));
}

TEST(Trail, ALogInKeepsNeitherBody) {
  EXPECT_EQ(login_trail_of(request("/login", "pw")), "POST /login\n(log-in, body not kept)");
  EXPECT_EQ(login_trail_of(reply(403, "pw")), "status 403\n(log-in, body not kept)");
}

TEST(Trail, IsValidTextForATable) {
  EXPECT_THAT(trail_of(reply(200, std::string("a\0b\xff", 4)), ""), HasSubstr("a b?"));
}

}  // namespace
}  // namespace ferry::engine
