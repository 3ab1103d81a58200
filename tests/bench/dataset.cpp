#include "tests/bench/dataset.h"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/bench/report.h"

namespace ferry::bench {
namespace {

constexpr std::string_view kProfile = "tryton-6.0";

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

engine::FeedRun stock_run(const engine::Lease& lease, engine::RunMode mode) {
  return {lease, Feed::stock, mode, std::string(kProfile), connector::StockMeaning::on_hand};
}

engine::Lease take_lane(sql::OdbcStore& store) {
  const auto answer = must(store.acquire({kChannel, "stock"}, "bench", std::chrono::hours(1)));
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
  sql::OdbcStore store(settings(cluster, size.database));
  must(store.migrate());
  Dataset dataset(cluster, size);
  dataset.set_channel("http://127.0.0.1:1", 100);
  const auto lease = take_lane(store);
  must(store.run_feed(stock_run(lease, engine::RunMode::full)));
  must(store.release(lease));
  dataset.acknowledge_all();
  pg.run("VACUUM FULL ferry.publication");
  pg.run("VACUUM ANALYZE");
}

Dataset::Dataset(const Cluster& cluster, Size size) : size_(std::move(size)), pg_(cluster.conninfo(size_.database)) {}

void Dataset::set_channel(const std::string& base_url, std::int64_t batch_cap) {
  const boost::json::object settings{{"base_url", base_url},
                                     {"jobs", "stock"},
                                     {"batch_cap", std::to_string(batch_cap)},
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

std::vector<std::int64_t> Dataset::touch(std::int64_t count, bool wake) {
  // spread over the whole catalogue, and other ones each time
  const std::int64_t stride = size_.products / count;
  const std::vector<std::string> which{std::to_string(touched_++ % stride), std::to_string(count),
                                       std::to_string(stride)};
  const std::string moves =
      " id = ANY (ARRAY(SELECT 1 + $1::bigint + n * $3::bigint FROM generate_series(0, $2::bigint - 1) n))";
  pg_.run("BEGIN");
  pg_.rows(
      "UPDATE stock_move SET internal_quantity = internal_quantity + 1, quantity = quantity + 1, write_date = now(),"
      " write_uid = 1 WHERE" +
          moves,
      which);
  const auto keys = pg_.rows("INSERT INTO ferry.change_hint (feed, key) SELECT 'stock', product FROM stock_move WHERE" +
                                 moves + " RETURNING key",
                             which);
  if (wake) pg_.run("NOTIFY ferry, 'stock'");
  pg_.run("COMMIT");
  std::vector<std::int64_t> products;
  for (const auto& row : keys) products.push_back(std::stoll(row[0]));
  return products;
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
  pg_.run("VACUUM stock_move");
  pg_.run("CHECKPOINT");
}

}  // namespace ferry::bench
