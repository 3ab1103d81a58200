// Ferry's own tables: the statements of sql/state on vectors and maps, one member function for each. Time is the
// agenda's; every call is one transaction that commits at once, and the caller decides whether its answer arrives.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "plugin/engine/lane.h"
#include "plugin/engine/ports.h"
#include "tests/simulation/erp.h"
#include "tests/simulation/transactions.h"

namespace ferry::simulation {

class FeedModel;

// One row of ferry.publication.
struct Publication {
  std::string label;
  std::optional<std::string> desired, acknowledged;
  Delivery delivery;
  bool is_urgent = false, in_doubt = false, was_asked_about = false;
  std::int64_t run = 0;
  Instant changed_at{};
  std::vector<std::string> versions;  // every document that was desired, oldest first; for the laws only
  std::optional<std::int64_t> exposed;  // the largest number that the portal may show, where stock is divided
};

// A person has given the value up: it counts as settled until the ERP says another.
inline bool is_discarded(const Publication& publication) {
  return publication.delivery.state == PublicationState::settled && publication.desired != publication.acknowledged;
}

// One row of ferry.job, with its publications.
struct LaneRow {
  std::string holder;  // empty: none
  std::int64_t epoch = 0;
  Instant expires_at{};
  // How the holders of one credential share its rate: since when this one uses it, and when it renewed this lease last, and
  // before that, when it certainly has read the answer.
  std::string credential;
  Instant joined_at{}, renewed_at{};
  std::optional<Instant> renewed_before;
  // What the last run that looked at every written row had seen, and the last run of any kind. One snapshot for both,
  // as sql/state/statements/feed.sql keeps it, loses what was written without a hint before a run of hints, until the
  // next full comparison: law "nothing is overlooked". The tables here are as they ought to be.
  std::optional<Snapshot> snapshot, hint_snapshot;
  Instant compared_fully_at{}, next_boundary{}, portal_clock{}, taken_over_at{}, unread_since{};
  bool is_paused = false;
  std::string pause_reason, last_error;
  std::optional<std::string> requested;
  std::optional<std::int64_t> hold;  // the run whose change set waits for a person
  std::map<RecordKey, Publication> publications;
};

// One row of ferry.portal_order, with its lines.
struct StoredOrder {
  connector::PulledOrder seen;
  engine::Ruling ruling;
  engine::OrderState state{};
  std::string reason;
  std::int32_t attempts = 0;
  Instant next_attempt_at{};
  std::int64_t erp_id = 0;
  std::string erp_number;
  Instant last_seen_at{}, cancelled_at{};
  Instant skip_asked_at{};  // by a person
  enum class Revision : std::uint8_t { none, due, review };
  Revision revision = Revision::none;  // of what is linked: due at revise_at
  Instant revise_at{};
  connector::PulledOrder handed;  // what the ERP was last given
  bool is_handed_over = false;  // the ERP may have it
  bool is_admitted = false;     // a person asked for it, whatever the rules say
  bool is_left_alone = false;   // skipped by a rule, or because the ERP takes none like it
  Instant ask_again_at{};       // the ERP takes none like it; asked again then, or max: when it is handed over the next time
  std::int64_t run = 0;
  Xid xid = 0;
  struct Line {
    std::string line, sku;
    std::int64_t quantity = 0, open_quantity = 0;
  };
  std::vector<Line> lines;
};

// Deliberate mistakes, to show that the laws find them.
enum class Mutant : std::uint8_t {
  none,
  watermark_by_write_date,
  lease_not_fenced,
  attempt_on_snooze,
  acknowledged_by_position,  // the n-th row of an answer is taken for the n-th record that was asked for
  change_forgotten,          // what the portal changes of an order that the ERP has is stored, and not handed over
  doubt_forgotten,           // what is confirmed is believed, whatever may still be applied
  skipped_unsought,
  left_alone_for_good,       // an order that the ERP took none like of once is never asked for again
  fulfilled_unsought,  // what was fulfilled before is not looked for
  guard_asleep,
  rate_not_shared,  // each process believes that it is alone
  promotion_overwritten,  // a price goes where the portal's people sell for less
  refunded_unsought,      // what was paid back before is not looked for
};

// The answer to a call for a lane that another one drives now.
engine::Problem fenced(const engine::Lease& lease);

class Tables {
 public:
  Tables(Agenda& agenda, Transactions& transactions, Erp& erp, std::span<const FeedModel* const> feeds, Mutant mutant)
      : agenda_(agenda), transactions_(transactions), erp_(erp), feeds_(feeds), mutant_(mutant) {}

  engine::Result<engine::LeaseAnswer> acquire(const engine::LaneId& lane, const std::string& holder,
                                              const engine::Acquire& wanted);
  engine::Result<void> release(const engine::Lease& lease);
  engine::Result<engine::FeedRunReport> run_feed(const engine::FeedRun& run);
  engine::Result<engine::DueItems> due(const engine::Lease& lease, std::size_t most, std::span<const RecordKey> except);
  engine::Result<void> settle(const engine::Lease& lease, std::span<const engine::SettledExchange> exchanges);

