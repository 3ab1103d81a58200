// The database's transaction ids and snapshots, as the watermark of a feed rests on them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>

namespace ferry::simulation {

using Xid = std::uint64_t;

struct Snapshot {
  Xid xmin = 1, xmax = 1;  // every transaction before xmin is over, none from xmax on had begun
  std::set<Xid> running;   // of those between

  // pg_visible_in_snapshot
  bool sees(Xid xid) const { return xid < xmin || (xid < xmax && !running.contains(xid)); }
};

class Transactions {
 public:
  Xid begin() {
    running_.insert(next_);
    return next_++;
  }
  void end(Xid xid) { running_.erase(xid); }
  Snapshot snapshot() const { return {running_.empty() ? next_ : *running_.begin(), next_, running_}; }

 private:
  Xid next_ = 1;
  std::set<Xid> running_;
};

}  // namespace ferry::simulation
