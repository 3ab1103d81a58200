#include "connectors/vendure/session.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

TEST(VendureSession, AddsTokenAndChannelToARequest) {
  auto settings = test::settings();
  settings.channel_token = "eu";
  HttpRequest request;
  authorize(request, {"abc"}, settings);
  EXPECT_EQ(request.headers, (Headers{{"authorization", "Bearer abc"}, {"vendure-token", "eu"}}));
}

TEST(VendureSession, LogsInWithinTheChannelBecauseASessionRemembersIt) {
  auto settings = test::settings();
  settings.channel_token = "eu";
  const auto step = make_login(settings)->start();
  const auto& headers = std::get<Send>(step).request.headers;
  EXPECT_THAT(headers, testing::Contains(std::pair<std::string, std::string>("vendure-token", "eu")));
}

TEST(VendureSession, LeavesTheChannelOutWhereThereIsOnlyTheDefault) {
  const auto settings = test::settings();
  HttpRequest request;
  authorize(request, {"abc"}, settings);
  EXPECT_EQ(request.headers, (Headers{{"authorization", "Bearer abc"}}));
}

ItemVerdict refusal_of(const HttpReply& reply) {
  const auto settings = test::settings();
  const auto login = make_login(settings);
  (void)login->start();
  const auto step = login->on_reply(reply);
  return std::holds_alternative<LoginFailed>(step) ? std::get<LoginFailed>(step).verdict
                                                   : ItemVerdict{0, Verdict::delivered, "", {}, {}};
}

TEST(VendureSession, SaysThatThePortalGivesNoBearerToken) {
  const auto verdict = refusal_of(ok(R"({"data":{"login":{"__typename":"CurrentUser"}}})"));
  EXPECT_EQ(verdict.verdict, Verdict::unauthorized);
  EXPECT_THAT(verdict.reason, HasSubstr("tokenMethod"));
}

TEST(VendureSession, PassesOnAnotherReasonForARefusal) {
  const auto verdict = refusal_of(ok(
      R"({"data":{"login":{"__typename":"NotVerifiedError","errorCode":"NOT_VERIFIED_ERROR","message":"verify first"}}})"));
  EXPECT_EQ(verdict.verdict, Verdict::unauthorized);
  EXPECT_THAT(verdict.reason, HasSubstr("verify first"));
}

TEST(VendureSession, PortalThatIsNotReadyIsNoRefusal) {
  EXPECT_EQ(refusal_of(lost(false)).verdict, Verdict::retry);
  EXPECT_EQ(refusal_of(status(503)).verdict, Verdict::retry);
  EXPECT_EQ(refusal_of(status(429)).verdict, Verdict::snooze);
}

}  // namespace
}  // namespace ferry::vendure
