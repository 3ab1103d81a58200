// What the engine asks of the outside: Ferry's own tables (Store), the ERP's order entry and its prices. Values only; the
// engine never sees SQL, a handle or a thread. sql/state implements the Store; the runtime carries the questions and answers.
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
#include "plugin/engine/admission.h"
#include "plugin/engine/guard.h"

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
  std::string job;  // a feed's name, kIntakeJob or kReconcileJob
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
  // When it was last taken from a holder that had not given it back, and may have sent what it never recorded; epoch:
  // never.
  Instant taken_over_at{};
  Instant unread_since{};                // intake: see Unread; epoch: none
  // Processes that drive lanes with this credential, this one included; 0: the store does not know of others.
  std::int32_t holders = 0;
  bool agreed = true;  // each of them has read an answer that counts this one
};

// What a lane's driver sends with. All processes together keep to the rate.
struct CredentialUse {
  std::string name;       // the same in every process; no secret; empty: nobody else sends with it
  std::int64_t rate = 1;  // requests per second; at most so many processes share it
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

// A value in a feed's documents that only the ERP can evaluate, and what the ERP made of it.
struct ErpQuestion {
  std::int64_t key = 0;  // of the records that it belongs to
  std::string about;     // which of their values
  std::string question;  // for the ERP: a question of host-api/include/ferry/schemas/price.md
};
struct ErpEvaluation {
  std::int64_t key = 0;
  std::string about;
  std::string value;  // a plain decimal number; empty: there is none
  std::string error;  // why, in one line; empty: there is a value
};

struct FeedRun {
  Lease lease;
  Feed feed{};
  RunMode mode{};
  std::string profile;  // folder under sql/profiles
  connector::StockMeaning stock_meaning{};
  std::optional<GuardLimits> guard{};    // none: nothing is ever held
  std::vector<std::string> disowned{};   // members of the feed's documents that are not the ERP's, sorted
  // A run that finds values which only the ERP can evaluate names them instead of comparing, and is repeated with the
  // answers. One that does not ask goes on without: what the ERP said of them before stays, and is due to be asked for.
  bool asks_erp = false;
  std::string round{};  // of the run that named them, so that they are asked for once; empty: this is the first
  std::vector<ErpEvaluation> evaluations{};
};
struct FeedRunReport {
  std::int64_t run = 0;  // 0: nothing was examined, no run was recorded
  RunMode mode{};        // full when the watermark turned out to be void, or a boundary has come
  Counts counts;
  Instant next_boundary{};  // epoch: none
  std::string news;         // of change sets that are held, or no longer; a line for a person; empty: none
  // Not empty: nothing was compared and nothing moved on, this is asked for first. Some of it, when it is much.
  std::vector<ErpQuestion> questions{};
  std::string round{};
};

// What a full run would change; nothing is written.
struct PreviewedChange {
  std::string label, acknowledged, desired;
};
struct Preview {
  std::int64_t inbound = 0, changed = 0;
  std::int64_t added = 0, withdrawn = 0;  // of the changed: the portal has none yet, is to show none any more
  std::int64_t held = 0;                  // records that are held already; they are not among these
  std::string would_hold;                 // why the guard would hold the run; empty: it would not
  std::vector<PreviewedChange> changes;   // at most the asked-for number; the largest first, by their share
};

struct DueItem {
  RecordKey key;
  connector::OutboundItem item;
  Delivery delivery;
};
struct DueItems {
  std::vector<DueItem> items;  // priority, then when it became due
  Instant next_due{};          // when the earliest of what is not due yet will be; epoch: nothing waits
};

// One item as it came back from the portal, ready to be recorded.
struct SettledItem {
  RecordKey key;
  std::string document;  // what was sent; becomes acknowledged when delivered
  Verdict verdict{};
  Delivery delivery;     // settle()'s answer. A store keeps `pending` instead of `settled` where desired moved on meanwhile,
                         // and starts afresh (no attempts, due now) where a dead or waiting item's desired moved on.
                         // A confirm_at of its own that is later than the exchange began stays, whatever came of it
};
// What waits for this record on the same portal may find it there now. `absent` also, because a portal may have made the
// record and still keep it from sale.
inline bool may_have_brought(const SettledItem& item) noexcept {
  return !item.document.empty() && (item.verdict == Verdict::delivered || item.verdict == Verdict::absent);
}
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
  // For how long it has not been wanted any more, because the portal shows it as cancelled or a person skips it, after it
  // may have been handed to the ERP: it is looked for there, and not entered any more.
  std::optional<Duration> unwanted_for = std::nullopt;
  bool is_linked = false;  // the ERP has it already, and is to take what the portal has changed of it since
  bool was_left_alone = false;  // the ERP took none like it before, and is asked again
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
  // Of an order that the ERP had already: it stays linked, and the state says what came of the portal's changes.
  bool is_revision = false;
  bool is_left_alone = false;   // skipped: the ERP takes none like it now, and is asked again now and then
  bool was_left_alone = false;  // so far; it is counted already
};
// Orders that the portal lists and that cannot be read: see connector::Page.
struct Unread {
  Instant since{};     // the window from there is read again until it holds none; epoch: there are none
  std::string orders;  // for people; empty: as known before
};
struct StoredPage {
  std::int64_t inbound = 0, changed = 0;  // orders on the page; of these new or different from what was known
};

