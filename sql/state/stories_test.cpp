// Failure stories of other connectors, as far as the tables decide them.
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>

#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::StockMeaning;
using engine::RunMode;
using ::testing::IsEmpty;
using testing::must;
using testing::unruled;
using testing::PrivateCluster;
using ::testing::SizeIs;

class Stories : public testing::StoreTest {
 protected:
  void products(int count) {
    for (int i = 0; i < count; ++i) product("P" + std::to_string(made_++), 5);
  }
  // What the portal is told after everything was compared, as every night.
  std::string quantity(int channel = 1, StockMeaning meaning = StockMeaning::saleable) {
    auto feed_run = run_of(lease(channel, "stock"), RunMode::full);
    feed_run.stock_meaning = meaning;
    must(store_.run_feed(feed_run));
    return value("SELECT desired::json->>'quantity' FROM ferry.publication WHERE label = 'A' AND channel = " +
                 std::to_string(channel));
  }
  // A sale of A with one line, as the order R1 became it.
  void sale(const std::string& state, int amount) {
    sql("INSERT INTO sale_sale (id, state, web_id) VALUES (1, '" + state + "', '1:R1'); INSERT INTO sale_line (id, sale, "
        "product, quantity) SELECT 1, 1, id, " + std::to_string(amount) + " FROM product_product WHERE code = 'A'");
  }
  int made_ = 0;
};

// No length of time would do: while the transaction is open the stamp of its rows becomes a day old, thousands of others
// commit, runs of every kind deliver what they find, and hints that everybody has seen are purged.
TEST_F(Stories, A2_ATransactionLongerThanAnyOverlapIsNotLost) {
  const auto reported = product("REPORTED", 5), plain = product("PLAIN", 5), other = product("OTHER", 5);
  sql("ALTER TABLE stock_move ADD write_date timestamp");
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  deliver_all(held);
  Connection slow(PrivateCluster::instance().settings(database_));
  Transaction open(slow, Isolation::read_committed);
  slow.run("UPDATE stock_move SET internal_quantity = 50, write_date = now() - interval '1 day' WHERE product IN (" +
           std::to_string(reported) + ", " + std::to_string(plain) +
           "); INSERT INTO ferry.change_hint (feed, key) VALUES ('stock', " + std::to_string(reported) + ")");
  for (const auto mode : {RunMode::hints, RunMode::watermark, RunMode::full, RunMode::watermark, RunMode::hints}) {
    sql("DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    move(other, 1);
    hint(other);
    OdbcStore fresh(PrivateCluster::instance().settings(database_));  // purges with its first run
    EXPECT_EQ(must(fresh.run_feed(run_of(held, mode))).counts.changed, 1);
    deliver_all(held);
  }
  open.commit();
  EXPECT_EQ(run(held, RunMode::hints).counts.changed, 1);
  EXPECT_EQ(state_of("REPORTED"), "pending");
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 1);
  EXPECT_EQ(state_of("PLAIN"), "pending");
}

TEST_F(Stories, A3_AnItemThatFailedInOneOfTwoWarehousesIsSentThereAgain) {
  add_channel(1, R"({"locations": {"WH": "main", "WH2": "second"}})");
  sql("INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11)");
  const auto a = product("A", 5);
  move(a, 7, 9, 12);
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  const auto both = due(held);
  ASSERT_THAT(both, SizeIs(2));
  EXPECT_EQ(both[0].key.key, both[1].key.key);
  settle(held, {settled(both[0], Verdict::delivered, PublicationState::settled),
                settled(both[1], Verdict::retry, PublicationState::pending, "status 500")});
  EXPECT_EQ(run(held, RunMode::full).counts.changed, 0) << "and a run does not take it for done";
  const auto left = due(held);
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].key, both[1].key);
  EXPECT_EQ(left[0].item.acknowledged, "");
  move(a, 1, 9, 12);
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 1) << "a change there is none of the other's";
  deliver_all(held);
  EXPECT_EQ(value("SELECT string_agg(acknowledged::json->>'quantity', ' ' ORDER BY part) FROM ferry.publication"), "5 8");
}

