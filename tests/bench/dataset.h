// A database like a Tryton shop's after some years, with Ferry's tables beside it and its first synchronisation behind
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin/engine/ports.h"
#include "sql/state/store.h"
#include "tests/bench/cluster.h"
#include "tests/bench/pg.h"

namespace ferry::bench {

constexpr std::int32_t kChannel = 1;
inline constexpr std::int64_t kInFlight = 8;  // requests at once that the portal likes

struct Size {
  std::string database;
  std::int64_t products = 0, moves = 0;
};

class Dataset {
 public:
  // Loads it. Only while the cluster is not durable yet.
  static void load(const Cluster& cluster, const Size& size);

  // `feed`: what is touched and published.
  Dataset(const Cluster& cluster, Size size, Feed feed = Feed::stock);

  const Size& size() const { return size_; }
  Feed feed() const { return feed_; }
  const Cluster& cluster() const { return cluster_; }
  Pg& pg() { return pg_; }

  // Points the channel at a portal that takes so many requests at once; to be called before an engine starts.
  void set_channel(const std::string& base_url, std::int64_t batch_cap, std::int64_t in_flight = kInFlight);
  // The feed's first synchronisation, answered by nobody and taken for delivered.
  void publish();
  // Forgets the lane's lease, as after the end of its holder.
  void free_lane();
  // Writes the quantity of `count` moves of different products, or the list price of so many products, with their
  // hints, in one transaction, as saving them in the ERP does; wakes the engine if asked. Returns when it is committed.
  void touch(std::int64_t count, bool wake);
  // Takes what is pending for delivered.
  void acknowledge_all();
  // Begins to count the time of each of Ferry's statements.
  void watch_statements();
  // Milliseconds that a round spent in them, the costliest first, as lines for people; and what they sum up to.
  struct Statements {
    std::vector<std::string> lines;
    double sum_ms = 0;
  };
  Statements watched_statements(std::int64_t rounds);
  // What autovacuum would do, and pages written, so that every measurement meets the same tables.
  void settle_down();

 private:
  void touch_quantities(const std::vector<std::string>& which);
  void touch_prices(const std::vector<std::string>& which);

  const Cluster& cluster_;
  const Size size_;
  const Feed feed_;
  const sql::ConnectionSettings store_settings_;
  Pg pg_;
  std::int64_t touched_ = 0;  // how often, so that each time other moves are
};

// A feed run on the channel, as an engine would ask for it.
engine::FeedRun feed_run(const engine::Lease& lease, Feed feed, engine::RunMode mode);
// Throws what went wrong as std::runtime_error.
template <class T>
T must(engine::Result<T> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
engine::Lease take_lane(sql::OdbcStore& store, Feed feed = Feed::stock);

}  // namespace ferry::bench