  engine::Result<std::int64_t> begin_intake(const engine::Lease& lease);
  engine::Result<engine::StoredPage> store_orders(const engine::Lease& lease, std::int64_t run,
                                                  std::span<const engine::RuledOrder> orders);
  engine::Result<std::vector<std::string>> open_orders(const engine::Lease& lease, Instant watched_since);
  engine::Result<std::vector<engine::ReadyOrder>> ready_orders(const engine::Lease& lease, std::size_t most);
  engine::Result<void> record_orders(const engine::Lease& lease, std::span<const engine::OrderOutcome> outcomes);
  engine::Result<void> finish_intake(const engine::Lease& lease, std::int64_t run, Instant window_end,
                                     const engine::Unread& unread);

  void report(const engine::Lease& lease, const std::string& error);
  void pause(const engine::LaneId& lane, const std::string& reason);

  // What a person does on the screens.
  void resume(const engine::LaneId& lane);
  void replay(const engine::LaneId& lane, const RecordKey& key);
  void release_held(const engine::LaneId& lane);
  void discard_held(const engine::LaneId& lane);
  void retry_order(std::int32_t channel, const std::string& reference);
  void skip_order(std::int32_t channel, const std::string& reference);

  LaneRow& row(const engine::LaneId& lane) { return lanes_[lane]; }
  const std::map<engine::LaneId, LaneRow>& lanes() const { return lanes_; }
  const std::map<std::string, StoredOrder>& orders(std::int32_t channel) const;
  const std::map<std::int32_t, std::map<std::string, StoredOrder>>& all_orders() const { return orders_; }

  std::map<std::int32_t, std::int64_t> allocation_percents;  // by channel; empty: stock is not divided

  bool pays_back = false;  // the channels have the setting order_refund_since

  std::function<void(const engine::Lease&, engine::RunMode)> on_compared;
  std::function<void(const std::string& job)> notify;  // pg_notify: wakes that job in every process
  // Called for each item as it is recorded, with the delivery it had before.
  std::function<void(const engine::Lease&, const Delivery& before, const Publication&, const engine::SettledExchange&,
                     const engine::SettledItem&)>
      on_settled;

 private:
  // Who drives lanes with a credential.
  struct Sharers {
    struct Standing {
      Instant joined_at{};
      std::optional<Instant> knows_at;  // whom its last answer that it has read may have counted
    };
    std::map<std::string, Standing> others;  // by holder
    std::optional<Instant> joined_at;        // of this holder; none: it has no such lane
    // Whoever was there before has read an answer that counts one who joined then.
    bool all_know_of(Instant joined) const;
  };
  Sharers sharers(const std::string& holder, const engine::CredentialUse& credential) const;
  bool is_fenced(const engine::Lease& lease) const;
  bool can_compare(const LaneRow& row) const;
  std::set<std::int64_t> candidates(const engine::FeedRun& run, const LaneRow& row, const FeedModel& feed);
  void mark(LaneRow& row, const engine::FeedRun& run, const FeedModel& feed, const std::set<std::int64_t>& keys,
            engine::FeedRunReport& report);
  void guard(LaneRow& row, const engine::FeedRun& run, engine::FeedRunReport& report);
  void review(LaneRow& row, const engine::FeedRun& run, engine::FeedRunReport& report);
  void purge_hints();
  void make_pending(Publication& publication);
  void doubt_moved(std::int32_t channel, const StoredOrder& order, bool is_known);
  bool is_divided(Feed feed) const { return feed == Feed::stock && !allocation_percents.empty(); }
  void wake_absent(const engine::Lease& lease, const std::string& label);
  void release_exposed(Publication& publication, const RecordKey& key, const engine::SettledItem& item);
  bool record_revision(StoredOrder& order, const engine::OrderOutcome& outcome);
  void store_order(std::int32_t channel, std::int64_t run, const engine::RuledOrder& ruled_order, Xid xid,
                   engine::StoredPage& page);
  engine::OrderState decide(const StoredOrder* old, const engine::RuledOrder& order) const;
  void store_lines(StoredOrder& order);
  engine::Counts& counts(std::int64_t run);
  void move_counts(std::int64_t run, int successful, int failed);

  Agenda& agenda_;
  Transactions& transactions_;
  Erp& erp_;
  std::span<const FeedModel* const> feeds_;
  Mutant mutant_;
  std::map<engine::LaneId, LaneRow> lanes_;
  std::map<std::int32_t, std::map<std::string, StoredOrder>> orders_;
  std::vector<engine::Counts> runs_;  // id = position + 1
  Xid hint_horizon_ = 0;
};

}  // namespace ferry::simulation
