// Stock that is divided among channels, as sql/profiles/tryton-6.0/stock.sql does it: the rule of
// plugin/domain/allocation.h.
#include "plugin/domain/allocation.h"

#include <random>
#include <thread>

#include "sql/state/catalogue.h"
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::StockMeaning;
using engine::RunMode;
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;
using testing::PrivateCluster;

class Divided : public testing::StoreTest {
 protected:
  void SetUp() override {
    a_ = product("A", 100);
    publish(a_, 2);
  }
  void publish(std::int64_t product, int shop) {
    sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (" + std::to_string(shop) + ", " +
        std::to_string(product) + ")");
  }
  void shares(const std::string& first, const std::string& second) {
    add_channel(1, first);
    add_channel(2, second);
  }
  static std::string percent(int value) { return R"({"allocation_percent":)" + std::to_string(value) + "}"; }

  engine::FeedRunReport compare(int channel, RunMode mode = RunMode::full,
                                StockMeaning meaning = StockMeaning::on_hand) {
    auto feed_run = run_of(lease(channel, "stock"), mode);
    feed_run.stock_meaning = meaning;
    return must(store_.run_feed(feed_run));
  }
  void deliver(int channel) { deliver_all(lease(channel, "stock")); }
  std::string wished(int channel, const std::string& sku = "A", const std::string& member = "quantity") {
    return value("SELECT desired::json->>'" + member + "' FROM ferry.publication WHERE feed = 'stock' AND label = '" +
                 sku + "' AND channel = " + std::to_string(channel));
  }
  // What the channel is told; of everything and by key, which must agree.
  std::string told(int channel, const std::string& sku = "A", StockMeaning meaning = StockMeaning::on_hand) {
    compare(channel, RunMode::full, meaning);
    const auto full = wished(channel, sku);
    sql("UPDATE ferry.publication SET desired = '{}', fingerprint = 0 WHERE channel = " + std::to_string(channel) +
        "; INSERT INTO ferry.change_hint (feed, key) SELECT 'stock', key FROM ferry.publication WHERE channel = " +
        std::to_string(channel));
    compare(channel, RunMode::hints, meaning);
    EXPECT_EQ(wished(channel, sku), full) << "keyed and full plans disagree";
    return full;
  }

  std::int64_t a_ = 0;
};

// ---- shares ---------------------------------------------------------------------------------------------------------

TEST_F(Divided, EachChannelIsToldItsPercentageOfWhatMayBeSold) {
  shares(percent(60), R"({"allocation_percent":"30"})");
  EXPECT_EQ(told(1), "60");
  EXPECT_EQ(told(2), "30");
  portal_order("R1", "A", 10, 10, false, 1);
  EXPECT_EQ(told(1), "64") << "54 of the 90 that are left, and the ten that the portal subtracts by itself";
  EXPECT_EQ(told(2), "27");
  EXPECT_EQ(told(1, "A", StockMeaning::saleable), "54");
  EXPECT_EQ(wished(1, "A", "open"), "10") << "sent again when its number has moved by itself";
}

TEST_F(Divided, WhatOneChannelRingFencesNoOtherSells) {
  shares(R"({"allocation_reserved":"30"})", "{}");
  EXPECT_EQ(told(1), "100");
  EXPECT_EQ(told(2), "70");
  portal_order("R1", "A", 60, 60, false, 2);
  EXPECT_EQ(told(2), "70") << "ten, and the sixty that it sold";
  EXPECT_EQ(told(1), "40");
  portal_order("R2", "A", 20, 20, false, 2);
  EXPECT_EQ(told(2), "80") << "none any more: the last thirty are the other's";
  sql("UPDATE \"web_shop-product_product\" SET active = false WHERE shop = 1");
  compare(1), deliver(1);
  EXPECT_EQ(told(2), "100") << "a shop that does not publish the product fences nothing of it";
}

TEST_F(Divided, TheCapAndTheThresholdBound) {
  shares(R"({"allocation_cap":"25"})", R"({"allocation_percent":50,"low_stock_threshold":"40"})");
  EXPECT_EQ(told(1), "25");
  EXPECT_EQ(told(2), "50");
  move(a_, 21, 2, 8);
  EXPECT_EQ(told(2), "0") << "39 are less than 40";
  EXPECT_EQ(told(1), "25");
}