// What the portal shows is known by its answer alone: not by having compared, nor by having sent.
TEST_F(Stories, A8_OnlyWhatThePortalConfirmedCountsAsShown) {
  const auto acknowledged = [&] {
    return value("SELECT coalesce(acknowledged::json->>'quantity', '-') || coalesce('@' || ferry.micros(acknowledged_at), '') FROM "
                 "ferry.publication");
  };
  const auto a = product("A", 5);
  const auto killed = must(store_.acquire({1, "stock"}, "killed", kTtl)).lease;
  must(store_.run_feed(run_of(killed, RunMode::full)));
  const auto sent = due(killed).at(0);  // killed here: between sending and the answer
  EXPECT_EQ(acknowledged(), "-");
  EXPECT_EQ(value("SELECT last_success_at IS NULL FROM ferry.job"), "1");
  let_leases_run_out();

  const auto next = must(other_.acquire({1, "stock"}, "next", kTtl)).lease;
  const auto again = due(next).at(0);
  EXPECT_EQ(again.item.document, sent.item.document);
  EXPECT_EQ(again.item.acknowledged, "");
  for (const auto verdict : {Verdict::ambiguous, Verdict::retry, Verdict::snooze}) {
    settle(next, {settled(again, verdict, PublicationState::pending, "no answer")});
    EXPECT_EQ(acknowledged(), "-");
  }
  move(a, 1);
  run(next, RunMode::watermark);  // while the request is on its way
  settle(next, {settled(again, Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(acknowledged(), "5@1700000000123456") << "what was sent, when it was answered";
  settle(next, {settled(due(next).at(0), Verdict::rejected, PublicationState::dead, "status 422")});
  EXPECT_EQ(acknowledged(), "5@1700000000123456");
}

TEST_F(Stories, A10_EveryRecordIsComparedBeyondTheFirstHundred) {
  const auto held = lease(1, "stock");
  products(101);
  EXPECT_EQ(run(held, RunMode::full).counts, (engine::Counts{101, 101, 0, 0, 0, 101}));
  EXPECT_THAT(due(held, 1000), SizeIs(101));
  products(149);
  EXPECT_EQ(run(held, RunMode::full).counts.inbound, 250);
  EXPECT_THAT(due(held, 1000), SizeIs(250));
}

TEST_F(Stories, A12_ExactlyAsMuchAsThereIsComesOfTheTables) {
  constexpr int kCap = 10;
  const auto held = lease(1, "stock");
  for (const int count : {0, 1, kCap - 1, kCap, kCap + 1, 2 * kCap}) {
    products(count);
    const auto report = run(held, RunMode::watermark);
    EXPECT_EQ(report.counts.changed, count) << "a run of " << count;
    int seen = 0, loads = 0;
    for (auto items = due(held, kCap); !items.empty(); items = due(held, kCap), ++loads) {
      ASSERT_LE(items.size(), std::size_t{kCap});
      seen += static_cast<int>(items.size());
      std::vector<engine::SettledItem> delivered;
      for (const auto& item : items) delivered.push_back(settled(item, Verdict::delivered, PublicationState::settled));
      settle(held, std::move(delivered));
    }
    EXPECT_EQ(seen, count);
    EXPECT_EQ(loads, (count + kCap - 1) / kCap);
    if (report.run != 0) {
      const auto n = std::to_string(count);
      EXPECT_EQ(counts_of(report.run), n + "/" + n + "/0/0");
    }
  }
}

// The server, this process and the session's default each in a zone of their own.
TEST_F(Stories, A14_AMomentIsTheSameInEveryZoneOfServerAndProcess) {
  const char* old = std::getenv("TZ");
  const std::string before = old == nullptr ? "" : old;
  const auto placed = *from_iso8601("2026-11-21T01:30:00.123456+05:30");
  for (const auto* zone : {"Asia/Kolkata", "America/St_Johns", "UTC"}) {
    setenv("TZ", zone, 1);
    tzset();
    sql("ALTER DATABASE " + database_ + " SET timezone TO '" + (std::string(zone) == "UTC" ? "Pacific/Auckland" : "America/St_Johns") + "'");
    OdbcStore store(PrivateCluster::instance().settings(database_));
    const engine::LaneId lane{1, "intake"};
    const auto held = must(store.acquire(lane, "one", kTtl)).lease;
    const auto began = must(store.begin_intake(held));
    const connector::PulledOrder order{std::string("R ") + zone, zone, "new", placed, true, true, false, R"({"lines":[]})"};
    must(store.store_orders(held, began, unruled({order})));
    must(store.finish_intake(held, began, placed));
    EXPECT_EQ(must(store.acquire(lane, "one", kTtl)).portal_clock, placed) << zone;
    EXPECT_EQ(value(std::string("SELECT ferry.iso(placed_at) FROM ferry.portal_order WHERE portal_id = '") + zone + "'"),
              "2026-11-20T20:00:00.123456Z");
    EXPECT_THAT(must(store.explain_json(1, order.reference)), ::testing::HasSubstr("2026-11-20T20:00:00.123456Z")) << zone;
  }
  if (old == nullptr) {
    unsetenv("TZ");
  } else {
    setenv("TZ", before.c_str(), 1);
  }
  tzset();
}

TEST_F(Stories, A16_EveryChannelAndJobHasItsOwnWatermark) {
  const auto a = product("A", 5);
  add_channel(2);  // the same portal
  sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (2, " + std::to_string(a) + ")");
  for (const int channel : {1, 2}) run(lease(channel, "stock"), RunMode::full);
  move(a, 1);
  EXPECT_EQ(run(lease(1, "stock"), RunMode::watermark).counts.changed, 1);
  EXPECT_EQ(run(lease(1, "stock"), RunMode::watermark).counts.changed, 0);
  EXPECT_EQ(run(lease(2, "stock"), RunMode::watermark).counts.changed, 1) << "what the first has seen is no news of the second's";

  const Instant late(std::chrono::seconds(1'700'000'000));
  const auto first = lease(1, "intake");
  must(store_.finish_intake(first, must(store_.begin_intake(first)), late));
  EXPECT_EQ(must(store_.acquire({1, "intake"}, "one", kTtl)).portal_clock, late);
  EXPECT_EQ(must(store_.acquire({2, "intake"}, "one", kTtl)).portal_clock, Instant{});
}

TEST_F(Stories, A19_TheFirstRunOfALaneWithoutAnyStateWorks) {
  add_channel(2);
  for (const auto* job : {"stock", "order_status", "intake"}) {
    const auto answer = must(store_.acquire({2, job}, "one", kTtl));
    EXPECT_FALSE(answer.compared_before);
    EXPECT_EQ(answer.portal_clock, Instant{});
    EXPECT_EQ(answer.compared_fully_at, Instant{});
  }
  const auto stock = lease(2, "stock"), status = lease(2, "order_status"), intake = lease(2, "intake");
  for (const auto mode : {RunMode::hints, RunMode::watermark, RunMode::full}) {
    EXPECT_TRUE(store_.run_feed(run_of(stock, mode)).has_value());
    EXPECT_TRUE(store_.run_feed(run_of(status, mode, Feed::order_status)).has_value());
  }
  EXPECT_THAT(must(store_.open_orders(intake, {})), IsEmpty());
  EXPECT_THAT(must(store_.ready_orders(intake, 10)), IsEmpty());
  must(store_.finish_intake(intake, must(store_.begin_intake(intake)), Instant{}));
  EXPECT_EQ(must(store_.acquire({2, "intake"}, "one", kTtl)).portal_clock, Instant{});
}

TEST_F(Stories, C1_WhatIsReservedIsNotPublished) {
  const auto a = product("A", 80);
  move(a, 29, 3, 8, "assigned");
  EXPECT_EQ(quantity(), "51");
}

TEST_F(Stories, C2_WhatIsSoldAndNotYetDeliveredIsNotPutBackAtNight) {
  product("A", 2);
  portal_order("R1", "A", 2, 2);
  EXPECT_EQ(quantity(), "0");
  sale("processing", 2);
  sql("UPDATE ferry.portal_order SET state = 'linked', next_attempt_at = NULL, erp_id = 1");
  EXPECT_EQ(quantity(), "0");
  EXPECT_EQ(quantity(1, StockMeaning::on_hand), "2") << "of which the portal subtracts the two itself";
  sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date, origin) "
      "SELECT id, 2, 8, 'done', 2, DATE '2020-01-02', 'sale.line,1' FROM product_product");
  portal_order("R1", "A", 2, 0);
  EXPECT_EQ(quantity(), "0");
  EXPECT_EQ(quantity(1, StockMeaning::on_hand), "0");
}

TEST_F(Stories, C4_NoQuantityBelowZeroIsPublished) {
  const auto a = product("A", 3);
  move(a, 5, 2, 8);
  EXPECT_EQ(quantity(), "0");
  add_channel(1, R"({"allocation_percent":50,"safety_stock":"2"})");
  EXPECT_EQ(quantity(), "0");
}

TEST_F(Stories, C5_ACancellationOnEitherSideGivesStockBackToEveryShop) {
  const auto a = product("A", 2);
  sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (2, " + std::to_string(a) + ")");
  add_channel(2);
  portal_order("R1", "A", 2, 2);
  EXPECT_EQ(quantity(1) + quantity(2), "00");
  portal_order("R1", "A", 2, 0, true);
  EXPECT_EQ(quantity(1) + quantity(2), "22");
  portal_order("R2", "A", 2, 2);
  sale("cancelled", 2);
  sql("UPDATE sale_sale SET web_id = '1:R2'");
  EXPECT_EQ(quantity(1) + quantity(2), "22");
}

// Two shops that sell from one warehouse, until nothing is left.
TEST_F(Stories, C8_TwoShopsSellTheLastOnesAndNeverMoreThanThereAre) {
  std::mt19937 random(8);
  const auto below = [&](int bound) { return bound <= 0 ? 0 : std::uniform_int_distribution<int>(0, bound - 1)(random); };
  const auto a = product("A", 100);
  sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (2, " + std::to_string(a) + ")");
  add_channel(1, R"({"allocation_percent":50})");
  add_channel(2, R"({"allocation_percent":50,"allocation_reserved":"3"})");
  std::map<int, int> number, sold;  // of the portal, by channel
  const auto can_be_bought = [&](int c) { return number[c] - sold[c]; };
  int references = 0;
  std::vector<std::pair<int, int>> orders;  // channel and quantity, placed and not seen
  for (int step = 0; step < 400; ++step) {
    const int c = 1 + below(2);
    switch (below(4)) {
      case 0:
        if (const int most = std::min(7, can_be_bought(c)); most > 0) {
          orders.emplace_back(c, 1 + below(most));
          sold[c] += orders.back().second;
        }
        break;
      case 1:
        for (const auto& [channel, quantity] : orders) {
          if (channel != c) continue;
          portal_order("R" + std::to_string(++references), "A", quantity, quantity, false, c);
        }
        std::erase_if(orders, [&](const auto& one) { return one.first == c; });
        break;
      case 2: {
        auto feed_run = run_of(lease(c, "stock"), below(3) == 0 ? RunMode::full : RunMode::hints);
        feed_run.stock_meaning = StockMeaning::on_hand;
        must(store_.run_feed(feed_run));
        break;
      }
      default:
        for (const auto& item : due(lease(c, "stock"))) {
          number[c] = std::stoi(value("SELECT desired::json->>'quantity' FROM ferry.publication WHERE channel = " +
                                      std::to_string(c) + " AND label = 'A'"));
          settle(lease(c, "stock"), {settled(item, Verdict::delivered, PublicationState::settled)});
        }
    }
    ASSERT_LE(can_be_bought(1) + can_be_bought(2) + sold[1] + sold[2], 100) << "step " << step;
  }
  EXPECT_EQ(sold[1] + sold[2], 100) << "and all of them";
}

TEST_F(Stories, C13_ASmallSubsetThatChangedIsAllThatIsRead) {
  const auto held = lease(1, "stock");
  products(150);
  run(held, RunMode::full);
  for (int i = 0; i < 3; ++i) move(std::stoll(value("SELECT min(id) FROM product_product")) + i, 1);
  EXPECT_EQ(run(held, RunMode::watermark).counts, (engine::Counts{3, 3, 0, 0, 0, 3}));
}

TEST_F(Stories, F10_AChannelIsSwitchedOffWithoutAskingThePortal) {
  must(store_.upsert_channel({1, "Shop", "tryton-6.0", "vendure", false, R"({"base_url": "http://127.0.0.1:1"})", {}}));
  EXPECT_FALSE(must(store_.channels()).at(0).active);
  must(store_.pause({1, "stock"}, "switched off"));
  EXPECT_TRUE(must(store_.acquire({1, "stock"}, "one", kTtl)).paused);
}

TEST_F(Stories, F6_AJobWhoseHolderDiedInAnyStateIsTakenOverWithinItsLease) {
  product("A", 5);
  const auto dead = must(store_.acquire({1, "stock"}, "killed", kTtl));
  must(store_.run_feed(run_of(dead.lease, RunMode::full)));
  EXPECT_EQ(due(dead.lease).size(), 1U);  // killed here, with the request on its way
  let_leases_run_out();
  const auto next = must(other_.acquire({1, "stock"}, "next", kTtl));
  ASSERT_TRUE(next.held);
  EXPECT_EQ(due(next.lease).size(), 1U) << "nothing is marked as started, so nothing is stuck";
  const auto one = exchange({settled(due(next.lease)[0], Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(testing::failure(store_.settle(dead.lease, Feed::stock, std::span(&one, 1))), engine::Failure::fenced);
  must(other_.settle(next.lease, Feed::stock, std::span(&one, 1)));
  EXPECT_EQ(state_of("A"), "settled");
}

}  // namespace
}  // namespace ferry::sql
