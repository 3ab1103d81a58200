#include "plugin/engine/conversation.h"

#include <gmock/gmock.h>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class ConversationTest : public ::testing::Test {
 protected:
  void push(std::size_t count = 2) {
    for (std::size_t i = 0; i < count; ++i) items.push_back({"S" + std::to_string(i), "1", ""});
    talk = std::make_unique<Conversation>(connector, credential, Priority::stock, connector.push(Feed::stock, items),
                                          count);
  }
  void pull() {
    talk = std::make_unique<Conversation>(connector, credential, Priority::orders, connector.pull_orders({}, ""));
  }
  connector::HttpRequest asked(Conversation::Turn turn) {
    auto* ask = std::get_if<Conversation::Ask>(&turn);
    EXPECT_NE(ask, nullptr);
    return ask != nullptr ? ask->request : connector::HttpRequest{};
  }
  std::vector<ItemVerdict> finished(const Conversation::Turn& turn) {
    const auto* outcome = std::get_if<Conversation::Outcome>(&turn);
    EXPECT_NE(outcome, nullptr);
    return outcome != nullptr ? std::get<connector::Finish>(*outcome).items : std::vector<ItemVerdict>{};
  }
  static std::string authorization(const connector::HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") return value;
    }
    return "";
  }

  FakeConnector connector;
  Credential credential{100'000};
  std::vector<connector::OutboundItem> items;
  std::unique_ptr<Conversation> talk;
};

TEST_F(ConversationTest, WithoutALogInTheRequestGoesOutAtOnceWithItsCredentials) {
  push();
  const auto request = asked(talk->resume(kStart));
  EXPECT_EQ(request.target, "/push");
  EXPECT_EQ(authorization(request), "Bearer ");
  EXPECT_EQ(finished(talk->on_reply(reply(200, "*=delivered"), kStart)).size(), 2U);
}

TEST_F(ConversationTest, LogsInFirstAndUsesTheSession) {
  connector.has_login = true;
  push();
  EXPECT_EQ(asked(talk->resume(kStart)).target, "/login");
  const auto request = asked(talk->on_reply(reply(200, "token-1"), kStart));
  EXPECT_EQ(request.target, "/push");
  EXPECT_EQ(authorization(request), "Bearer token-1");
  EXPECT_EQ(talk->trail().requests, 2);
}

TEST_F(ConversationTest, ASessionThatIsThereIsShared) {
  connector.has_login = true;
  credential.logged_in({"shared"});
  push();
  EXPECT_EQ(authorization(asked(talk->resume(kStart))), "Bearer shared");
}

TEST_F(ConversationTest, WaitsWhileSomebodyElseLogsIn) {
  connector.has_login = true;
  credential.session(kStart);
  push();
  const auto turn = talk->resume(kStart);
  const auto until = std::get<Conversation::Wait>(turn).until;
  EXPECT_GT(until, kStart);
  credential.logged_in({"theirs"});
  EXPECT_EQ(authorization(asked(talk->resume(until))), "Bearer theirs");
}

connector::HttpReply closed_while_idle() {
  connector::HttpReply reply;
  reply.request_was_sent = reply.may_be_repeated = true;
  reply.error = "read: connection closed by the portal before a reply";
  return reply;
}

TEST_F(ConversationTest, WhatMetAClosedConnectionIsSentAgainOnceInItsTurn) {
  push();
  const auto first = asked(talk->resume(kStart));
  EXPECT_EQ(asked(talk->on_reply(closed_while_idle(), kStart)).body, first.body);
  EXPECT_EQ(talk->trail().requests, 2);
  finished(talk->on_reply(closed_while_idle(), kStart));
}

TEST_F(ConversationTest, SendingAgainKeepsTheRate) {
  Credential slow{1};
  items.push_back({"S", "1", ""});
  talk = std::make_unique<Conversation>(connector, slow, Priority::stock, connector.push(Feed::stock, items), 1);
  asked(talk->resume(kStart));
  const auto turn = talk->on_reply(closed_while_idle(), kStart);
  ASSERT_TRUE(std::holds_alternative<Conversation::Wait>(turn));
  EXPECT_EQ(std::get<Conversation::Wait>(turn).until, kStart + seconds(1));
  EXPECT_EQ(asked(talk->resume(kStart + seconds(1))).target, "/push");
  talk.reset();  // before the credential
}

TEST_F(ConversationTest, ARefusedSessionIsRenewedOnceAndTheSameRequestRepeated) {
  connector.has_login = true;
  credential.logged_in({"old"});
  push();
  const auto first = asked(talk->resume(kStart));
  EXPECT_EQ(asked(talk->on_reply(reply(401), kStart)).target, "/login");
  const auto second = asked(talk->on_reply(reply(200, "new"), kStart));
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(authorization(second), "Bearer new");
  EXPECT_EQ(second.headers.size(), 1U) << "without the old session's";
  EXPECT_EQ(finished(talk->on_reply(reply(200, "*=delivered"), kStart)).at(0).verdict, Verdict::delivered);
}

