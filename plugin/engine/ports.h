// What the engine asks of the outside: Ferry's own tables (Store) and the ERP's order entry. Values only; the engine
// never sees SQL, a handle or a thread. sql/state implements the Store; the runtime carries the questions and answers.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/connector.h"
#include "plugin/domain/feed.h"
#include "plugin/domain/publication.h"
#include "plugin/domain/time.h"
#include "plugin/domain/verdict.h"

namespace ferry::engine {

enum class Failure : std::uint8_t {
  unavailable = 1,  // the database cannot be reached or dropped the connection: later
  fenced,           // the lane's lease went to another holder: nothing was written; stop driving
  conflict,         // serialisation failure or deadlock, after the store's own retries: later
  rights,           // a privilege or a table is missing: a person must act
  invalid,          // anything else: a defect or a broken profile; message carries every diagnostic
};

// One line for a person: what failed and how to mend it.
struct Problem {
  Failure failure = Failure::invalid;
  std::string message;
};
template <class T>
using Result = boost::system::result<T, Problem>;
[[noreturn]] void throw_exception_from_error(const Problem& problem, const boost::source_location& where);

struct LaneId {
  std::int32_t channel = 0;
  std::string job;  // a feed's name or kIntakeJob
  friend auto operator<=>(const LaneId&, const LaneId&) = default;
};

// A lane held by us. Every write carries it and is refused (Failure::fenced) once another holder has taken over.
struct Lease {
  LaneId lane;
  std::string holder;      // unique per engine instance: host name, process id, start time
  std::int64_t epoch = 0;  // fencing token
};

struct LeaseAnswer {
  bool held = false;
  Lease lease;           // when held
  Duration remaining{};  // held: until it expires unless renewed; not held: until it is worth asking again
  // The lane's row, as it stands; read with the lease so that a driver needs one round trip.
  bool paused = false;
  std::optional<std::string> requested;  // "incremental" | "full": a person asked for a run; cleared by that run
  bool compared_before = false;          // the watermark is valid; false: the first run must be full
  Instant compared_fully_at{};           // epoch: never
  Instant next_boundary{};               // epoch: none known
  Instant portal_clock{};                // intake: epoch: never
};

// Where a feed run looks for candidate keys.
enum class RunMode : std::uint8_t {
  hints = 1,  // only what the ERP reported on save; milliseconds
  watermark,  // and every contributing row written since the last snapshot; finds what bypassed the ERP
  full,       // every key; finds deletes too
};
std::string_view name_of(RunMode mode) noexcept;

struct Counts {
  std::int64_t inbound = 0, changed = 0, unchanged = 0, successful = 0, failed = 0, deferred = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};
// inbound = changed + unchanged, changed = successful + failed + deferred, none negative.
bool balanced(const Counts& counts) noexcept;

struct FeedRun {
  Lease lease;
  Feed feed{};
  RunMode mode{};
  std::string profile;  // folder under sql/profiles
  connector::StockMeaning stock_meaning{};
};
struct FeedRunReport {
  std::int64_t run = 0;  // 0: nothing was examined, no run was recorded
  RunMode mode{};        // full when the watermark turned out to be void
  Counts counts;
  Instant next_boundary{};  // epoch: none
};

// What a full run would change; nothing is written.
struct PreviewedChange {
  std::string label, acknowledged, desired;
};
struct Preview {
  std::int64_t inbound = 0, changed = 0;
  std::vector<PreviewedChange> changes;  // at most the asked-for number
};

struct DueItem {
  RecordKey key;
  connector::OutboundItem item;
  Delivery delivery;
};
struct DueItems {
  std::vector<DueItem> items;  // priority, then next_attempt_at
  Instant next_due{};          // earliest next_attempt_at of what is not due yet; epoch: nothing waits
};

// One item as it came back from the portal, ready to be recorded.
struct SettledItem {
  RecordKey key;
  std::string document;  // what was sent; becomes acknowledged when delivered
  Verdict verdict{};
  Delivery delivery;     // settle()'s answer. A store keeps `pending` instead of `settled` where desired moved on meanwhile,
                         // and starts afresh (no attempts, due now) where a dead or waiting item's desired moved on
};
struct SettledExchange {
  Instant started_at{}, finished_at{};
  std::int32_t requests = 0;
  std::int32_t status = 0;    // HTTP status of the last reply
  std::string request, reply;  // last ones, redacted and bounded by the caller
  std::vector<SettledItem> items;
};

// An order row of ferry.portal_order whose import is due.
struct ReadyOrder {
  std::string reference, document;
  std::int32_t attempts = 0;
};
enum class OrderState : std::uint8_t { waiting = 1, ready, review, linked, skipped };
std::string_view name_of(OrderState state) noexcept;
struct OrderOutcome {
  std::string reference;
  OrderState state{};
  std::string reason;          // review and skipped: for a person; ready: why it is tried again
  std::int32_t attempts = 0;   // ready
  Instant next_attempt_at{};   // ready
  std::int64_t erp_id = 0;     // linked
  std::string erp_number;      // linked
};
struct StoredPage {
  std::int64_t inbound = 0, changed = 0;  // orders on the page; of these new or different from what was known
};

// Ferry's tables. Every call is one transaction; blocking; one thread at a time per Store object.
class Store {
 public:
  virtual ~Store() = default;

