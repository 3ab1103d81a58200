#include <gtest/gtest.h>

#include "plugin/domain/feed.h"
#include "plugin/domain/publication.h"
#include "plugin/domain/verdict.h"

namespace ferry {
namespace {

TEST(Names, EveryFeedIsFoundByItsOwnName) {
  for (int i = static_cast<int>(Feed::product); i <= static_cast<int>(Feed::order_status); ++i) {
    const auto feed = static_cast<Feed>(i);
    EXPECT_EQ(feed_from_name(name_of(feed)), feed);
  }
  EXPECT_EQ(name_of(Feed::list_price), "list_price");
  EXPECT_FALSE(feed_from_name("intake")) << "a job, but no feed";
  EXPECT_FALSE(feed_from_name(""));
}

TEST(Names, VerdictsAndStatesAreSpelledAsInTheTables) {
  EXPECT_EQ(name_of(Verdict::delivered), "delivered");
  EXPECT_EQ(name_of(Verdict::drifted), "drifted");
  EXPECT_EQ(name_of(PublicationState::settled), "settled");
  EXPECT_EQ(name_of(PublicationState::absent), "absent");
  EXPECT_EQ(name_of(static_cast<Verdict>(0)), "unknown");
  EXPECT_EQ(name_of(static_cast<Feed>(0)), "unknown");
}

}  // namespace
}  // namespace ferry
