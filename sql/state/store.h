// Ferry's tables through ODBC: the engine's Store, and what people ask of the tables. See plugin/engine/ports.h for
// what the Store's calls promise; every call is one transaction, repeated up to twice after a serialisation failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/engine/alerts.h"
#include "plugin/engine/breaker.h"
#include "plugin/engine/ports.h"
#include "sql/odbc/connection.h"
#include "sql/state/migrate.h"

namespace ferry::sql {

class Session;
class Statement;

// A row of ferry.channel.
struct ChannelRow {
  std::int32_t id = 0;
  std::string name, profile, connector;
  bool active = true;
  std::string settings;  // JSON object
  Instant changed_at{};
};

// Dead letters to bring back: those that fit everything that is given.
struct ReplayChoice {
  std::vector<std::string> labels;  // empty: all
  std::string reason;               // part of the reason; empty: any
  std::string group;                // what reasons have in common, as dead_letters_json() tells it; empty: any
};
struct Chosen {
  std::int64_t count = 0;
  std::string labels_json;  // JSON array of at most 1000 labels
};

// News of an alert on its way out.
struct AlertLetter {
  std::int64_t id = 0;
  Instant news_at{};
  std::string json;  // host-api/include/ferry/schemas/alert.md
};

// One thing that the database role lacks, and the statement that mends it.
struct MissingRight {
  std::string subject;  // "public.stock_move"
  std::string message;  // "role ferry may not read stock_move: GRANT SELECT ON stock_move TO ferry"
};

// One thread at a time, except cancel(). Connects with the first call, and again with the first call after a failure.
class OdbcStore final : public engine::Store {
 public:
  // A statement that takes longer than `settings.statement_timeout` fails as `unavailable`.
  explicit OdbcStore(ConnectionSettings settings);
  ~OdbcStore() override;

  // Any thread: breaks off the statement under way, which then fails as `unavailable`. Later calls are not affected.
  void cancel();

  engine::Result<engine::LeaseAnswer> acquire(const engine::LaneId& lane, std::string_view holder,
                                              Duration ttl, const engine::CredentialUse& credential = {}) override;
  engine::Result<void> release(const engine::Lease& lease) override;
  engine::Result<engine::FeedRunReport> run_feed(const engine::FeedRun& run) override;
  engine::Result<engine::Preview> preview(const engine::FeedRun& run, std::size_t most) override;
  engine::Result<engine::DueItems> due(const engine::Lease& lease, Feed feed, std::size_t most,
                                       std::span<const RecordKey> except) override;
  engine::Result<void> settle(const engine::Lease& lease, Feed feed,
                              std::span<const engine::SettledExchange> exchanges) override;
  engine::Result<std::int64_t> begin_intake(const engine::Lease& lease) override;
  engine::Result<engine::StoredPage> store_orders(const engine::Lease& lease, std::int64_t run,
                                                  std::span<const engine::RuledOrder> orders) override;
  engine::Result<std::vector<std::string>> open_orders(const engine::Lease& lease, Instant watched_since) override;
  engine::Result<std::vector<engine::ReadyOrder>> ready_orders(const engine::Lease& lease, std::size_t most) override;
  engine::Result<void> record_orders(const engine::Lease& lease, std::int64_t run,
                                     std::span<const engine::OrderOutcome> outcomes) override;
  engine::Result<void> finish_intake(const engine::Lease& lease, std::int64_t run, Instant window_end,
                                     const engine::Unread& unread = {}) override;
  engine::Result<engine::SurveyTask> next_survey(const engine::Lease& lease, const engine::SurveyWish& wish) override;
  engine::Result<engine::SurveyProgress> record_survey(const engine::Lease& lease,
                                                       const engine::SurveyResult& result) override;
  engine::Result<void> report(const engine::Lease& lease, std::string_view error) override;
  engine::Result<void> pause(const engine::LaneId& lane, std::string_view reason) override;

  // ---- for people: screens' buttons and ferry-host; shapes of JSON as in host-api/include/ferry/schemas/operations.md
  // ----

  engine::Result<Migrated> migrate();
  engine::Result<std::int32_t> schema_version();  // 0: no schema yet
  // What this role lacks to read the profile's tables and to use Ferry's own; empty: nothing. Profile empty: Ferry's
  // only.
  engine::Result<std::vector<MissingRight>> missing_rights(std::string_view profile);
  // What the feed's query leaves out of this channel and a person should know of: the profile's section `findings`.
  engine::Result<std::vector<std::string>> feed_findings(const ChannelRow& channel, Feed feed);
  engine::Result<std::vector<ChannelRow>> channels();
  engine::Result<void> upsert_channel(const ChannelRow& channel);  // changed_at is set only when something differs

  // The "channels" array of *status*, without each channel's "error". channel 0: all. holder: whose lanes are "mine".
  engine::Result<std::string> status_json(std::int32_t channel, std::string_view holder);
  engine::Result<std::string> runs_json(const engine::LaneId& lane, std::int64_t most);
  // Grouped by reason, the largest group first, then the latest of them. Job empty: all of the channel; group empty: any.
  engine::Result<std::string> dead_letters_json(const engine::LaneId& lane, std::string_view group, std::int64_t most);
  // *explanation*; both lists are empty when nothing carries the label.
  engine::Result<std::string> explain_json(std::int32_t channel, std::string_view label);

