#include "connectors/vendure/answer.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;

Verdict verdict_of(const connector::HttpReply& reply, Kind kind = Kind::mutation) {
  const auto answer = read_answer(reply, kind);
  return answer.trouble ? answer.trouble->verdict : Verdict::delivered;
}

TEST(VendureAnswer, IsTheDataWhenThereIsNoError) {
  const auto answer = read_answer(ok(R"({"data":{"x":1}})"), Kind::query);
  EXPECT_FALSE(answer.trouble);
  EXPECT_EQ(integer_at(answer.data, {"x"}), 1);
}

TEST(VendureAnswer, DeadlockIsRetried) { EXPECT_EQ(verdict_of(refused("deadlock detected")), Verdict::retry); }

TEST(VendureAnswer, RawDatabaseRefusalsArePermanent) {
  for (const auto* message :
       {R"(duplicate key value violates unique constraint "UQ_1")",
        "value \"3000000000\" is out of range for type integer",
        R"(insert or update on table "stock_level" violates foreign key constraint "FK_1")",
        R"(null value in column "shipping" of relation "refund")", "invalid input syntax for type integer"})
    EXPECT_EQ(verdict_of(refused(message)), Verdict::split) << message;
}

TEST(VendureAnswer, CodedRefusalsArePermanent) {
  for (const auto* code : {"ENTITY_NOT_FOUND", "USER_INPUT_ERROR", "BAD_USER_INPUT", "CHANNEL_NOT_FOUND"})
    EXPECT_EQ(verdict_of(refused("no", code)), Verdict::split) << code;
  EXPECT_EQ(
      verdict_of(status(400, R"({"errors":[{"message":"no","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]})")),
      Verdict::split);
  EXPECT_TRUE(read_answer(refused("no", "ENTITY_NOT_FOUND"), Kind::mutation).trouble->is_not_found);
}

TEST(VendureAnswer, AThrottleInsideAnAnswerIsAWishToWait) {
  for (const auto* code : {"THROTTLED", "TOO_MANY_REQUESTS", "RATE_LIMITED"}) {
    const auto trouble = *read_answer(refused("slow down", code), Kind::mutation).trouble;
    EXPECT_EQ(trouble.verdict, Verdict::snooze) << code;
    EXPECT_EQ(trouble.scope, SnoozeScope::credential);
  }
}

TEST(VendureAnswer, RefusalOfABatchIsSplitAndOfOneRecordRejected) {
  const auto trouble = *read_answer(refused("no", "ENTITY_NOT_FOUND"), Kind::mutation).trouble;
  EXPECT_EQ(trouble.for_item(3, false).verdict, Verdict::split);
  EXPECT_EQ(trouble.for_item(3, true).verdict, Verdict::rejected);
  EXPECT_EQ(trouble.for_item(3, true).index, 3U);
}

TEST(VendureAnswer, BodyOverTheLimitIsSplitAndNeverRetried) {
  EXPECT_EQ(verdict_of(status(500, R"({"statusCode":500,"message":"","path":"/admin-api"})")), Verdict::split);
  EXPECT_EQ(verdict_of(status(413)), Verdict::split);
}

TEST(VendureAnswer, OtherServerErrorsAreRetried) {
  EXPECT_EQ(verdict_of(status(500, R"({"statusCode":500,"message":"boom"})")), Verdict::retry);
  EXPECT_EQ(verdict_of(status(503, "maintenance")), Verdict::retry);
  EXPECT_EQ(verdict_of(status(408)), Verdict::retry);
  EXPECT_EQ(verdict_of(refused("boom", "INTERNAL_SERVER_ERROR")), Verdict::retry);
}

TEST(VendureAnswer, LostAnswerIsUnknownOnlyWhereSomethingMayHaveHappened) {
  EXPECT_EQ(verdict_of(lost(true), Kind::mutation), Verdict::ambiguous);
  EXPECT_EQ(verdict_of(lost(false), Kind::mutation), Verdict::retry);
  EXPECT_EQ(verdict_of(lost(true), Kind::query), Verdict::retry);
  EXPECT_EQ(verdict_of(status(504), Kind::mutation), Verdict::ambiguous);
  EXPECT_EQ(verdict_of(status(504), Kind::query), Verdict::retry);
}

