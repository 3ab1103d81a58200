// What the ERP profile's query says for one feed, over the simulated ERP and tables: the sections of
// sql/profiles/<erp>/<feed>.sql. The build finds feeds/<feed>.cpp, which defines `feed_model_<feed>()`.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "plugin/connector/connector.h"
#include "tests/simulation/erp.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

struct View {  // one channel, now
  const Erp& erp;
  const Tables& tables;
  std::int32_t channel = 0;
  connector::StockMeaning stock_meaning{};
  Instant now{};
};

class FeedModel {
 public:
  struct Wanted {
    std::string label, document;
  };
  virtual ~FeedModel() = default;
  virtual Feed feed() const = 0;
  virtual std::set<std::int64_t> all(const View& view) const = 0;
  // Keys that Ferry's own tables report: written by transactions that the snapshot did not see.
  virtual void add_reported(const View& view, const Snapshot& before, std::set<std::int64_t>& keys) const = 0;
  // Keys of rows of the ERP that were written by transactions from `since` on.
  virtual void add_changed(const View& view, Xid since, std::set<std::int64_t>& keys) const = 0;
  virtual std::optional<Wanted> wanted(const View& view, std::int64_t key) const = 0;  // none: not published
  virtual bool is_urgent(const std::string& previous, const std::string& document) const = 0;
  virtual Instant boundary(Instant now) const = 0;  // epoch: none
  // Of stock, where it is divided among channels: what a document exposes to sale, and the most that the customers of
  // the channel may be able to buy, or have bought unseen.
  virtual std::int64_t exposure(const std::string&) const { return 0; }
  virtual std::int64_t held(const View&, std::int64_t) const { return 0; }
};

// All that there are in tests/simulation/feeds/ (generated).
std::span<const FeedModel* const> feed_models() noexcept;
const FeedModel* find_feed_model(Feed feed) noexcept;

}  // namespace ferry::simulation
