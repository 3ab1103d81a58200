// Brings a channel's portal orders in: DESIGN.md section 4, as far as one process drives it. See lane.h for the
// contract.
//
// A run pulls the window of new orders page by page, looks at open orders again, enters what is ready into the ERP one
// by one, and only then moves the watermark, which stays where it was unless every page was stored. A slow ERP does not
// hold up the next look at the portal: its answer is recorded by the run that is under way when it comes.
//
// An order that cannot be read stops only itself: the watermark passes it, but where the window began is kept in the
// tables, people are told, and everything from there is read again now and then until nothing of the kind is left.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/engine/conversation.h"
#include "plugin/engine/lane_base.h"
#include "plugin/engine/order_entry.h"

namespace ferry::engine {

class IntakeLane final : public LaneBase {
 public:
  explicit IntakeLane(std::shared_ptr<const Channel> channel);

 private:
  static constexpr std::size_t kMostUnread = 100;  // that are told apart
  static constexpr Backoff kPortalBackoff{std::chrono::seconds(2), Breaker::kLongestCooling};

  enum class Phase : std::uint8_t { idle = 1, pulling, importing };

  void take(Input input) override;
  void on_stop() override;
  void lose() override;
  void gain() override;
  void read_row(const LeaseAnswer& row) override;
  void end_call_in_trouble() override;
  void advance() override;
  void advance_stop() override;
  Instant next_wake() const override;

  void on(const Begun& begun);
  void on(const Stored& stored);
  void on(const OpenListed& listed);
  void on(const ReadyListed& listed);
  void on(const ErpReplied& replied);
  void on(const Replied& replied);
  void on(const Recorded& recorded);
  template <class Other>  // a feed's
  void on(const Other&) {}

  void end_run();
  void hang_up();

  void advance_pull();
  Instant run_due_at() const;
  void begin_run();
  void pull_window(std::string_view cursor);
  void pull_open();
  void converse(std::unique_ptr<connector::Pull> pull);
  void tell_breaker(const ItemVerdict* failure);
  void take_turn(Conversation::Turn turn);
  void take_outcome(Conversation::Outcome outcome);
  void take_page(connector::Page page);
  void take_failure(const ItemVerdict& verdict);
  void after_page();
  void follow_cursor();
  bool has_seen_all(const connector::Page& page) const;
  void take_endless(std::string reason);
  void after_window();
  void begin_import();
  bool may_import() const;
  Instant look_after_failure() const;
  void advance_import();
  void start_record();
  void start_finish();
  void sum_up_unread();
  std::string unread_text() const;
  void note_finished();
  void wake_others();

  OrderEntry entry_;
  bool wants_all_ = false;  // a person asked for a full run
  Instant portal_clock_{};  // the watermark
  Instant seen_clock_{};    // what the portal's clock said last, which may be ahead
  Instant next_run_{};
  Instant next_open_look_{};
  Instant unread_since_{};             // the window from there holds orders that cannot be read; epoch: there are none
  Instant next_unread_look_{};
  std::set<std::string> unread_;       // those orders, as far as they were seen by this process
  std::int32_t portal_failures_ = 0;  // runs in a row

  // the run under way
  Phase phase_ = Phase::idle;
  std::int64_t run_ = 0;
  Instant began_at_{};
  connector::Window window_;
  std::unique_ptr<Conversation> conversation_;
  Breaker::Pass pass_;  // of the conversation
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
  bool looks_at_unread_ = false;
  std::set<std::string> unread_here_;
  bool is_window_complete_ = false;
  bool has_failed_ = false;  // the portal, in this run
  Instant window_end_{};     // where the watermark moves; epoch: not known yet
  Instant import_until_{};
  Instant next_look_{};  // at the portal, of which not everything was read; it is left alone until then
  std::size_t recording_ = 0;  // outcomes under way to the tables
  Counts counts_;
};

}  // namespace ferry::engine