TEST_F(Divided, SafetyStockOfAChannelIsKeptBackFirst) {
  shares(R"({"allocation_percent":50,"safety_stock":"20"})", percent(50));
  EXPECT_EQ(told(1), "40");
  EXPECT_EQ(told(2), "50");
}

TEST_F(Divided, EachLocationOfAPortalByItself) {
  sql("INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11), (2, 11)");
  move(a_, 9, 9, 12);
  shares(R"({"allocation_percent":50,"locations":{"WH":"main","WH2":"second"}})", percent(50));
  compare(1);
  EXPECT_EQ(value("SELECT string_agg(desired::json->>'quantity', ' ' ORDER BY part) FROM ferry.publication "
                  "WHERE channel = 1"),
            "50 4");
  EXPECT_EQ(told(2), "54") << "of both together";
}

TEST_F(Divided, OnlyChannelsThatSellTheSameStockCount) {
  const std::string fence = R"("allocation_reserved":"30")";
  shares("{}", "{" + fence + "}");
  EXPECT_EQ(told(1), "70");
  shares("{}", "{" + fence + R"(,"jobs":"intake, order_status"})");
  EXPECT_EQ(told(1), "100") << "it publishes no stock";
  shares("{}", "{" + fence + R"(,"jobs":["stock"]})");
  EXPECT_EQ(told(1), "70");
  must(store_.upsert_channel({2, "Shop 2", "tryton-6.0", "vendure", false, "{" + fence + "}", {}}));
  EXPECT_EQ(told(1), "100") << "it is not active";
  shares("{}", "{" + fence + "}");
  sql("UPDATE \"web_shop-stock_location\" SET warehouse = 11 WHERE shop = 2");
  EXPECT_EQ(told(1), "100") << "it sells from another warehouse";
}

