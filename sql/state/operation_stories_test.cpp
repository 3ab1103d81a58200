// Failure stories of other connectors that concern running one: what a burst, a second shop, a large catalogue and an
// error do to the tables and to those who look at them.
#include <map>
#include <set>
#include <tuple>

#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::PulledOrder;
using engine::OrderOutcome;
using engine::OrderState;
using engine::RunMode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using testing::unruled;
using testing::PrivateCluster;
using ::testing::SizeIs;

class OperationStories : public testing::StoreTest {
 protected:
  // Products P1.. with that many in stock, published in shop 1.
  void catalogue(int count, int quantity = 5) {
    const auto n = std::to_string(count);
    sql("INSERT INTO product_template (id, default_uom) SELECT 1000 + g, 1 FROM generate_series(1, " + n + ") g;"
        "INSERT INTO product_product (id, code, template) SELECT 1000 + g, 'P' || g, 1000 + g FROM generate_series(1, " + n + ") g;"
        "INSERT INTO \"web_shop-product_product\" (shop, product) SELECT 1, 1000 + g FROM generate_series(1, " + n + ") g");
    move_all(count, quantity);
  }
  void move_all(int count, int quantity) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) SELECT 1000 + g, "
        "10, 2, 'done', " + std::to_string(quantity) + ", DATE '2020-01-01' FROM generate_series(1, " + std::to_string(count) + ") g");
  }
  void publish(std::int64_t product, int shop) {
    sql("INSERT INTO \"web_shop-product_product\" (shop, product) VALUES (" + std::to_string(shop) + ", " + std::to_string(product) + ")");
  }
  static PulledOrder order(const std::string& reference, const std::string& portal_state = "PaymentSettled") {
    return {reference, "id-" + reference, portal_state, Instant(std::chrono::seconds(1'700'000'000)), true, true, false,
            R"({"lines":[{"line":"1","sku":"A","quantity":"1","open_quantity":"1"}],"state":")" + portal_state + R"("})"};
  }
  void pull(const engine::Lease& intake, const PulledOrder& one) {
    must(store_.store_orders(intake, must(store_.begin_intake(intake)), unruled({one})));
  }
  void enter(const engine::Lease& intake, const OrderOutcome& outcome) {
    must(store_.record_orders(intake, must(store_.begin_intake(intake)), std::span(&outcome, 1)));
  }
  std::string order_row() {
    return value("SELECT concat_ws(' ', portal_state, state, erp_id, erp_number) FROM ferry.portal_order");
  }
};

// Whoever writes a row again leaves alone what others own in it: the import what the portal shows, the intake how the
// import stands, a comparison what was confirmed, an answer what is wanted, the shop's form how its jobs are driven.
TEST_F(OperationStories, F11_AColumnIsWrittenOnlyByTheJobThatOwnsIt) {
  const auto intake = lease(1, "intake");
  pull(intake, order("R1"));
  enter(intake, {"R1", OrderState::linked, "", 0, {}, 7, "S7"});
  EXPECT_EQ(order_row(), "PaymentSettled linked 7 S7");
  pull(intake, order("R1", "Shipped"));
  EXPECT_EQ(order_row(), "Shipped linked 7 S7");
  enter(intake, {"R1", OrderState::linked, "", 0, {}, 7, "S7"});
  EXPECT_EQ(order_row(), "Shipped linked 7 S7");

  const auto a = product("A", 5);
  const auto stock = lease(1, "stock");
  run(stock, RunMode::full);
  deliver_all(stock);
  const auto values = [&] { return value("SELECT concat_ws(' ', desired::json->>'quantity', acknowledged::json->>'quantity') FROM ferry.publication"); };
  EXPECT_EQ(values(), "5 5");
  move(a, 1);
  run(stock, RunMode::watermark);
  EXPECT_EQ(values(), "6 5");
  const auto sent = due(stock).at(0);
  move(a, 1);
  run(stock, RunMode::watermark);
  settle(stock, {settled(sent, Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(values(), "7 6");

  must(store_.pause({1, "stock"}, "by a person"));
  must(store_.request_run({1, "stock"}, "full"));
  add_channel(1, R"({"safety_stock": "1"})");
  const auto row = must(store_.acquire({1, "stock"}, "one", kTtl));
  EXPECT_TRUE(row.paused);
  EXPECT_EQ(row.requested, "full");
  EXPECT_EQ(row.lease.epoch, stock.epoch);
}

// They stand in the ERP's own transactions: nobody needs to be there to hear of them.
TEST_F(OperationStories, F13_ABurstWhileNobodyListensIsNotLost) {
  constexpr int kEvents = 400;
  catalogue(kEvents);
  const auto held = must(store_.acquire({1, "stock"}, "stopped", kTtl)).lease;
  must(store_.run_feed(run_of(held, RunMode::full)));
  std::vector<engine::SettledItem> items;
  for (const auto& item : due(held, kEvents)) items.push_back(settled(item, Verdict::delivered, PublicationState::settled));
  settle(held, std::move(items));
  for (int i = 1; i <= kEvents; ++i) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) VALUES (" +
        std::to_string(1000 + i) + ", 10, 2, 'done', 1, DATE '2020-01-01'); INSERT INTO ferry.change_hint (feed, key) VALUES ('stock', " +
        std::to_string(1000 + i) + ")");
  }
  let_leases_run_out();

  const auto back = must(other_.acquire({1, "stock"}, "next", kTtl)).lease;
  EXPECT_EQ(must(other_.run_feed(run_of(back, RunMode::hints))).counts.changed, kEvents);
  // the portal takes the first hundred, then wants to be left alone; what it did not take is still to be sent
  items.clear();
  for (const auto& item : due(back, kEvents)) {
    const bool is_taken = items.size() < 100;
    items.push_back(settled(item, is_taken ? Verdict::delivered : Verdict::snooze,
                            is_taken ? PublicationState::settled : PublicationState::pending));
  }
  EXPECT_THAT(items, SizeIs(kEvents));
  settle(back, std::move(items));
  EXPECT_THAT(due(back, kEvents), SizeIs(kEvents - 100));
  EXPECT_EQ(run(back, RunMode::hints).counts.changed, 0);
}

// What comes out of the tables is bounded whatever they hold.
TEST_F(OperationStories, F16_WhatIsReadAtOnceDoesNotGrowWithTheCatalogue) {
  constexpr std::size_t kAtHand = 200;
  constexpr int kProducts = 1000;
  catalogue(kProducts);
  const auto held = lease(1, "stock");
  EXPECT_THAT(must(store_.preview(run_of(held, RunMode::full), kAtHand)).changes, SizeIs(kAtHand));
  EXPECT_EQ(run(held, RunMode::full).counts.changed, kProducts);
  int seen = 0;
  for (auto items = due(held, kAtHand); !items.empty(); items = due(held, kAtHand)) {
    ASSERT_LE(items.size(), kAtHand);
    seen += static_cast<int>(items.size());
    std::vector<engine::SettledItem> answers;
    for (const auto& item : items) answers.push_back(settled(item, Verdict::rejected, PublicationState::dead, "status 422"));
    settle(held, std::move(answers));
  }
  EXPECT_EQ(seen, kProducts);
  const auto letters = must(store_.dead_letters_json({1, "stock"}, "", kAtHand));
  std::size_t told = 0;
  for (auto at = letters.find("\"label\""); at != std::string::npos; at = letters.find("\"label\"", at + 1)) ++told;
  EXPECT_EQ(told, kAtHand);
}

TEST_F(OperationStories, F19_TwoShopsOfOneCompanyBothRun) {
  add_channel(2);
  EXPECT_EQ(value("SELECT count(DISTINCT company) FROM web_shop"), "1");
  const auto a = product("A", 5), b = product("B", 6);
  publish(a, 2);
  for (const int channel : {1, 2}) {
    const auto held = lease(channel, "stock", channel == 1 ? "one" : "two");
    EXPECT_EQ(run(held, RunMode::full).counts.changed, 3 - channel);
    deliver_all(held);
    pull(lease(channel, "intake"), order("R1"));  // the portals number their orders alike
    enter(lease(channel, "intake"), {"R1", OrderState::linked, "", 0, {}, channel, "S" + std::to_string(channel)});
  }
  EXPECT_EQ(value("SELECT string_agg(channel || erp_number, ' ' ORDER BY channel) FROM ferry.portal_order"), "1S1 2S2");
  move(a, 1);
  move(b, 1);
  EXPECT_EQ(run(lease(1, "stock", "one"), RunMode::watermark).counts.changed, 2);
  EXPECT_EQ(run(lease(2, "stock", "two"), RunMode::watermark).counts.changed, 1);
}

// Only what stands in ferry.publication as due is ever sent, and a preview puts nothing there; it does not even need the
// lane, so it cannot stop the one who drives it.
TEST_F(OperationStories, F20_APreviewShowsWhatWouldChangeAndNothingIsSent) {
  const auto a = product("A", 5);
  product("B", 7);
  const auto held = must(other_.acquire({1, "stock"}, "driver", kTtl)).lease;
  const auto first = must(store_.preview(run_of({{1, "stock"}, "", 0}, RunMode::full), 10));
  EXPECT_EQ(first.changed, 2);
  EXPECT_EQ(value("SELECT (SELECT count(*) FROM ferry.publication) + (SELECT count(*) FROM ferry.run) + (SELECT count(*) FROM "
                  "ferry.exchange)"),
            "0");
  EXPECT_THAT(due(held), IsEmpty());

  must(other_.run_feed(run_of(held, RunMode::full)));
  deliver_all(held);
  move(a, 1);
  const auto second = must(store_.preview(run_of({{1, "stock"}, "", 0}, RunMode::full), 10));
  ASSERT_THAT(second.changes, SizeIs(1));
  EXPECT_THAT(second.changes[0].acknowledged, HasSubstr(R"("quantity":"5")"));
  EXPECT_THAT(second.changes[0].desired, HasSubstr(R"("quantity":"6")"));
  EXPECT_THAT(due(held), IsEmpty());
  EXPECT_EQ(must(other_.run_feed(run_of(held, RunMode::watermark))).counts.changed, 1) << "and the preview took no change for seen";
}

// Of a record, of an order, of a job: each with its reason, where people look, until it is over.
TEST_F(OperationStories, F21_EveryErrorIsShownWithItsReason) {
  product("SHIRT-1", 5);
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  settle(held, {settled(due(held).at(0), Verdict::rejected, PublicationState::dead, "unknown unit 'dz'")});
  const auto intake = lease(1, "intake");
  pull(intake, order("R1"));
  enter(intake, {"R1", OrderState::review, "order R1, line 1: no product has the code A", 0, {}, 0, ""});
  must(store_.report(held, "connect: connection refused"));
  must(store_.pause({1, "intake"}, "the portal refuses the password"));

  const auto status = must(store_.status_json(1, "one"));
  for (const auto* part : {R"("dead" : 1)", R"("failed" : 1)", R"("last_error" : "connect: connection refused")", R"("review" : 1)",
                           "order R1, line 1: no product has the code A", R"("pause_reason" : "the portal refuses the password")"}) {
    EXPECT_THAT(status, HasSubstr(part));
  }
  const auto letters = must(store_.dead_letters_json({1, "stock"}, "", 10));
  EXPECT_THAT(letters, HasSubstr("SHIRT-1"));
  EXPECT_THAT(letters, HasSubstr("unknown unit 'dz'"));
  const auto explained = must(store_.explain_json(1, "SHIRT-1"));
  for (const auto* part : {"unknown unit 'dz'", R"("verdict" : "rejected")", R"("request" : "request")", R"("reply" : "reply")"}) {
    EXPECT_THAT(explained, HasSubstr(part));
  }
  must(store_.report(held, ""));
  EXPECT_THAT(must(store_.status_json(1, "one")), ::testing::Not(HasSubstr("connection refused")));
}

// Tables with a history: two channels, of each six thousand runs, exchanges, publications, orders and hints.
class StatementPlans : public OperationStories {
 protected:
  void SetUp() override {
    add_channel(2);
    stock_ = lease(1, "stock");
    status_ = lease(1, "order_status");
    intake_ = lease(1, "intake");
    {
      OdbcStore first(PrivateCluster::instance().settings(database_));
      must(first.run_feed(run_of(stock_, RunMode::full)));
      must(first.run_feed(run_of(status_, RunMode::full, Feed::order_status)));
    }
    history();
    // all of it was seen; what this connection has read is counted now, and not some time later
    sql("UPDATE ferry.job SET snapshot = pg_current_snapshot(), hint_snapshot = pg_current_snapshot()");
    sql("ANALYZE");
    sql("SELECT pg_stat_force_next_flush()");
  }
  void history() {
    const std::string rows = " FROM generate_series(1, 2) c, generate_series(1, 6000) g";
    sql("INSERT INTO ferry.run (channel, job, mode, started_at, finished_at, holder, inbound, changed, failed) SELECT c, 'stock', "
        "'hints', now() - g * interval '1 minute', now(), 'one', 9, 9, 9" + rows);
    sql("INSERT INTO ferry.exchange (channel, job, started_at, finished_at, requests, keys, verdicts, status, request, reply) SELECT c, "
        "'stock', now() - g * interval '1 minute', now() - g * interval '1 minute', 1, ARRAY[g], ARRAY['delivered'], 200, "
        "repeat('q', 500), repeat('r', 500)" + rows);
    sql("INSERT INTO ferry.publication (channel, feed, key, label, desired, fingerprint, acknowledged, acknowledged_fingerprint, state, "
        "reason, run, exchange, changed_at) SELECT c, 'stock', 100000 + g, 'P' || g, '{}', 1, '{}', 1, CASE WHEN g <= 20 THEN 'dead' ELSE "
        "'settled' END, 'status 422', g, g, now()" + rows);
    sql("INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, document, fingerprint, "
        "state, erp_id, erp_number, first_seen_at, last_seen_at, linked_at) SELECT c, 'R' || g, g, now() - g * interval '1 minute', "
        "'Delivered', false, false, '{\"lines\":[]}', 1, 'linked', c * 100000 + g, 'S' || g, now() - g * interval '1 minute', now(), "
        "now()" + rows);
    sql("INSERT INTO ferry.portal_order_line (channel, reference, line, sku, quantity, open_quantity) SELECT c, 'R' || g, '1', 'P' || g, 1, "
        "0" + rows);
    sql("INSERT INTO ferry.change_hint (feed, key) SELECT 'stock', 100000 + g" + rows);
  }

  // Does `work` on a connection of its own, whose end publishes what it did; the tables that were read from end to end.
  std::set<std::string> read_through(const std::function<void(OdbcStore&)>& work) {
    const auto before = scans();
    const auto connected = connections();
    {
      OdbcStore store(PrivateCluster::instance().settings(database_));
      work(store);
    }
    while (connections() != connected) sql("SELECT pg_sleep(0.01)");
    std::set<std::string> tables;
    for (const auto& [table, count] : scans()) {
      if (count != before.at(table)) tables.insert(table);
    }
    return tables;
  }
  std::string connections() {
    return value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'");
  }
  std::map<std::string, std::int64_t> scans() {
    Statement statement(erp_, parse_sql("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'ferry' AND relname IN "
                                        "('run', 'exchange', 'publication', 'portal_order', 'portal_order_line', 'change_hint')"), "scans");
    std::map<std::string, std::int64_t> counts;
    statement.execute();
    while (statement.fetch()) counts.emplace(statement.text(0), statement.integer(1));
    return counts;
  }

  engine::Lease stock_, status_, intake_;
};

// A few may, of tables that are no logs: the status counts the orders of a channel in each state; taking a discard back
// looks for publications that were discarded, and purging for those that were withdrawn.
TEST_F(StatementPlans, F17_NoScreenAndNoLaneReadsAHistoryFromEndToEnd) {
  const auto a = product("A", 5);
  const std::vector<std::tuple<const char*, std::function<void(OdbcStore&)>, std::set<std::string>>> statements = {
      {"acquire", [&](OdbcStore& store) { must(store.acquire({1, "stock"}, "one", kTtl)); }, {}},
      {"a run that looks at hints", [&](OdbcStore& store) { hint(a); must(store.run_feed(run_of(stock_, RunMode::hints))); }, {}},
      {"a run that looks at the watermark", [&](OdbcStore& store) { move(a, 1); must(store.run_feed(run_of(stock_, RunMode::watermark))); }, {}},
      {"the same, of the orders", [&](OdbcStore& store) { must(store.run_feed(run_of(status_, RunMode::watermark, Feed::order_status))); }, {}},
      {"due and settle", [&](OdbcStore& store) {
         const auto found = must(store.due(stock_, Feed::stock, 100, {})).items;
         const auto one = exchange({settled(found.at(0), Verdict::delivered, PublicationState::settled)});
         must(store.settle(stock_, Feed::stock, std::span(&one, 1)));
       }, {}},
      {"intake", [&](OdbcStore& store) {
         const auto began = must(store.begin_intake(intake_));
         const auto one = order("NEW");
         must(store.store_orders(intake_, began, unruled({one})));
         must(store.open_orders(intake_, {}));
         must(store.ready_orders(intake_, 10));
         const OrderOutcome outcome{"NEW", OrderState::review, "line 1: no product", 0, {}, 0, ""};
         must(store.record_orders(intake_, began, std::span(&outcome, 1)));
         must(store.finish_intake(intake_, began, {}));
       }, {}},
      {"report and pause", [&](OdbcStore& store) { must(store.report(stock_, "x")); must(store.pause({1, "reconcile"}, "x")); }, {}},
      {"runs", [&](OdbcStore& store) { must(store.runs_json({1, "stock"}, 10)); }, {}},
      {"dead letters", [&](OdbcStore& store) { must(store.dead_letters_json({1, "stock"}, "", 10)); }, {}},
      {"explain a product", [&](OdbcStore& store) { must(store.explain_json(1, "P77")); }, {}},
      {"explain an order", [&](OdbcStore& store) { must(store.explain_json(0, "R77")); }, {}},
      {"replay and discard", [&](OdbcStore& store) {
         must(store.replay({1, "stock"}, {{"P7"}, "", ""}));
         must(store.discard({1, "stock"}, {{"P8"}, "", ""}, "note"));
         const std::string label = "P8";
         must(store.undo_discard({1, "stock"}, std::span(&label, 1)));
       }, {"publication"}},
      {"retry and skip", [&](OdbcStore& store) { must(store.retry_orders(1, "NEW")); must(store.skip_order(1, "NEW", "note")); }, {}},
      {"alerts", [&](OdbcStore& store) { must(store.figures(1, std::chrono::hours(1))); must(store.alerts_json(1, true, 10)); }, {}},
      {"status", [&](OdbcStore& store) { must(store.status_json(1, "one")); }, {"portal_order"}},
      {"purge", [&](OdbcStore& store) { must(store.purge(30)); }, {"publication"}},
  };
  for (const auto& [name, work, allowed] : statements) EXPECT_THAT(read_through(work), ::testing::IsSubsetOf(allowed)) << name;
}

}  // namespace
}  // namespace ferry::sql
