// What the tests of the feed lane share.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "plugin/engine/feed_lane.h"
#include "plugin/engine/testing.h"

namespace ferry::engine::testing {

class FeedLaneTest : public ::testing::Test {
 protected:
  void build(const ChannelOptions& options = {}) {
    parts = make_channel(options);
    stage.emplace(std::make_unique<FeedLane>(parts.channel, Feed::stock));
  }
  // Leased, the first comparison done, nothing due.
  void settle_in(const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    stage->run_done(0);
    stage->loaded({});
    EXPECT_TRUE(stage->is_quiet()) << stage->names();
  }
  // The same, with that many items sent in their first batches.
  void sending(std::vector<DueItem> items, const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    stage->run_done(static_cast<std::int64_t>(items.size()));
    stage->loaded(std::move(items));
  }
  const SettledItem& only_item(const Record& record) {
    EXPECT_EQ(record.exchanges.size(), 1U);
    EXPECT_EQ(record.exchanges.at(0).items.size(), 1U);
    return record.exchanges.at(0).items.at(0);
  }
  void wake() { stage->give(Wake{}); }
  void fail_run(Failure failure) {
    stage->take<RunFeed>();
    stage->give(Ran{Stage::failure<FeedRunReport>(failure)});
  }

  ChannelParts parts;
  std::optional<Stage> stage;
};

}  // namespace ferry::engine::testing