TEST_F(Divided, WrongSettingsOfAnotherChannelHinderNobody) {
  shares(percent(50),
         R"({"allocation_percent":"all","allocation_cap":"-","allocation_reserved":"1e9","locations":"{"})");
  EXPECT_EQ(told(1), "50");
}

// ---- that the sum stays ---------------------------------------------------------------------------------------------

TEST_F(Divided, AnIncreaseWaitsUntilTheOthersDecreaseIsConfirmed) {
  shares(percent(80), percent(20));
  compare(1), compare(2), deliver(1), deliver(2);
  EXPECT_EQ(wished(1), "80");
  shares(percent(20), percent(80));
  compare(2);
  EXPECT_EQ(wished(2), "20") << "the first may still sell eighty";
  compare(1);
  compare(2);
  EXPECT_EQ(wished(2), "20") << "its decrease is wished, and not confirmed";
  deliver(1);
  EXPECT_EQ(compare(2, RunMode::hints).counts.changed, 1) << "found because the confirmation reports it";
  EXPECT_EQ(wished(2), "80");
}

TEST_F(Divided, WhatMayStillArriveCounts) {
  shares(percent(50), percent(50));
  compare(1), compare(2), deliver(1), deliver(2);
  move(a_, 100);
  compare(1);
  ASSERT_EQ(wished(1), "100");
  const auto under_way = due(lease(1, "stock"));  // sent, and not answered
  move(a_, 160, 2, 8);
  compare(1);
  EXPECT_EQ(wished(1), "0") << "the other still sells fifty, and there are forty";
  compare(2);
  EXPECT_EQ(wished(2), "0") << "the portal of the first may show a hundred at any moment";
  deliver(2);
  settle(lease(1, "stock"), {settled(under_way.at(0), Verdict::delivered, PublicationState::settled)});
  compare(2, RunMode::hints);
  EXPECT_EQ(wished(2), "0") << "now it does";
  deliver(1);
  EXPECT_EQ(compare(2, RunMode::hints).counts.changed, 1);
  EXPECT_EQ(wished(2), "20");
  EXPECT_EQ(compare(1, RunMode::hints).counts.changed, 1);
  EXPECT_EQ(wished(1), "20");
}

TEST_F(Divided, AnOrderThatWasSeenIsHeldNoLonger) {
  shares(percent(50), percent(50));
  compare(1), compare(2), deliver(1), deliver(2);
  portal_order("R1", "A", 50, 50, false, 1);
  compare(2);
  EXPECT_EQ(wished(2), "25");
  compare(1);
  EXPECT_EQ(wished(1), "50") << "nothing until the other has come down, and the fifty that it sold";
  deliver(2);
  compare(1, RunMode::hints);
  EXPECT_EQ(wished(1), "75");
}

TEST_F(Divided, AProductThatWasTakenOffAShopIsHeldUntilThatIsConfirmed) {
  shares(percent(50), percent(50));
  compare(2), deliver(2);
  sql("DELETE FROM \"web_shop-product_product\" WHERE shop = 2");
  move(a_, 60, 2, 8);
  compare(1);
  EXPECT_EQ(wished(1), "0");
  compare(2), deliver(2);
  compare(1, RunMode::hints);
  EXPECT_EQ(wished(1), "20");
}

TEST_F(Divided, ARecordThatThePortalDoesNotHaveHoldsNoMoreThanIsWished) {
  shares(percent(80), percent(20));
  compare(1);
  settle(lease(1, "stock"), {settled(due(lease(1, "stock")).at(0), Verdict::absent, PublicationState::absent, "x")});
  shares(percent(20), percent(80));
  compare(1);
  settle(lease(1, "stock"), {settled(due(lease(1, "stock")).at(0), Verdict::absent, PublicationState::absent, "x")});
  compare(2);
  EXPECT_EQ(wished(2), "80");
}

TEST_F(Divided, WhereThePercentagesPassAHundredNobodyWaits) {
  shares(percent(100), percent(50));
  compare(1), deliver(1);
  EXPECT_EQ(told(2), "50");
}

// The second of two comparisons at once sees what the first gave away.
TEST_F(Divided, OneComparisonAtATime) {
  shares(percent(50), percent(50));
  compare(1), compare(2), deliver(1), deliver(2);
  Connection first(PrivateCluster::instance().settings(database_));
  first.run(
      "BEGIN; LOCK TABLE ferry.division IN SHARE ROW EXCLUSIVE MODE; UPDATE ferry.publication SET exposed = 90 "
      "WHERE channel = 2");
  std::thread second([&] { compare(1); });
  for (int i = 0; i < 500 && value("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0"; ++i)
    sql("SELECT pg_sleep(0.01)");
  EXPECT_EQ(value("SELECT count(*) FROM pg_locks WHERE NOT granted"), "1") << "it waits";
  first.run("COMMIT");
  second.join();
  EXPECT_EQ(wished(1), "10");
}

TEST_F(Divided, WithoutSettingsNobodyWaitsAndNothingIsLookedUp) {
  shares("{}", "{}");
  Connection first(PrivateCluster::instance().settings(database_));
  first.run("BEGIN; LOCK TABLE ferry.division IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(told(1), "100");
  EXPECT_EQ(value("SELECT count(exposed) FROM ferry.publication"), "0");
  first.run("ROLLBACK");
  const auto& sections = profile_sections("tryton-6.0", "stock");
  for (const auto* kind : {"keyed", "full"})
    EXPECT_THAT(profile_section(sections, "desired", kind, {}), Not(HasSubstr("sharer")));
}

// ---- candidates -----------------------------------------------------------------------------------------------------

TEST_F(Divided, SettingsOfOneChannelAreANewLookAtEverythingForTheOthers) {
  publish(product("B", 10), 2);
  shares(percent(50), percent(50));
  compare(1), compare(2), deliver(1), deliver(2);
  add_channel(1, percent(20));
  EXPECT_EQ(compare(2, RunMode::watermark).counts.inbound, 2);
  add_channel(1, "{}");
  EXPECT_EQ(compare(2, RunMode::watermark).counts.inbound, 2);
}

TEST_F(Divided, APreviewShowsTheShare) {
  shares(percent(30), percent(70));
  auto feed_run = run_of({{1, "stock"}, "", 0}, RunMode::full);
  const auto preview = must(store_.preview(feed_run, 10));
  ASSERT_EQ(preview.changes.size(), 1U);
  EXPECT_THAT(preview.changes.at(0).desired, HasSubstr(R"("quantity":"30")"));
}

// ---- the same rule --------------------------------------------------------------------------------------------------

class SameRule : public Divided {
 protected:
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  Allocation allocation(int most_percent) {
    Allocation own;
    own.percent = below(most_percent + 1);
    if (below(2) == 0) own.cap = Decimal::parse(std::to_string(5 + below(60)) + ".5");
    if (below(2) == 0) own.reserved = *Decimal::parse(std::to_string(below(6)) + ".25");
    if (below(2) == 0) own.low_stock_threshold = Decimal(below(6));
    return own;
  }
  static std::string json(const Allocation& own, int safety) {
    return R"({"allocation_percent":)" + std::to_string(own.percent) + R"(,"allocation_reserved":")" +
           own.reserved.text() + R"(","low_stock_threshold":")" + own.low_stock_threshold.text() +
           R"(","safety_stock":")" + std::to_string(safety) + '"' +
           (own.cap ? R"(,"allocation_cap":")" + own.cap->text() + '"' : "") + "}";
  }
  std::mt19937 random_{20261128};
};

TEST_F(SameRule, RandomStockSharesAndNumbersUnderWay) {
  constexpr int kProducts = 40;
  sql("INSERT INTO web_shop (id) VALUES (3); INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (3, 1)");
  std::vector<int> stock(kProducts);
  for (int i = 0; i < kProducts; ++i) {
    stock[static_cast<std::size_t>(i)] = below(60);
    const auto id = product("P" + std::to_string(i), stock[static_cast<std::size_t>(i)]);
    publish(id, 2), publish(id, 3);
  }
  sql("UPDATE \"web_shop-product_product\" SET active = false WHERE product = " + std::to_string(a_));
  for (int round = 0; round < 6; ++round) {
    const int most = round % 2 == 0 ? 33 : 100;  // together at most all there is, or more
    std::vector<Allocation> all{allocation(most), allocation(most), allocation(most)};
    std::vector<int> safety{below(3), below(3), below(3)};
    for (int c = 1; c <= 3; ++c) {
      add_channel(c, json(all[static_cast<std::size_t>(c - 1)], safety[static_cast<std::size_t>(c - 1)]));
      compare(c);
    }
    sql("UPDATE ferry.publication SET exposed = (hashint4(key::integer + channel * 7 + " + std::to_string(round) +
        ") & 31)");
    const int own = below(3);
    const bool is_keyed = below(2) == 0;
    if (is_keyed) {
      sql("UPDATE ferry.publication SET desired = '{}', fingerprint = 0 WHERE channel = " + std::to_string(own + 1) +
          "; INSERT INTO ferry.change_hint (feed, key) SELECT 'stock', key FROM ferry.publication");
    }
    compare(own + 1, is_keyed ? RunMode::hints : RunMode::full);
    RingFences fences;
    int together = 0;
    for (int c = 0; c < 3; ++c) {
      const auto& one = all[static_cast<std::size_t>(c)];
      fences.together = *fences.together.plus(one.reserved);
      if (c < own) fences.before = *fences.before.plus(one.reserved);
      together += one.percent;
    }
    for (int i = 0; i < kProducts; ++i) {
      const std::string sku = "P" + std::to_string(i);
      const auto held = Decimal::parse(value("SELECT sum(exposed) FROM ferry.publication WHERE label = '" + sku +
                                             "' AND channel <> " + std::to_string(own + 1)));
      const int there = stock[static_cast<std::size_t>(i)];
      const Decimal pool(std::max(0, there - safety[static_cast<std::size_t>(own)]));
      auto expected = share_of(pool, all[static_cast<std::size_t>(own)], fences, 0);
      if (together <= 100) expected = allotted(*expected, Decimal(there), *held, 0);
      EXPECT_EQ(wished(own + 1, sku), expected->text()) << sku << " in round " << round << ", stock " << there;
    }
  }
}

}  // namespace
}  // namespace ferry::sql