// ---- reconciliation: the tables know how far it is, the lane only fetches what they ask for --------------------------

// What may be reconciled, and whether a new round is to begin when nothing is open.
struct SurveyWish {
  std::vector<Feed> feeds;
  bool is_due = false;         // by the schedule, or a person asked for a run: reconcile every feed
  bool heals = false;          // what such a round does with its findings; a person's request says it by itself
  Instant orders_since{};      // orders placed before are none of this channel's; epoch: since the first one known
  std::size_t most_labels = 100;
};

enum class SurveyKind : std::uint8_t {
  none = 1,  // nothing to fetch before not_before
  listing,   // the next page of everything that the portal shows
  looking,   // records of key ranges in which not all was listed, by label
  confirming,  // suspects, by label, for the second time
  finished,  // this one is done; there may be another
};
struct ReconciliationCounts {  // listed + lacking = agreed + left_out + differing + missing + surplus + explained + unconfirmed
  std::int64_t listed = 0, lacking = 0, agreed = 0, left_out = 0, differing = 0, missing = 0, surplus = 0, explained = 0,
               unconfirmed = 0, healed = 0;
  std::string parity, variance;  // percent; units; empty: there is none
  std::string error;             // why nothing was compared
};
struct SurveyTask {
  SurveyKind kind = SurveyKind::none;
  std::int64_t reconciliation = 0;
  Feed feed{};
  connector::Window window;         // listing, of orders
  std::string cursor;               // listing: of the page; looking: how far it reaches
  std::vector<std::string> labels;  // looking, confirming
  Instant not_before{};             // none; epoch: nothing is open
  ReconciliationCounts counts;      // finished
};
struct SurveyResult {
  SurveyKind kind{};
  std::int64_t reconciliation = 0;
  Feed feed{};
  std::string cursor;               // listing: of the next page, empty: that was the last; looking: the task's
  std::vector<std::string> labels;  // the task's
  std::vector<connector::ShownRecord> records;
};
struct SurveyProgress {
  std::int64_t suspected = 0;  // newly: the portal may be ahead of our knowledge of its orders
  std::int64_t resent = 0;     // publications marked to be sent again
  std::int64_t looked_for = 0;  // orders that the intake is to look for
};

// Ferry's tables. Every call is one transaction; blocking; one thread at a time per Store object.
class Store {
 public:
  virtual ~Store() = default;

