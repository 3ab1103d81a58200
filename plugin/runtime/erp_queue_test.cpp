#include "plugin/runtime/erp_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferry::runtime {
namespace {

using engine::ErpAnswer;

class ErpQueueTest : public ::testing::Test {
 protected:
  void ask(const std::string& reference) {
    queue_.enter(3, reference, "{}", [this](engine::ErpReply reply) { answers_.push_back(std::move(reply)); });
  }

  int pumps_ = 0, evaluations_ = 0;
  std::vector<engine::ErpReply> answers_;
  Instant now_{};
  ErpQueue queue_{[this] { ++pumps_; }, [this] { ++evaluations_; }, [this] { return now_; }};
};

TEST_F(ErpQueueTest, HandsCallsOutInTheOrderTheyWereAsked) {
  ask("A");
  ask("B");
  EXPECT_EQ(pumps_, 2);
  EXPECT_EQ(queue_.waiting(), 2U);
  EXPECT_EQ(queue_.next()->reference, "A");
  EXPECT_EQ(queue_.next()->reference, "B");
  EXPECT_FALSE(queue_.next());
  EXPECT_TRUE(answers_.empty());
}

TEST_F(ErpQueueTest, GivesEachCallItsOwnAnswerOnce) {
  ask("A");
  ask("B");
  const auto first = queue_.next();
  const auto second = queue_.next();
  queue_.answer(second->id, {ErpAnswer::linked, {7, "S7"}, ""});
  queue_.answer(second->id, {ErpAnswer::linked, {8, "S8"}, ""});
  queue_.answer(first->id, {ErpAnswer::busy, {}, "locked"});
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_EQ(answers_[0].order.number, "S7");
  EXPECT_EQ(answers_[1].answer, ErpAnswer::busy);
}

TEST_F(ErpQueueTest, AnswersWaitingCallsBusyWhenClosedAndKeepsThoseAlreadyInTheErp) {
  ask("in the ERP");
  ask("waiting");
  const auto call = queue_.next();
  queue_.close();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].answer, ErpAnswer::busy);
  queue_.answer(call->id, {ErpAnswer::linked, {7, "S7"}, ""});
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_EQ(answers_[1].answer, ErpAnswer::linked);
}

TEST_F(ErpQueueTest, LooksWithoutADocument) {
  queue_.find(3, "A", [this](engine::ErpReply reply) { answers_.push_back(std::move(reply)); });
  ask("B");
  const auto look = queue_.next(), entry = queue_.next();
  EXPECT_EQ(look->purpose, ErpCall::Purpose::find);
  EXPECT_EQ(look->channel, 3);
  EXPECT_EQ(look->reference, "A");
  EXPECT_EQ(entry->purpose, ErpCall::Purpose::enter);
  queue_.answer(look->id, {ErpAnswer::absent, {}, ""});
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].answer, ErpAnswer::absent);
}

TEST_F(ErpQueueTest, CarriesQuestionsAndTheirAnswers) {
  queue_.evaluate(3, {{1, "x", "{}"}, {2, "y", "{}"}}, [this](engine::ErpReply reply) { answers_.push_back(std::move(reply)); });
  EXPECT_EQ(pumps_, 0);
  EXPECT_EQ(evaluations_, 1);
  const auto call = queue_.next();
  ASSERT_EQ(call->questions.size(), 2U);
  EXPECT_EQ(call->channel, 3);
  queue_.answer(call->id, {ErpAnswer::evaluated, {}, "", {{1, "x", "2.5", ""}, {2, "y", "", "no"}}});
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].evaluations.at(0).value, "2.5");
}

TEST_F(ErpQueueTest, DoesNotHandOutWhatWaitedForTooLong) {
  ask("old");
  now_ += ErpQueue::kLongestWait;
  ask("young");
  now_ += Duration(1);
  EXPECT_EQ(queue_.next()->reference, "young");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].answer, ErpAnswer::busy);
}

TEST_F(ErpQueueTest, GivesUpOnTheErpWhenAbandoned) {
  ask("in the ERP");
  const auto call = queue_.next();
  queue_.abandon();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].answer, ErpAnswer::busy);
  queue_.answer(call->id, {ErpAnswer::linked, {7, "S7"}, ""});
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(ErpQueueTest, AnswersBusyWhateverIsAskedAfterClosing) {
  queue_.close();
  ask("late");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].answer, ErpAnswer::busy);
  EXPECT_EQ(pumps_, 0);
}

TEST_F(ErpQueueTest, SaysUnsupportedAtOnceWhereTheHostHasNoOrderEntryOrNoPrices) {
  ErpQueue without{nullptr};
  std::vector<engine::ErpReply> answers;
  without.enter(3, "A", "{}", [&](engine::ErpReply reply) { answers.push_back(std::move(reply)); });
  without.evaluate(3, {{1, "x", "{}"}}, [&](engine::ErpReply reply) { answers.push_back(std::move(reply)); });
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].answer, ErpAnswer::unsupported);
  EXPECT_EQ(answers[1].answer, ErpAnswer::unsupported);
}

}  // namespace
}  // namespace ferry::runtime
