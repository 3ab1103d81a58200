#include "plugin/runtime/mailbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace ferry::runtime {
namespace {

TEST(Mailbox, GivesEverythingThatArrivedInOrder) {
  Mailbox<int> box;
  box.put(1);
  box.put(2);
  EXPECT_EQ(box.take_all(std::nullopt), (std::deque<int>{1, 2}));
  EXPECT_TRUE(box.take_arrived().empty());
}

TEST(Mailbox, ComesBackEmptyWhenTheDeadlineIsPast) {
  Mailbox<int> box;
  EXPECT_TRUE(box.take_all(Instant{}).empty());
}

TEST(Mailbox, WakesAReaderThatWaits) {
  Mailbox<int> box;
  std::deque<int> got;
  std::thread reader([&] { got = box.take_all(std::nullopt); });
  box.put(7);
  reader.join();
  EXPECT_EQ(got, std::deque<int>{7});
}

}  // namespace
}  // namespace ferry::runtime