  // Takes the lane when it is free, expired or ours, for `ttl` from now by the database's clock.
  virtual Result<LeaseAnswer> acquire(const LaneId& lane, std::string_view holder, Duration ttl) = 0;
  virtual Result<void> release(const Lease& lease) = 0;

  // Candidates, desired, comparison, marking, counts and watermark: one transaction.
  virtual Result<FeedRunReport> run_feed(const FeedRun& run) = 0;
  virtual Result<Preview> preview(const FeedRun& run, std::size_t most) = 0;  // needs no lease

  // Due pending items first, then due absent ones; at most `most`, never one of `except` (those in flight).
  virtual Result<DueItems> due(const Lease& lease, Feed feed, std::size_t most, std::span<const RecordKey> except) = 0;
  // Publications, run counts and exchange records of all of them in one transaction (group commit).
  virtual Result<void> settle(const Lease& lease, Feed feed, std::span<const SettledExchange> exchanges) = 0;

  // Stores what the portal shows; moves waiting orders to ready when they became importable and to skipped when they
  // were cancelled before import. `window_end`: the intake's watermark moves there (epoch: it stays).
  virtual Result<std::int64_t> begin_intake(const Lease& lease) = 0;  // the run's id
  virtual Result<StoredPage> store_orders(const Lease& lease, std::int64_t run,
                                          std::span<const connector::PulledOrder> orders) = 0;
  virtual Result<std::vector<std::string>> open_orders(const Lease& lease) = 0;  // portal ids to look at again
  virtual Result<std::vector<ReadyOrder>> ready_orders(const Lease& lease, std::size_t most) = 0;
  virtual Result<void> record_orders(const Lease& lease, std::int64_t run, std::span<const OrderOutcome> outcomes) = 0;
  virtual Result<void> finish_intake(const Lease& lease, std::int64_t run, Instant window_end) = 0;

  // What people see: the lane's last error (empty clears it), or a pause with its reason.
  virtual Result<void> report(const Lease& lease, std::string_view error) = 0;
  virtual Result<void> pause(const LaneId& lane, std::string_view reason) = 0;
};

// ---- the ERP's order entry, answered later through the host ------------------------------------------------------

struct ErpOrder {
  std::int64_t id = 0;
  std::string number;
};
enum class ErpAnswer : std::uint8_t {
  linked = 1,  // found, or created in this call: exactly one order carries the external reference
  rejected,    // a business rule, permanent: review; the reason names order, line and SKU
  busy,        // locked, maintenance: later, no attempt counted
  retry,       // transient: later, the attempt counts
  unsupported  // this host has no order entry (ferry-host): another process will do it
};
struct ErpReply {
  ErpAnswer answer{};
  ErpOrder order;
  std::string reason;
};

}  // namespace ferry::engine
