// Drives one outbound feed of one channel: lease, runs, dispatch, records. See lane.h for the contract, DESIGN.md
// section 3 for the flow.
//
// What only the ERP can evaluate is asked for before a run compares; see evaluation.h. At most one call on the tables is under way at a time; requests to the portal go on beside it, and whatever ends
// meanwhile is recorded together (group commit).
#pragma once

#include <memory>

#include "plugin/engine/dispatch.h"
#include "plugin/engine/evaluation.h"
#include "plugin/engine/lane_base.h"

namespace ferry::engine {

class FeedLane final : public LaneBase {
 public:
  FeedLane(std::shared_ptr<const Channel> channel, Feed feed);

 private:
  void take(Input input) override;
  void on_stop() override;
  void lose() override;
  void gain() override;
  void read_row(const LeaseAnswer& row) override;
  void send() override;
  void advance() override;
  void advance_stop() override;
  Instant next_wake() const override;

  void on(Ran ran);
  void on(Loaded loaded);
  void on(const Replied& replied);
  void on(Evaluated evaluated);
  void on(const Recorded& recorded);
  template <class Other>  // the intake's
  void on(const Other&) {}

  void note_run(const FeedRunReport& report);
  void summarize();
  void act_on_findings();
  bool may_send() const;
  void ask_erp();
  void drop_evaluation();

  std::optional<RunMode> wanted_run() const;
  void start_run(RunMode mode);
  void start_record();
  void start_load();

  const Feed feed_;
  Dispatch dispatch_;
  Evaluation evaluation_;

  // what a run is wanted for
  bool was_woken_ = false;  // the run under way was started by a wake
  Instant run_began_at_{};
  bool compared_before_ = false;
  std::optional<std::string> requested_;
  Instant compared_fully_at_{};
  Instant next_boundary_{};
  Instant next_poll_{};

  // what is due
  bool is_load_wanted_ = false;
  Instant next_due_{};
  std::vector<SettledExchange> recording_;

  std::optional<RunSummary> summary_;  // of the last run, told when what it found is settled
};

}  // namespace ferry::engine
