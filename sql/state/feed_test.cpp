#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Counts;
using engine::Failure;
using engine::RunMode;
using ::testing::ElementsAre;
using testing::failure;
using ::testing::IsEmpty;
using testing::must;
using testing::PrivateCluster;

class FeedRuns : public testing::StoreTest {
 protected:
  // Shop 1 compared, everything delivered.
  engine::Lease synced() {
    const auto held = lease(1, "stock");
    run(held, RunMode::full);
    deliver_all(held);
    return held;
  }
  std::string desired_of(const std::string& label) {
    return value("SELECT desired::json->>'quantity' FROM ferry.publication WHERE channel = 1 AND label = '" + label +
                 "'");
  }
};

TEST_F(FeedRuns, TheFirstRunComparesEverythingWhateverIsAsked) {
  product("A", 5);
  product("B", 0);
  const auto report = run(lease(1, "stock"), RunMode::hints);
  EXPECT_EQ(report.mode, RunMode::full);
  EXPECT_EQ(report.counts, (Counts{2, 2, 0, 0, 0, 2}));
  EXPECT_GT(report.run, 0);
  EXPECT_EQ(counts_of(report.run), "2/0/0/2");
  EXPECT_EQ(desired_of("A"), "5");
  EXPECT_EQ(desired_of("B"), "0");
}

TEST_F(FeedRuns, ASecondRunWithNothingChangedMarksNothing) {
  product("A", 5);
  const auto held = synced();
  EXPECT_EQ(run(held, RunMode::full).counts, (Counts{1, 0, 1, 0, 0, 0}));
  EXPECT_THAT(due(held), IsEmpty());
  EXPECT_EQ(run(held, RunMode::watermark).run, 0);
  EXPECT_EQ(run(held, RunMode::hints).run, 0);
}

// Decided on before midnight, begun after it: the lane that dies then must not have moved the boundary on.
TEST_F(FeedRuns, ARunThatBeginsAfterABoundaryLooksAtEverything) {
  product("A", 5);
  const auto held = synced();
  sql("UPDATE ferry.job SET next_boundary = now() - interval '1 second' WHERE channel = 1 AND job = 'stock'");
  EXPECT_EQ(run(held, RunMode::hints).mode, RunMode::hints);
  EXPECT_EQ(value("SELECT next_boundary < now() FROM ferry.job WHERE channel = 1 AND job = 'stock'"), "1");
  EXPECT_EQ(run(held, RunMode::watermark).mode, RunMode::full);
  EXPECT_EQ(value("SELECT next_boundary > now() FROM ferry.job WHERE channel = 1 AND job = 'stock'"), "1");
  EXPECT_EQ(run(held, RunMode::watermark).mode, RunMode::watermark);
}

TEST_F(FeedRuns, AHintLeadsToItsRecordOnly) {
  const auto a = product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  move(a, 1);
  move(b, 1);
  hint(a);
  const auto report = run(held, RunMode::hints);
  EXPECT_EQ(report.mode, RunMode::hints);
  EXPECT_EQ(report.counts, (Counts{1, 1, 0, 0, 0, 1}));
  EXPECT_EQ(desired_of("A"), "6");
  EXPECT_EQ(desired_of("B"), "5");
}

TEST_F(FeedRuns, WhatBypassedTheErpIsFoundByTheWatermark) {
  product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  move(b, -1 + 3);
  EXPECT_EQ(run(held, RunMode::hints).run, 0);
  EXPECT_EQ(run(held, RunMode::watermark).counts, (Counts{1, 1, 0, 0, 0, 1}));
  EXPECT_EQ(desired_of("B"), "7");
}

TEST_F(FeedRuns, WhatBypassedTheErpIsNotPassedOverByRunsThatLookAtHints) {
  const auto a = product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  move(b, 2);  // reported by nobody
  for (int round = 0; round < 3; ++round) {
    move(a, 1);
    hint(a);
    EXPECT_EQ(run(held, RunMode::hints).counts.changed, 1);
  }
  EXPECT_EQ(run(held, RunMode::hints).run, 0) << "no hint is looked at twice";
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 1);
  EXPECT_EQ(desired_of("B"), "7");
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 0);
}

