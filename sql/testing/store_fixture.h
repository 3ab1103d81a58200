// For tests of sql/state: a fresh database with Ferry's schema and the profile's fixture, a channel, two stores.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "source_dir.h"  // generated
#include "sql/odbc/statement.h"
#include "sql/state/store.h"
#include "sql/testing/private_cluster.h"

namespace ferry::sql::testing {

inline std::string read_source(const std::string& path_below_sql) {
  const auto path = std::filesystem::path(kSourceDir) / "sql" / path_below_sql;
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The name of a database with everything but data; made once per program and copied for each test.
inline const std::string& template_database() {
  static const std::string name = [] {
    auto& cluster = PrivateCluster::instance();
    std::string made = cluster.create_lasting_database("with_everything");
    Connection(cluster.settings(made)).run(read_source("profiles/tryton-6.0/fixture/schema.sql"));
    OdbcStore store(cluster.settings(made));
    const auto migrated = store.migrate();
    if (!migrated.has_value()) throw std::runtime_error(migrated.error().message);
    return made;
  }();
  return name;
}

// As a channel without rules takes them.
inline std::vector<engine::RuledOrder> unruled(const std::vector<connector::PulledOrder>& orders) {
  std::vector<engine::RuledOrder> ruled;
  for (const auto& order : orders) ruled.push_back({order, {}});
  return ruled;
}

template <class T>
T must(engine::Result<T> result) {
  if (!result.has_value()) throw std::runtime_error("store: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
std::optional<engine::Failure> failure(const engine::Result<T>& result) {
  if (result.has_value()) return std::nullopt;
  return result.error().failure;
}

class StoreTest : public ::testing::Test {
 protected:
  static constexpr auto kTtl = std::chrono::seconds(300);

  StoreTest() { add_channel(1); }

  void add_channel(std::int32_t id, const std::string& settings = "{}") {
    must(store_.upsert_channel({id, "Shop " + std::to_string(id), "tryton-6.0", "vendure", true, settings, {}}));
  }
  engine::Lease lease(std::int32_t channel, const std::string& job, const std::string& holder = "one") {
    auto answer = must(store_.acquire({channel, job}, holder, kTtl));
    if (!answer.held) throw std::runtime_error("lane is held by somebody else");
    return answer.lease;
  }
  engine::FeedRun run_of(const engine::Lease& lease, engine::RunMode mode, Feed feed = Feed::stock) {
    return {lease, feed, mode, "tryton-6.0", connector::StockMeaning::saleable};
  }
  engine::FeedRunReport run(const engine::Lease& lease, engine::RunMode mode, Feed feed = Feed::stock) {
    return must(store_.run_feed(run_of(lease, mode, feed)));
  }

  // ---- the ERP's side: autocommit, on a connection of its own ----
  void sql(const std::string& text) { erp_.run(text); }
  // As time does, when their holders were killed.
  void let_leases_run_out() { sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '1 second'"); }
  std::string value(const std::string& query) {
    Statement statement(erp_, parse_sql(query), query);
    statement.execute();
    return statement.fetch() ? std::string(statement.text(0)) : "no row";
  }
  // A product with `quantity` in stock, published in shop 1; its id.
  std::int64_t product(const std::string& code, int quantity) {
    sql("WITH t AS (INSERT INTO product_template (default_uom) VALUES (1) RETURNING id), p AS (INSERT INTO "
        "product_product "
        "(code, template) SELECT '" +
        code +
        "', id FROM t RETURNING id), m AS (INSERT INTO stock_move (product, from_location, "
        "to_location, state, internal_quantity, effective_date) SELECT id, 10, 2, 'done', " +
        std::to_string(quantity) +
        ", DATE '2020-01-01' FROM p) INSERT INTO \"web_shop-product_product\" (shop, product) SELECT 1, id FROM p");
    return std::stoll(value("SELECT max(id) FROM product_product"));
  }
  void move(std::int64_t product, int quantity, int from = 10, int to = 2, const std::string& state = "done") {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) VALUES "
        "(" +
        std::to_string(product) + ", " + std::to_string(from) + ", " + std::to_string(to) + ", '" + state + "', " +
        std::to_string(quantity) + ", DATE '2020-01-01')");
  }
  void hint(std::int64_t key, const std::string& feed = "stock") {
    sql("INSERT INTO ferry.change_hint (feed, key) VALUES ('" + feed + "', " + std::to_string(key) + ")");
  }
  // An order of one line, as the intake sees it.
  void portal_order(const std::string& reference, const std::string& sku, int amount, int open, bool cancelled = false,
                    int channel = 1) {
    const auto intake = lease(channel, "intake");
    connector::PulledOrder order{reference, "id-" + reference, "x",       Instant(std::chrono::seconds(1'700'000'000)),
                                 true,      open > 0,          cancelled, {}};
    order.document = R"({"lines":[{"line":"1","sku":")" + sku + R"(","quantity":")" + std::to_string(amount) +
                     R"(","open_quantity":")" + std::to_string(open) + R"("}]})";
    const auto intake_run = must(store_.begin_intake(intake));
    must(store_.store_orders(intake, intake_run, unruled({order})));
  }
  std::string state_of(const std::string& label) {
    return value("SELECT state FROM ferry.publication WHERE channel = 1 AND label = '" + label + "'");
  }
  // changed/successful/failed/deferred of a run
  std::string counts_of(std::int64_t run) {
    return value("SELECT changed || '/' || successful || '/' || failed || '/' || deferred FROM ferry.run WHERE id = " +
                 std::to_string(run));
  }

  // ---- what a portal answers ----
  std::vector<engine::DueItem> due(const engine::Lease& lease, std::size_t most = 100) {
    return must(store_.due(lease, Feed::stock, most, {})).items;
  }
  static engine::SettledItem settled(const engine::DueItem& due, Verdict verdict, PublicationState state,
                                     const std::string& reason = "") {
    Delivery delivery{state, due.delivery.attempts, due.delivery.snoozes, {}, reason};
    if (state == PublicationState::pending || state == PublicationState::absent) {
      delivery.attempts += 1;
      delivery.next_attempt_at = Instant(std::chrono::microseconds(1'700'000'000'000'000));
    }
    return {due.key, due.item.document, verdict, delivery};
  }
  static engine::SettledExchange exchange(std::vector<engine::SettledItem> items) {
    const Instant at(std::chrono::microseconds(1'700'000'000'123'456));
    return {at, at, 1, 200, "request", "reply", std::move(items)};
  }
  void settle(const engine::Lease& lease, std::vector<engine::SettledItem> items) {
    const auto one = exchange(std::move(items));
    must(store_.settle(lease, Feed::stock, std::span(&one, 1)));
  }
  void deliver_all(const engine::Lease& lease) {
    std::vector<engine::SettledItem> items;
    for (const auto& item : due(lease)) items.push_back(settled(item, Verdict::delivered, PublicationState::settled));
    settle(lease, std::move(items));
  }

  const std::string database_ = PrivateCluster::instance().create_database(template_database());
  OdbcStore store_{PrivateCluster::instance().settings(database_)};
  OdbcStore other_{PrivateCluster::instance().settings(database_)};
  Connection erp_{PrivateCluster::instance().settings(database_)};
};

}  // namespace ferry::sql::testing