  // Takes the lane when it is free, expired or ours, for `ttl` from now by the database's clock. A free lane whose
  // credential another process uses is left to that one for a few seconds.
  virtual Result<LeaseAnswer> acquire(const LaneId& lane, std::string_view holder, Duration ttl,
                                      const CredentialUse& credential) = 0;
  virtual Result<void> release(const Lease& lease) = 0;

  // Candidates, desired, comparison, marking, counts and watermark: one transaction.
  virtual Result<FeedRunReport> run_feed(const FeedRun& run) = 0;
  virtual Result<Preview> preview(const FeedRun& run, std::size_t most) = 0;  // needs no lease

  // Due pending items, then due absent ones; settled ones whose confirm_at has come go before all but decreases of
  // stock. At most `most`, never one of `except` (those in flight).
  virtual Result<DueItems> due(const Lease& lease, Feed feed, std::size_t most, std::span<const RecordKey> except) = 0;
  // Publications, run counts and exchange records of all of them in one transaction (group commit). What is absent on
  // that channel and waits for one of them (waiting_for(), may_have_brought()) is due at once, and its lane woken.
  virtual Result<void> settle(const Lease& lease, Feed feed, std::span<const SettledExchange> exchanges) = 0;

  // Stores what the portal shows; moves waiting orders to ready when they became importable, to review or to skipped as
  // they are ruled, and to skipped when they were cancelled before import. Whatever ready_orders() once named may be in the ERP, whoever was killed since: where
  // it is cancelled it stays ready, to be looked for. `window_end`: the intake's watermark moves there (epoch: it stays).
  virtual Result<std::int64_t> begin_intake(const Lease& lease) = 0;  // the run's id
  virtual Result<StoredPage> store_orders(const Lease& lease, std::int64_t run,
                                          std::span<const RuledOrder> orders) = 0;
  // Portal ids to look at again, at most 1,000, the longest unseen first: what is open, and once an hour what the ERP has and
  // was placed since `watched_since` (epoch: none of those): a portal cancels and refunds also what it has finished.
  virtual Result<std::vector<std::string>> open_orders(const Lease& lease, Instant watched_since) = 0;
  virtual Result<std::vector<ReadyOrder>> ready_orders(const Lease& lease, std::size_t most) = 0;
  virtual Result<void> record_orders(const Lease& lease, std::int64_t run, std::span<const OrderOutcome> outcomes) = 0;
  virtual Result<void> finish_intake(const Lease& lease, std::int64_t run, Instant window_end,
                                     const Unread& unread = {}) = 0;

  // The next thing that the reconciliation under way needs to know of the portal, and what the portal showed. A store
  // that keeps no reconciliations never asks for anything.
  virtual Result<SurveyTask> next_survey(const Lease&, const SurveyWish&) { return SurveyTask{}; }
  virtual Result<SurveyProgress> record_survey(const Lease&, const SurveyResult&) { return SurveyProgress{}; }

  // What people see: the lane's last error (empty clears it), or a pause with its reason.
  virtual Result<void> report(const Lease& lease, std::string_view error) = 0;
  virtual Result<void> pause(const LaneId& lane, std::string_view reason) = 0;
};

// ---- the ERP's order entry and its prices, answered later through the host -----------------------------------------

struct ErpOrder {
  std::int64_t id = 0;
  std::string number;
};
enum class ErpAnswer : std::uint8_t {
  linked = 1,  // found, or created in this call: exactly one order carries the external reference
  absent,      // no order carries it: it was looked for only, or the ERP takes none like it, and says why
  evaluated,   // every question was answered
  rejected,    // a business rule, permanent: review; the reason names order, line and SKU
  busy,        // locked, maintenance: later, no attempt counted
  retry,       // transient: later, the attempt counts
  unsupported  // this host has no ERP (ferry-host): another process will do it
};
struct ErpReply {
  ErpAnswer answer{};
  ErpOrder order;
  std::string reason;
  std::vector<ErpEvaluation> evaluations{};  // evaluated: one per question
};

}  // namespace ferry::engine
