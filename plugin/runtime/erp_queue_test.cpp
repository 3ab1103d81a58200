#include "plugin/runtime/erp_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferry::runtime {
namespace {

using engine::ErpAnswer;

class ErpQueueTest : public ::testing::Test {
 protected:
  void ask(const std::string& reference) {
    queue_.ask(3, reference, "{}", [this](engine::ErpReply reply) { answers_.push_back(std::move(reply)); });
  }

  int pumps_ = 0;
  std::vector<engine::ErpReply> answers_;
  ErpQueue queue_{[this] { ++pumps_; }};
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

TEST_F(ErpQueueTest, SaysUnsupportedAtOnceWhereTheHostHasNoOrderEntry) {
  ErpQueue without{nullptr};
  std::vector<engine::ErpReply> answers;
  without.ask(3, "A", "{}", [&](engine::ErpReply reply) { answers.push_back(std::move(reply)); });
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].answer, ErpAnswer::unsupported);
}

}  // namespace
}  // namespace ferry::runtime