  engine::Result<void> request_run(const engine::LaneId& lane, std::string_view mode);  // "incremental" | "full"
  engine::Result<void> resume(const engine::LaneId& lane);                              // job empty: all of the channel
  engine::Result<Chosen> replay(const engine::LaneId& lane, const ReplayChoice& choice);
  // `note` says why; it is kept with them.
  engine::Result<Chosen> discard(const engine::LaneId& lane, const ReplayChoice& choice, std::string_view note);
  // Discarded ones whose value has not changed since are dead letters again, with the reason they had.
  engine::Result<Chosen> undo_discard(const engine::LaneId& lane, std::span<const std::string> labels);
  // What is held, and what a person does about it: all of it is sent in its newest form, or none until it changes.
  struct HoldChoice {
    std::int64_t run = 0;  // the one that was looked at; 0: whichever is held
    std::string by, note;
  };
  struct HoldEnd {
    std::int64_t run = 0, records = 0;  // run 0: nothing (or another one) is held
  };
  engine::Result<std::string> held_json(const engine::LaneId& lane, std::int64_t most);  // channel 0, job empty: all
  engine::Result<HoldEnd> release_held(const engine::LaneId& lane, const HoldChoice& choice);
  engine::Result<HoldEnd> discard_held(const engine::LaneId& lane, const HoldChoice& choice);
  // Tries the import of an order again now; empty reference: every order in review. Which it found and what it did:
  struct Retried {
    std::int64_t retried = 0, found = 0;
    std::string state;  // of the one that was asked for, before
  };
  engine::Result<Retried> retry_orders(std::int32_t channel, std::string_view reference);
  // Never imports an order that is not in the ERP yet, until it is retried. One that may have been handed to the ERP is
  // looked for there first.
  struct Skipped {
    std::int64_t skipped = 0, found = 0;
    std::string old_state, state;
  };
  engine::Result<Skipped> skip_order(std::int32_t channel, std::string_view reference, std::string_view reason);

  // Asks for a comparison with the portal, and shows the latest ones with their findings ("" = every feed).
  engine::Result<std::string> request_reconciliation(std::int32_t channel, const std::vector<Feed>& feeds, bool heal);
  engine::Result<std::string> reconciliations_json(std::int32_t channel, std::string_view feed, std::int64_t most);

  // Deletes exchanges, runs, reconciliations and withdrawn publications older than `days`, a bounded number per call; how many rows
  // went. Hints that every lane has seen are deleted by run_feed() on the side, at most once a minute per Store.
  engine::Result<std::int64_t> purge(std::int32_t days);

  // ---- watching, see plugin/engine/alerts.h ----

  engine::Result<void> report_breaker(std::int32_t channel, const engine::BreakerChange& change);
  // Channels whose turn has come for this process alone. After a `gap` the watch counts as begun afresh.
  engine::Result<std::vector<std::int32_t>> take_turns(Duration every, Duration gap);
  engine::Result<engine::ChannelFigures> figures(std::int32_t channel, Duration window);  // notes the backlog, too
  engine::Result<std::vector<engine::LastingAlert>> lasting_alerts(std::int32_t channel);
  // Writes the decisions down; returns those that were ours to take.
  engine::Result<std::vector<engine::AlertDecision>> record_alerts(std::int32_t channel,
                                                                   std::span<const engine::AlertDecision> decisions);
  engine::Result<std::vector<AlertLetter>> take_alert_calls();
  engine::Result<std::vector<AlertLetter>> take_alert_posts(std::int32_t channel);
  engine::Result<void> alert_posted(const AlertLetter& letter);
  // The "alerts" array; `all`: resolved ones, too.
  engine::Result<std::string> alerts_json(std::int32_t channel, bool all, std::int64_t most);
  // How many of them last; ids empty: every one of the channel.
  engine::Result<std::int64_t> acknowledge(std::int32_t channel, std::span<const std::int64_t> ids,
                                           std::string_view by);

 private:
  friend class Session;
  Session& session();
  // Runs `work` on a connected session; turns what it throws into a Problem; a lost connection is dropped. `attempts`:
  // how often a serialisation failure is met with a new try.
  template <class T>
  engine::Result<T> attempt(const std::function<T(Session&)>& work);
  template <class T>
  engine::Result<T> in_transaction(Isolation isolation, const std::function<T(Session&)>& work);
  // read committed, fenced by the lease
  template <class T>
  engine::Result<T> fenced(const engine::Lease& lease, const std::function<T(Session&)>& work);
  template <class T>
  engine::Result<T> first_row(std::string_view statement, const std::function<void(Statement&)>& bind,
                              const std::function<T(Statement&)>& read);
  void purge_hints_now_and_then();

  const ConnectionSettings settings_;
  std::mutex session_mutex_;  // guards the pointer against cancel(), not the session's use
  std::unique_ptr<Session> session_;
  std::chrono::steady_clock::time_point hints_purged_at_{};
};

}  // namespace ferry::sql
