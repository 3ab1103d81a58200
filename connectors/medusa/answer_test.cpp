#include "connectors/medusa/answer.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/golden.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using testing::HasSubstr;

Trouble trouble_of(const connector::HttpReply& reply, Kind kind = Kind::write) {
  const auto answer = read_answer(reply, kind);
  if (answer.trouble) return *answer.trouble;
  Trouble none;
  none.verdict = Verdict::delivered;
  return none;
}
Verdict verdict_of(const connector::HttpReply& reply, Kind kind = Kind::write) { return trouble_of(reply, kind).verdict; }

TEST(MedusaAnswer, IsTheBodyWhenThereIsNoTrouble) {
  const auto answer = read_answer(ok(json::object{{"x", 1}}), Kind::read);
  EXPECT_FALSE(answer.trouble);
  EXPECT_EQ(integer_at(answer.body, {"x"}), 1);
}

TEST(MedusaAnswer, ARefusalOfTheContentIsSplitAndOfOneRecordRejected) {
  const auto trouble = trouble_of(golden_reply("refused/01"));
  EXPECT_EQ(trouble.verdict, Verdict::split);
  EXPECT_THAT(trouble.reason, HasSubstr("too small"));
  EXPECT_EQ(trouble.for_item(3, false).verdict, Verdict::split);
  EXPECT_EQ(trouble.for_item(3, true).verdict, Verdict::rejected);
  EXPECT_FALSE(trouble.ends_exchange());
  EXPECT_EQ(verdict_of(refused(422, "duplicate_error", "twice")), Verdict::split);
  EXPECT_TRUE(trouble_of(refused(400, "invalid_data", "Inventory level with …, already exists.")).is_existing);
}

TEST(MedusaAnswer, AnOrderThatIsBeingEditedIsALockDressedAsABadRequest) {
  const auto trouble =
      trouble_of(refused(400, "invalid_data", "Order (order_1) already has an existing active order change"));
  EXPECT_EQ(trouble.verdict, Verdict::snooze);
  EXPECT_EQ(trouble.scope, SnoozeScope::record);
  EXPECT_FALSE(trouble.ends_exchange()) << "it concerns no other order";
}

TEST(MedusaAnswer, TellsAMissingRecordFromAWrongAddress) {
  const auto missing = trouble_of(golden_reply("refused/02"));
  EXPECT_TRUE(missing.is_not_found);
  EXPECT_EQ(missing.verdict, Verdict::split);
  const auto elsewhere = trouble_of(golden_reply("refused/04"));
  EXPECT_FALSE(elsewhere.is_not_found);
  EXPECT_EQ(elsewhere.verdict, Verdict::retry);
  EXPECT_THAT(elsewhere.reason, HasSubstr("base_url"));
  for (const auto& reply : {status(301), status(200, "<html>a shop</html>")})
    EXPECT_THAT(trouble_of(reply).reason, HasSubstr("base_url")) << reply.status;
}

TEST(MedusaAnswer, ServerErrorsAreRetriedBecauseADatabaseThatIsAwayLooksLikeABadDate) {
  EXPECT_EQ(verdict_of(golden_reply("refused/03")), Verdict::retry);
  for (const int code : {408, 409, 500, 503}) EXPECT_EQ(verdict_of(status(code)), Verdict::retry) << code;
}

TEST(MedusaAnswer, WhatIsTooLargeIsSplitAndNeverRetried) {
  EXPECT_EQ(golden_reply("refused/05").status, 413);
  EXPECT_EQ(golden_reply("refused/06").status, 431);
  for (const auto* step : {"refused/05", "refused/06"}) EXPECT_EQ(verdict_of(golden_reply(step)), Verdict::split) << step;
}

TEST(MedusaAnswer, LostAnswerIsUnknownOnlyWhereSomethingMayHaveHappened) {
  EXPECT_EQ(verdict_of(lost(true), Kind::write), Verdict::ambiguous);
  EXPECT_EQ(verdict_of(lost(false), Kind::write), Verdict::retry);
  EXPECT_EQ(verdict_of(lost(true), Kind::read), Verdict::retry);
  EXPECT_EQ(verdict_of(status(504), Kind::write), Verdict::ambiguous);
  EXPECT_EQ(verdict_of(status(504), Kind::read), Verdict::retry);
}

TEST(MedusaAnswer, WaitsAsAskedAndHoldsWhomItConcerns) {
  const auto limited = trouble_of(status(429, "", {{"retry-after", "7"}}));
  EXPECT_EQ(limited.verdict, Verdict::snooze);
  EXPECT_EQ(limited.wait, std::chrono::seconds(7));
  EXPECT_EQ(limited.scope, SnoozeScope::credential);
  EXPECT_TRUE(limited.ends_exchange());
  EXPECT_EQ(trouble_of(status(423)).scope, SnoozeScope::record);
  EXPECT_EQ(verdict_of(status(503, "", {{"retry-after", "60"}})), Verdict::snooze);
  for (const auto* code : {"THROTTLED", "TOO_MANY_REQUESTS", "RATE_LIMITED"}) {
    const auto inside = trouble_of(status(200, R"({"errors":[{"extensions":{"code":")" + std::string(code) + "\"}}]}"));
    EXPECT_EQ(inside.verdict, Verdict::snooze) << code;
    EXPECT_EQ(inside.scope, SnoozeScope::credential);
  }
}

TEST(MedusaAnswer, AListThatIsCutSaysNothingAboutWhatExists) {
  EXPECT_EQ(read_list(listed("orders", {json::object()}, 2), "orders").trouble->reason,
            "the portal listed 1 of a page that has 2");
  EXPECT_EQ(read_page(listed("orders", {json::object()}, 9), "orders", 5, 6).trouble->verdict, Verdict::retry);
  EXPECT_FALSE(read_page(listed("orders", {json::object()}, 7), "orders", 5, 6).trouble);
  EXPECT_FALSE(read_page(listed("orders", {}, 7), "orders", 5, 9).trouble) << "beyond the end";
  EXPECT_TRUE(read_list(listed("orders", json::array(1000, json::object()), 1001), "orders").trouble) << "never all of it";
  for (const auto* body : {"", "null", "[]", "{}", R"({"orders":null,"count":0})", R"({"orders":[]})",
                           R"({"orders":[],"count":"0"})", R"({"orders":[],"count":-1})", R"({"errors":[{}]})"})
    EXPECT_EQ(read_list(status(200, body), "orders").trouble->verdict, Verdict::retry) << body;
}

TEST(MedusaAnswer, PortalTextIsQuotedAndBounded) {
  EXPECT_LT(trouble_of(refused(400, "invalid_data", std::string(100'000, 'x') + "\n")).reason.size(), 500U);
}

TEST(MedusaJson, ReadsTheExactNumberAndNotTheDouble) {
  const auto value = json::parse(R"({"a":{"value":"0.333333333333333333333333","precision":20},"b":{"value":1},"c":7})");
  EXPECT_EQ(raw_at(value, {"a"}), Decimal::parse("0.333333333333333333"));
  EXPECT_FALSE(raw_at(value, {"b"}));
  EXPECT_FALSE(raw_at(value, {"c"}));
}

}  // namespace
}  // namespace ferry::medusa
