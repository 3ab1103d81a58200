#include "plugin/connector/http_date.h"

#include <gtest/gtest.h>

namespace ferry::connector {
namespace {

using namespace std::chrono_literals;

HttpReply reply_with(std::string retry_after, std::string date = "") {
  HttpReply reply;
  if (!retry_after.empty()) reply.headers.emplace_back("retry-after", std::move(retry_after));
  if (!date.empty()) reply.headers.emplace_back("date", std::move(date));
  return reply;
}

TEST(HttpDate, ReadsTheOneFormThatServersWrite) {
  EXPECT_EQ(parse_http_date("Sat, 21 Nov 2026 02:18:44 GMT"), from_iso8601("2026-11-21T02:18:44Z"));
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const auto* text :
       {"", "2026-11-21T02:18:44Z", "Sat, 21 Nov 2026 02:18:44 CET", "Sat, 31 Feb 2026 02:18:44 GMT",
        "Sat, 21 Nix 2026 02:18:44 GMT", "Sat, 21 Nov 2026 25:18:44 GMT", "Sat, xx Nov 2026 02:18:44 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(RetryAfter, IsItsSeconds) { EXPECT_EQ(retry_after(reply_with("120")), 120s); }

TEST(RetryAfter, IsItsDateLessThePortalsOwnClock) {
  EXPECT_EQ(retry_after(reply_with("Sat, 21 Nov 2026 02:20:00 GMT", "Sat, 21 Nov 2026 02:18:30 GMT")), 90s);
}

TEST(RetryAfter, IsNeverNegative) {
  EXPECT_EQ(retry_after(reply_with("Sat, 21 Nov 2026 02:00:00 GMT", "Sat, 21 Nov 2026 02:18:30 GMT")), 0s);
}

TEST(RetryAfter, IsUnknownWhenTheHeaderIsMissingOddOrHasNoClockToCompareWith) {
  EXPECT_FALSE(retry_after(reply_with("")));
  EXPECT_FALSE(retry_after(reply_with("soon")));
  EXPECT_FALSE(retry_after(reply_with("-5")));
  EXPECT_FALSE(retry_after(reply_with("99999999999999")));
  EXPECT_FALSE(retry_after(reply_with("Sat, 21 Nov 2026 02:20:00 GMT")));
}

}  // namespace
}  // namespace ferry::connector