TEST_F(ConversationTest, ASecondRefusalIsUnauthorizedForAllItems) {
  connector.has_login = true;
  credential.logged_in({"old"});
  push(3);
  talk->resume(kStart);
  talk->on_reply(reply(401), kStart);
  talk->on_reply(reply(200, "new"), kStart);
  const auto verdicts = finished(talk->on_reply(reply(401), kStart));
  ASSERT_EQ(verdicts.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(verdicts[i].index, i);
    EXPECT_EQ(verdicts[i].verdict, Verdict::unauthorized);
    EXPECT_THAT(verdicts[i].reason, HasSubstr("right after a log-in"));
  }
}

TEST_F(ConversationTest, EachRequestMayRenewTheSessionOnce) {
  connector.has_login = true;
  credential.logged_in({"a"});
  push();
  talk->resume(kStart);
  talk->on_reply(reply(401), kStart);
  talk->on_reply(reply(200, "b"), kStart);
  const auto turn = talk->on_reply(reply(202), kStart);
  const auto until = std::get<Conversation::Wait>(turn).until;
  EXPECT_EQ(asked(talk->resume(until)).target, "/poll");
  EXPECT_EQ(asked(talk->on_reply(reply(401), until)).target, "/login");
}

TEST_F(ConversationTest, ARefusedConstantCredentialIsUnauthorizedAtOnce) {
  push();
  talk->resume(kStart);
  EXPECT_THAT(finished(talk->on_reply(reply(401), kStart)).at(0).reason, HasSubstr("check the secrets"));
}

TEST_F(ConversationTest, AFailedLogInSettlesAllItems) {
  connector.has_login = true;
  push();
  talk->resume(kStart);
  EXPECT_EQ(finished(talk->on_reply(reply(403), kStart)).at(1).verdict, Verdict::unauthorized);
  push();
  EXPECT_EQ(finished(talk->resume(kStart)).at(0).verdict, Verdict::unauthorized) << "remembered, not repeated";
}

TEST_F(ConversationTest, ALogInThatDoesNotReachThePortalIsUnreachable) {
  connector.has_login = true;
  push();
  talk->resume(kStart);
  EXPECT_EQ(finished(talk->on_reply(no_reply("refused"), kStart)).at(0).verdict, Verdict::retry);
  EXPECT_TRUE(talk->trail().is_unreachable);
}

TEST_F(ConversationTest, DroppedDuringALogInItLeavesItToTheNext) {
  connector.has_login = true;
  push();
  talk->resume(kStart);
  talk.reset();
  EXPECT_TRUE(std::holds_alternative<Credential::LogIn>(credential.session(kStart)));
}

TEST_F(ConversationTest, AskingForTheRateComesBeforeEveryRequestAlsoTheLogIn) {
  connector.has_login = true;
  credential.block_until(kStart + seconds(9));
  push();
  EXPECT_EQ(std::get<Conversation::Wait>(talk->resume(kStart)).until, kStart + seconds(9));
  EXPECT_EQ(std::get<Conversation::Wait>(talk->resume(kStart + seconds(1))).until, kStart + seconds(9));
  EXPECT_EQ(asked(talk->resume(kStart + seconds(9))).target, "/login");
  EXPECT_EQ(talk->trail().started_at, kStart + seconds(9));
}

TEST_F(ConversationTest, APauseIsKeptThenTheExchangeGoesOn) {
  push();
  talk->resume(kStart);
  EXPECT_EQ(std::get<Conversation::Wait>(talk->on_reply(reply(202), kStart)).until, kStart + seconds(1));
  EXPECT_EQ(std::get<Conversation::Wait>(talk->resume(kStart + milliseconds(1))).until, kStart + seconds(1))
      << "too early";
  EXPECT_EQ(asked(talk->resume(kStart + seconds(1))).target, "/poll");
}

TEST_F(ConversationTest, APullEndsInAPageOrInAFinishOfOneItem) {
  pull();
  talk->resume(kStart);
  const auto turn = talk->on_reply(reply(200, "R1 1", {{"next", "p2"}}), kStart);
  EXPECT_EQ(std::get<connector::Page>(std::get<Conversation::Outcome>(turn)).next_cursor, "p2");
  pull();
  talk->resume(kStart);
  const auto verdicts = finished(talk->on_reply(reply(500), kStart));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].verdict, Verdict::retry);
}

TEST_F(ConversationTest, APullLogsInLikeAnExchange) {
  connector.has_login = true;
  pull();
  EXPECT_EQ(asked(talk->resume(kStart)).target, "/login");
  EXPECT_EQ(asked(talk->on_reply(reply(200, "t"), kStart)).target, "/orders?cursor=");
}

TEST_F(ConversationTest, NoSecretStaysInTheTrail) {
  connector.has_login = true;
  push();
  talk->resume(kStart);
  EXPECT_THAT(talk->trail().request, Not(HasSubstr("s3cret")));
  talk->on_reply(reply(200, "token-1"), kStart);
  EXPECT_THAT(talk->trail().reply, Not(HasSubstr("token-1")));
  talk->on_reply(reply(200, "*=delivered, by the way your token-1 is fine"), kStart);
  EXPECT_THAT(talk->trail().request + talk->trail().reply, Not(HasSubstr("token-1")));
  EXPECT_THAT(talk->trail().reply, HasSubstr("your *** is fine"));
}

}  // namespace
}  // namespace ferry::engine
