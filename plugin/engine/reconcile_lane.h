// Compares what a channel's portal shows with what it confirmed. See lane.h for the contract.
//
// The tables hold the whole state of a reconciliation and say what they need to know next: a page of everything that
// the portal shows, or the records of some labels. The lane fetches it and hands it over, so that any process can go on
// where another one was killed. It waits after each page, and asks for the portal with the least priority: a round may
// take all night.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "plugin/engine/conversation.h"
#include "plugin/engine/lane_base.h"

namespace ferry::engine {

class ReconcileLane final : public LaneBase {
 public:
  explicit ReconcileLane(std::shared_ptr<const Channel> channel);

  // What a channel that has never been reconciled waits for the first synchronisation.
  static constexpr Duration kFirstWait = std::chrono::minutes(10);

 private:
  void take(Input input) override;
  void on_stop() override { drop(); }
  void lose() override { drop(); }
  void gain() override;
  void read_row(const LeaseAnswer& row) override;
  void end_call_in_trouble() override { drop(); }
  void send() override;
  void advance() override;
  void advance_stop() override { release_lease(); }
  Instant next_wake() const override;

  void on(SurveyGiven given);
  void on(const SurveyRecorded& recorded);
  void on(const Replied& replied);
  template <class Other>  // the other lanes'
  void on(const Other&) {}

  void drop();
  void ask_next();
  bool is_due() const;
  Instant due_at() const;
  Instant ask_at() const;
  void begin(SurveyTask task);
  void take_turn(Conversation::Turn turn);
  void take_page(connector::SurveyPage page);
  void take_failure(const ItemVerdict& verdict, bool was_unreachable);
  void wake_others(const SurveyProgress& progress);

  bool is_requested_ = false;
  bool is_open_ = false;     // a round is under way
  Instant gained_at_{};      // of the lease
  Instant reconciled_at_{};  // the last round; epoch: never
  Instant next_ask_{};       // when the tables are asked what is next
  Instant not_due_before_{};
  std::int32_t portal_failures_ = 0;  // in a row

  // the page under way
  std::optional<SurveyTask> task_;
  std::unique_ptr<Conversation> conversation_;
  std::uint64_t request_ = 0;  // under way; 0: none
  std::uint64_t last_request_ = 0;
  Instant resume_at_{};
  Instant sent_at_{};                 // of its first request
  std::optional<SurveyResult> page_;  // read, and not recorded yet
  Duration rest_{};                   // after it is recorded

  // a portal whose pages run in a circle would be read for ever
  std::int64_t listing_ = 0;
  std::set<std::string> cursors_;  // of its pages that are recorded
};

}  // namespace ferry::engine