TEST_F(FeedRuns, AChangeThatCommitsAfterLaterOnesWereSeenIsNotLost) {
  const auto a = product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  Connection slow(PrivateCluster::instance().settings(database_));
  Transaction open(slow, Isolation::read_committed);
  slow.run("UPDATE stock_move SET internal_quantity = 50 WHERE product = " + std::to_string(a) +
           "; INSERT INTO ferry.change_hint (feed, key) VALUES ('stock', " + std::to_string(a) + ")");
  for (int round = 0; round < 3; ++round) {
    move(b, 1);
    hint(b);
    EXPECT_EQ(run(held, round == 1 ? RunMode::watermark : RunMode::hints).counts.changed, 1);
    deliver_all(held);
  }
  EXPECT_EQ(desired_of("A"), "5");
  open.commit();
  run(held, RunMode::hints);
  EXPECT_EQ(desired_of("A"), "50");
}

TEST_F(FeedRuns, ALateCommitWithoutAHintIsFoundByTheWatermark) {
  const auto a = product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  Connection slow(PrivateCluster::instance().settings(database_));
  Transaction open(slow, Isolation::read_committed);
  slow.run("UPDATE stock_move SET internal_quantity = 50 WHERE product = " + std::to_string(a));
  move(b, 1);
  run(held, RunMode::watermark);
  open.commit();
  run(held, RunMode::watermark);
  EXPECT_EQ(desired_of("A"), "50");
}

TEST_F(FeedRuns, TwoChannelsEachSeeTheSameHintOnce) {
  const auto a = product("A", 5);
  add_channel(2);
  sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (2, " + std::to_string(a) + ")");
  const auto one = synced();
  const auto two = lease(2, "stock");
  run(two, RunMode::full);
  move(a, 1);
  hint(a);
  EXPECT_EQ(run(one, RunMode::hints).counts.changed, 1);
  EXPECT_EQ(run(one, RunMode::hints).run, 0);
  EXPECT_EQ(run(two, RunMode::hints).counts.changed, 1);
  EXPECT_EQ(run(two, RunMode::hints).run, 0);
}

TEST_F(FeedRuns, AHintForEverythingComparesEverything) {
  product("A", 5);
  const auto held = synced();
  hint(0);
  EXPECT_EQ(run(held, RunMode::hints).mode, RunMode::full);
  EXPECT_EQ(run(held, RunMode::hints).mode, RunMode::hints);
}

TEST_F(FeedRuns, HintsOfOtherFeedsAreNotTaken) {
  const auto a = product("A", 5);
  const auto held = synced();
  move(a, 1);
  hint(a, "list_price");
  EXPECT_EQ(run(held, RunMode::hints).run, 0);
}

TEST_F(FeedRuns, WhatIsNoLongerPublishedIsWithdrawn) {
  const auto a = product("A", 5);
  const auto held = synced();
  sql("DELETE FROM \"web_shop-product_product\" WHERE product = " + std::to_string(a));
  EXPECT_EQ(run(held, RunMode::full).counts, (Counts{1, 1, 0, 0, 0, 1}));
  const auto items = due(held);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].item.label, "A");
  EXPECT_EQ(items[0].item.document, "");
  EXPECT_NE(items[0].item.acknowledged, "");
  deliver_all(held);
  EXPECT_EQ(value("SELECT state || coalesce(acknowledged, '-') FROM ferry.publication"), "settled-");
  EXPECT_EQ(run(held, RunMode::full).counts, Counts{});
  sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (1, " + std::to_string(a) + ")");
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 1);
}

TEST_F(FeedRuns, ANewerValueReplacesAWaitingOneAndItsRunTakesOver) {
  const auto a = product("A", 5);
  const auto held = lease(1, "stock");
  const auto first = run(held, RunMode::full);
  move(a, 1);
  hint(a);
  const auto second = run(held, RunMode::hints);
  EXPECT_EQ(due(held).size(), 1U);
  deliver_all(held);
  EXPECT_EQ(counts_of(first.run), "1/0/0/1");
  EXPECT_EQ(counts_of(second.run), "1/1/0/0");
}

TEST_F(FeedRuns, DecreasesGoBeforeIncreases) {
  const auto a = product("A", 5);
  const auto b = product("B", 5);
  const auto held = synced();
  move(a, 1);
  hint(a);
  move(b, 1, 2, 9);
  hint(b);
  run(held, RunMode::hints);
  const auto items = due(held);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].item.label, "B");
}

TEST_F(FeedRuns, AnotherDatabaseUnderTheSameTablesVoidsTheWatermark) {
  product("A", 5);
  const auto held = synced();
  sql("UPDATE ferry.job SET cluster = 'restored from elsewhere'; UPDATE ferry.publication SET fingerprint = "
      "fingerprint + 1");
  EXPECT_FALSE(must(store_.acquire({1, "stock"}, "one", kTtl)).compared_before);
  const auto report = run(held, RunMode::hints);
  EXPECT_EQ(report.mode, RunMode::full);
  EXPECT_EQ(report.counts.changed, 0);  // fingerprints of another server version are computed anew, nothing is resent
}

