// Brings a channel's portal orders in: DESIGN.md section 4, as far as one process drives it. See lane.h for the
// contract.
//
// A run pulls the window of new orders page by page, looks at open orders again, enters what is ready into the ERP one
// by one, and only then moves the watermark, which stays where it was unless every page was stored. A slow ERP does not
// hold up the next look at the portal: its answer is recorded by the run that is under way when it comes.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/engine/channel.h"
#include "plugin/engine/conversation.h"
#include "plugin/engine/lane.h"
#include "plugin/engine/lease_keeper.h"
#include "plugin/engine/order_entry.h"
#include "plugin/engine/trouble.h"

namespace ferry::engine {

class IntakeLane final : public Lane {
 public:
  explicit IntakeLane(std::shared_ptr<const Channel> channel);
  // The first step may carry any input; it asks for the lease. Answers that were not asked for are ignored.
  Actions step(Input input, Instant now, double unit) override;

 private:
  static constexpr Backoff kPortalBackoff{std::chrono::seconds(2), std::chrono::minutes(1)};

  enum class Phase : std::uint8_t { idle = 1, pulling, importing };
  enum class Call : std::uint8_t {
    none = 1,
    acquire,
    begin,
    store,
    open,
    ready,
    record,
    finish
  };  // on the tables, under way

  void take(Wake);
  void take(Tick) {}
  void take(Stop);
  void take(Leased leased);
  void take(Begun begun);
  void take(Stored stored);
  void take(OpenListed listed);
  void take(ReadyListed listed);
  void take(ErpReplied replied);
  void take(const Replied& replied);
  void take(Recorded recorded);
  template <class Other>  // a feed's
  void take(const Other&) {}

  template <class Answer>
  const Answer* answer_to(Call call, const Result<Answer>& result);
  bool expects(Call call);
  void failed(const Problem& problem);
  void read_row(const LeaseAnswer& row);
  void lose();
  void end_run();

  void advance();
  void start(Call call, Action action);
  void advance_pull();
  Instant run_due_at() const;
  void begin_run();
  void pull_window(std::string_view cursor);
  void pull_open();
  void converse(std::unique_ptr<connector::Pull> pull);
  void take_turn(Conversation::Turn turn);
  void take_outcome(Conversation::Outcome outcome);
  void take_page(connector::Page page);
  void take_failure(const ItemVerdict& verdict);
  void after_page();
  void follow_cursor();
  void after_window();
  void begin_import();
  void advance_import();
  void start_record();
  void start_finish();
  void note_finished();
  void advance_stop();
  void wake_others();
  Instant next_wake() const;

  const std::shared_ptr<const Channel> channel_;
  LeaseKeeper lease_;
  Trouble trouble_;
  OrderEntry entry_;

  // this step's
  Actions out_;
  Instant now_{};
  double unit_ = 0;

  Call call_ = Call::none;
  bool is_orphan_ = false;  // the answer to call_ is of no use any more
  bool is_stopping_ = false;
  bool is_paused_ = false;
  bool is_woken_ = false;
  bool wants_all_ = false;  // a person asked for a full run
  Instant portal_clock_{};  // the watermark
  Instant next_run_{};
  Instant next_open_look_{};
  std::int32_t portal_failures_ = 0;  // runs in a row

  // the run under way
  Phase phase_ = Phase::idle;
  std::int64_t run_ = 0;
  Instant began_at_{};
  connector::Window window_;
  std::unique_ptr<Conversation> conversation_;
  std::optional<Conversation::Outcome> outcome_;  // its end, while the tables are busy
  std::uint64_t request_ = 0;                     // under way; 0: none
  std::uint64_t last_request_ = 0;
  Instant resume_at_{};
  std::string cursor_;                 // of the page after the one under way
  std::set<std::string> cursors_;      // already followed
  std::set<std::string> seen_;         // portal ids of this run's pages
  std::vector<std::string> open_ids_;  // still to be looked at
  std::size_t pulling_ids_ = 0;        // of the front of open_ids_; 0: the window is pulled
  bool looks_at_open_ = false;
  Instant open_look_began_{};
  bool is_window_complete_ = false;
  bool has_failed_ = false;  // the portal, in this run
  Instant window_end_{};     // where the watermark moves; epoch: not known yet
  Instant import_until_{};
  std::size_t recording_ = 0;  // outcomes under way to the tables
  Counts counts_;
};

}  // namespace ferry::engine