TEST(VendureAnswer, WaitsAsAskedAndHoldsWhomItConcerns) {
  const auto limited = *read_answer(status(429, "", {{"retry-after", "7"}}), Kind::query).trouble;
  EXPECT_EQ(limited.verdict, Verdict::snooze);
  EXPECT_EQ(limited.wait, std::chrono::seconds(7));
  EXPECT_EQ(limited.scope, SnoozeScope::credential);
  const auto locked = *read_answer(status(423), Kind::query).trouble;
  EXPECT_EQ(locked.scope, SnoozeScope::record);
  EXPECT_FALSE(locked.wait);
  const auto maintenance =
      *read_answer(
           status(503, "",
                  {{"retry-after", "Sat, 21 Nov 2026 02:20:00 GMT"}, {"date", "Sat, 21 Nov 2026 02:19:00 GMT"}}),
           Kind::query)
           .trouble;
  EXPECT_EQ(maintenance.wait, std::chrono::seconds(60));
}

TEST(VendureAnswer, ForbiddenNamesThePermission) {
  const auto trouble =
      *read_answer(refused("You are not currently authorized", "FORBIDDEN", "orders"), Kind::query).trouble;
  EXPECT_EQ(trouble.verdict, Verdict::unauthorized);
  EXPECT_THAT(trouble.reason, HasSubstr("ReadOrder"));
}

TEST(VendureAnswer, SessionIsRefusedOnlyWithAnEmptyTokenHeader) {
  auto reply = refused("You are not currently authorized", "FORBIDDEN", "orders");
  EXPECT_FALSE(is_session_refused(reply));
  reply.headers = {{"vendure-auth-token", "abc"}};
  EXPECT_FALSE(is_session_refused(reply));
  reply.headers = {{"vendure-auth-token", ""}};
  EXPECT_TRUE(is_session_refused(reply));
  EXPECT_FALSE(is_session_refused(ok("{}", {{"vendure-auth-token", ""}})));
  EXPECT_FALSE(is_session_refused(ok("not JSON", {{"vendure-auth-token", ""}})));
}

TEST(VendureAnswer, WrongAddressIsSaidSo) {
  for (const auto& reply : {status(404, "<html>"), status(301), ok("<html>a shop</html>")})
    EXPECT_THAT(read_answer(reply, Kind::query).trouble->reason, HasSubstr("base_url")) << reply.status;
}

TEST(VendureAnswer, PortalTextIsQuotedAndBounded) {
  const auto trouble = *read_answer(refused(std::string(100'000, 'x') + "\n"), Kind::query).trouble;
  EXPECT_LT(trouble.reason.size(), 500U);
}

TEST(VendureAnswer, WithoutTheListItWasAskedForSaysNothingAboutWhatExists) {
  for (const auto* body : {R"({"data":{}})", R"({"data":{"orders":null}})", R"({"data":{"orders":{"items":7}}})"})
    EXPECT_EQ(read_answer(ok(body), Kind::query, "orders").trouble->verdict, Verdict::retry) << body;
  EXPECT_FALSE(read_answer(ok(R"({"data":{"orders":{"items":[]}}})"), Kind::query, "orders").trouble);
}

TEST(VendureAnswer, OddBodiesAreNoAnswer) {
  for (const auto* body : {"", "null", "[]", "{}", R"({"data":null})", R"({"data":[]})", R"({"errors":[]})",
                           R"({"errors":7})", "{\"data\":"})
    EXPECT_EQ(verdict_of(ok(body)), Verdict::retry) << body;
  EXPECT_EQ(verdict_of(ok(std::string(10'000, '['))), Verdict::retry);  // nested deeper than any answer
}

}  // namespace
}  // namespace ferry::vendure