TEST_F(FeedRuns, AWatermarkFromTheFutureIsVoid) {
  product("A", 5);
  const auto held = synced();
  sql("UPDATE ferry.job SET snapshot = '4000000000:4000000000:'");
  EXPECT_EQ(run(held, RunMode::hints).mode, RunMode::full);
}

TEST_F(FeedRuns, HintsThatEveryLaneHasSeenArePurgedAndALateLaneComparesEverything) {
  const auto a = product("A", 5);
  add_channel(2);
  const auto rested = lease(2, "stock", "two");
  run(rested, RunMode::full);
  const auto held = synced();
  sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '2 days' WHERE channel = 2");
  hint(a);
  OdbcStore fresh(PrivateCluster::instance().settings(database_));  // purges with its first run
  must(fresh.run_feed(run_of(held, RunMode::watermark)));
  EXPECT_EQ(value("SELECT count(*) FROM ferry.change_hint"), "0");
  EXPECT_EQ(run(lease(2, "stock", "two"), RunMode::hints).mode, RunMode::full);
  EXPECT_EQ(run(held, RunMode::hints).mode, RunMode::hints);
}

TEST_F(FeedRuns, HintsThatALaneHasNotSeenAreKept) {
  const auto a = product("A", 5);
  add_channel(2);
  run(lease(2, "stock"), RunMode::full);
  const auto held = synced();
  hint(a);
  OdbcStore fresh(PrivateCluster::instance().settings(database_));
  must(fresh.run_feed(run_of(held, RunMode::hints)));
  EXPECT_EQ(value("SELECT count(*) FROM ferry.change_hint"), "1");
}

TEST_F(FeedRuns, ManyKeysAreComparedLikeFew) {
  sql("INSERT INTO product_template (id, default_uom) SELECT 1000 + g, 1 FROM generate_series(1, 1500) g;"
      "INSERT INTO product_product (id, code, template) SELECT 1000 + g, 'P' || g, 1000 + g FROM generate_series(1, "
      "1500) g;"
      "INSERT INTO \"web_shop-product_product\" (shop, product) SELECT 1, 1000 + g FROM generate_series(1, 1500) g");
  const auto held = synced();
  for (const int keys : {1, 200, 201, 1500}) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) SELECT "
        "1000 + g, 10, "
        "2, 'done', 1, DATE '2020-01-01' FROM generate_series(1, " +
        std::to_string(keys) +
        ") g; INSERT INTO ferry.change_hint "
        "(feed, key) SELECT 'stock', 1000 + g FROM generate_series(1, " +
        std::to_string(keys) + ") g");
    EXPECT_EQ(run(held, RunMode::hints).counts.changed, keys);
  }
}

TEST_F(FeedRuns, APreviewWritesNothing) {
  product("A", 5);
  product("B", 7);
  const auto held = lease(1, "stock");
  const auto preview = must(store_.preview(run_of(held, RunMode::full), 1));
  EXPECT_EQ(preview.inbound, 2);
  EXPECT_EQ(preview.changed, 2);
  ASSERT_EQ(preview.changes.size(), 1U);
  EXPECT_EQ(preview.changes[0].label, "A");
  EXPECT_EQ(preview.changes[0].acknowledged, "");
  EXPECT_EQ(preview.changes[0].desired, R"({"sku":"A","location":null,"quantity":"5"})");
  EXPECT_EQ(value("SELECT (SELECT count(*) FROM ferry.publication) + (SELECT count(*) FROM ferry.run)"), "0");
  run(held, RunMode::full);
  EXPECT_THAT(must(store_.preview(run_of(held, RunMode::full), 1)).changes, IsEmpty());
}

TEST_F(FeedRuns, AnUnknownProfileIsADefectNamed) {
  auto wrong = run_of(lease(1, "stock"), RunMode::full);
  wrong.profile = "nowhere-1.0";
  const auto result = store_.run_feed(wrong);
  EXPECT_EQ(failure(result), Failure::invalid);
  EXPECT_THAT(result.error().message, ::testing::HasSubstr("tryton-6.0/stock"));
}

TEST_F(FeedRuns, AMissingTableIsForAPerson) {
  sql("DROP TABLE stock_move");
  EXPECT_EQ(failure(store_.run_feed(run_of(lease(1, "stock"), RunMode::full))), Failure::rights);
}

}  // namespace
}  // namespace ferry::sql
