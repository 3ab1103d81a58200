#include "tests/bench/dataset.h"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/bench/report.h"

namespace ferry::bench {
namespace {

constexpr std::string_view kProfile = "tryton-6.0";
// $1: the first of them, counted from 0; $2: how many; $3: how far apart.
constexpr const char* kTouchedIds =
    "ANY (ARRAY(SELECT 1 + $1::bigint + n * $3::bigint FROM generate_series(0, $2::bigint - 1) n))";

std::string file(const std::string& name) {
  std::ifstream stream(FERRY_BENCH_SOURCE "/" + name);
  std::ostringstream text;
  text << stream.rdbuf();
  if (text.str().empty()) throw std::runtime_error("cannot read " + name);
  return text.str();
}

sql::ConnectionSettings settings(const Cluster& cluster, const std::string& database) {
  sql::ConnectionSettings settings;
  settings.connect_string = cluster.odbc(database);
  return settings;
}

}  // namespace

engine::FeedRun feed_run(const engine::Lease& lease, Feed feed, engine::RunMode mode) {
  return {lease, feed, mode, std::string(kProfile), connector::StockMeaning::on_hand};
}

engine::Lease take_lane(sql::OdbcStore& store, Feed feed) {
  const auto answer = must(store.acquire({kChannel, std::string(name_of(feed))}, "bench", std::chrono::hours(1)));
  if (!answer.held) throw std::runtime_error("the lane is held by another process");
  return answer.lease;
}

void Dataset::load(const Cluster& cluster, const Size& size) {
  Pg(cluster.conninfo("postgres")).run("CREATE DATABASE " + size.database);
  Pg pg(cluster.conninfo(size.database));
  // one transaction: what is written into a table made in it needs no log
  pg.run("BEGIN; " + file("erp.sql") + "CALL bench_fill(" + std::to_string(size.products) + ", " +
         std::to_string(size.moves) + "); " + file("erp_indexes.sql") + "COMMIT");
  pg.run("VACUUM ANALYZE");
  pg.run("CREATE EXTENSION pg_stat_statements");
  must(sql::OdbcStore(settings(cluster, size.database)).migrate());
  Dataset(cluster, size).publish();
  pg.run("VACUUM ANALYZE");
}

Dataset::Dataset(const Cluster& cluster, Size size, Feed feed)
    : cluster_(cluster),
      size_(std::move(size)),
      feed_(feed),
      store_settings_(settings(cluster, size_.database)),
      pg_(cluster.conninfo(size_.database)) {}

void Dataset::publish() {
  set_channel("http://127.0.0.1:1", 100);
  sql::OdbcStore store(store_settings_);
  const auto lease = take_lane(store, feed_);
  must(store.run_feed(feed_run(lease, feed_, engine::RunMode::full)));
  must(store.release(lease));
  acknowledge_all();
  pg_.run("VACUUM FULL ferry.publication");
}

void Dataset::set_channel(const std::string& base_url, std::int64_t batch_cap, std::int64_t in_flight) {
  const boost::json::object settings{{"base_url", base_url},
                                     {"jobs", name_of(feed_)},
                                     {"price_tax", "included"},
                                     {"batch_cap", std::to_string(batch_cap)},
                                     {"in_flight", std::to_string(in_flight)},
                                     {"rate_per_second", "10000"},
                                     {"poll_interval", "86400"},
                                     {"full_interval", "2678400"},
                                     {"lease", "3600"}};
  pg_.rows(
      "INSERT INTO ferry.channel (id, name, profile, connector, settings) VALUES ($1, 'Shop', $2, 'bench', $3)"
      " ON CONFLICT (id) DO UPDATE SET settings = EXCLUDED.settings",
      {std::to_string(kChannel), std::string(kProfile), boost::json::serialize(settings)});
}

void Dataset::free_lane() { pg_.run("UPDATE ferry.job SET holder = NULL, expires_at = NULL"); }

void Dataset::touch(std::int64_t count, bool wake) {
  // spread over the whole catalogue, and other ones each time
  const std::int64_t stride = size_.products / count;
  const std::vector<std::string> which{std::to_string(touched_++ % stride), std::to_string(count),
                                       std::to_string(stride)};
  pg_.run("BEGIN");
  feed_ == Feed::list_price ? touch_prices(which) : touch_quantities(which);
  if (wake) pg_.run("NOTIFY ferry, '" + std::string(name_of(feed_)) + "'");
  pg_.run("COMMIT");
}

void Dataset::touch_quantities(const std::vector<std::string>& which) {
  const std::string moves = std::string(" WHERE id = ") + kTouchedIds;
  pg_.rows(
      "UPDATE stock_move SET internal_quantity = internal_quantity + 1, quantity = quantity + 1,"
      " write_date = now(), write_uid = 1" +
          moves,
      which);
  pg_.rows("INSERT INTO ferry.change_hint (feed, key) SELECT 'stock', product FROM stock_move" + moves, which);
}

// Every other price falls: rises are urgent. The ERP writes the template, too.
void Dataset::touch_prices(const std::vector<std::string>& which) {
  const std::string ids = kTouchedIds;
  pg_.rows(
      "UPDATE product_list_price SET write_date = now(), write_uid = 1, list_price = list_price"
      " + CASE WHEN template / $3::bigint % 2 = 0 THEN 0.1 ELSE -0.1 END WHERE template = " +
          ids,
      which);
  pg_.rows("UPDATE product_template SET write_date = now(), write_uid = 1 WHERE id = " + ids, which);
  pg_.rows(
      "INSERT INTO ferry.change_hint (feed, key) SELECT 'list_price', id FROM product_product WHERE template = " + ids,
      which);
}

void Dataset::acknowledge_all() {
  pg_.run(
      "UPDATE ferry.publication SET acknowledged = desired, acknowledged_fingerprint = fingerprint,"
      " acknowledged_at = now(), state = 'settled', next_attempt_at = NULL WHERE state = 'pending';"
      "UPDATE ferry.run SET successful = changed, deferred = 0, finished_at = now() WHERE deferred > 0");
}

void Dataset::watch_statements() { pg_.run("SELECT pg_stat_statements_reset()"); }

Dataset::Statements Dataset::watched_statements(std::int64_t rounds) {
  // not our own: they come through libpq and know nothing of candidates, lanes or snapshots
  const auto rows = pg_.rows(
      "SELECT total_exec_time / $1::float8, left(regexp_replace(query, '\\s+', ' ', 'g'), 60) FROM pg_stat_statements s"
      " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
      " AND query ~ 'candidate|pg_current_snapshot|hint_horizon|now_snapshot|pg_snapshot' AND query !~ 'pg_stat'"
      " ORDER BY 1 DESC",
      {std::to_string(rounds)});
  Statements statements;
  for (const auto& row : rows) {
    const double time = std::stod(row[0]);
    statements.sum_ms += time;
    if (statements.lines.size() < 4) statements.lines.push_back(number(time) + " ms  " + row[1] + " ...");
  }
  return statements;
}

void Dataset::settle_down() {
  pg_.run("VACUUM ANALYZE ferry.publication, ferry.change_hint, ferry.job, ferry.run, ferry.exchange");
  pg_.run(feed_ == Feed::list_price ? "VACUUM product_list_price, product_template" : "VACUUM stock_move");
  pg_.run("CHECKPOINT");
}

}  // namespace ferry::bench
