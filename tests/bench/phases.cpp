// Times the lane driver's calls on the tables, in the engine's process. The linker hands these calls over first (--wrap
// in CMakeLists.txt), so that the product is measured as it is; each call becomes a line "phase NAME BEGIN END COUNT"
// (µs).
#include <cstdio>
#include <string_view>

#include "plugin/engine/ports.h"
#include "sql/state/store.h"
#include "tests/bench/engine.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {

bool tell_phases = false;

namespace {

using engine::Lease;
using engine::Result;
using sql::OdbcStore;

template <class Call, class Count>
auto timed(const char* phase, Call call, Count count) {
  if (!tell_phases) return call();
  const Instant begin = now();
  auto result = call();
  const Instant end = now();
  std::printf("phase %s %lld %lld %lld\n", phase, static_cast<long long>(begin.time_since_epoch().count()),
              static_cast<long long>(end.time_since_epoch().count()),
              static_cast<long long>(result.has_value() ? count(result) : -1));
  std::fflush(stdout);
  return result;
}

std::int64_t items_of(std::span<const engine::SettledExchange> exchanges) {
  std::size_t items = 0;
  for (const auto& exchange : exchanges) items += exchange.items.size();
  return static_cast<std::int64_t>(items);
}

}  // namespace
}  // namespace ferry::bench

// A member function called through its mangled name: the object is the first argument.
#define WRAPPED(name) __wrap_##name
#define REAL(name) __real_##name
#define RUN_FEED(kind) kind(_ZN5ferry3sql9OdbcStore8run_feedERKNS_6engine7FeedRunE)
#define DUE(kind) \
  kind(_ZN5ferry3sql9OdbcStore3dueERKNS_6engine5LeaseENS_4FeedEmSt4spanIKNS_9RecordKeyELm18446744073709551615EE)
#define SETTLE(kind) \
  kind(              \
      _ZN5ferry3sql9OdbcStore6settleERKNS_6engine5LeaseENS_4FeedESt4spanIKNS2_15SettledExchangeELm18446744073709551615EE)

namespace ferry::bench {

using Runs = Result<engine::FeedRunReport>;
using Dues = Result<engine::DueItems>;
using Keys = std::span<const RecordKey>;
using Exchanges = std::span<const engine::SettledExchange>;

extern "C" {
Runs RUN_FEED(REAL)(OdbcStore*, const engine::FeedRun&);
Dues DUE(REAL)(OdbcStore*, const Lease&, Feed, std::size_t, Keys);
Result<void> SETTLE(REAL)(OdbcStore*, const Lease&, Feed, Exchanges);

Runs RUN_FEED(WRAPPED)(OdbcStore* store, const engine::FeedRun& run) {
  return timed(
      "run", [&] { return RUN_FEED(REAL)(store, run); }, [](const Runs& result) { return result->counts.changed; });
}

Dues DUE(WRAPPED)(OdbcStore* store, const Lease& lease, Feed feed, std::size_t most, Keys except) {
  return timed(
      "due", [&] { return DUE(REAL)(store, lease, feed, most, except); },
      [](const Dues& result) { return static_cast<std::int64_t>(result->items.size()); });
}

Result<void> SETTLE(WRAPPED)(OdbcStore* store, const Lease& lease, Feed feed, Exchanges exchanges) {
  return timed(
      "settle", [&] { return SETTLE(REAL)(store, lease, feed, exchanges); },
      [&](const Result<void>&) { return items_of(exchanges); });
}
}

}  // namespace ferry::bench
