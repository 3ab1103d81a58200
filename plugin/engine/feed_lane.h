// Drives one outbound feed of one channel: lease, runs, dispatch, records. See lane.h for the contract, DESIGN.md
// section 3 for the flow.
//
// At most one call on the tables is under way at a time; requests to the portal go on beside it, and whatever ends
// meanwhile is recorded together (group commit).
#pragma once

#include <memory>

#include "plugin/engine/channel.h"
#include "plugin/engine/dispatch.h"
#include "plugin/engine/lane.h"
#include "plugin/engine/lease_keeper.h"
#include "plugin/engine/trouble.h"

namespace ferry::engine {

class FeedLane final : public Lane {
 public:
  FeedLane(std::shared_ptr<const Channel> channel, Feed feed);
  // The first step may carry any input; it asks for the lease. Answers that were not asked for are ignored.
  Actions step(Input input, Instant now, double unit) override;

 private:
  enum class Call : std::uint8_t { none = 1, acquire, run, load, record };  // on the tables, under way

  void take(Wake);
  void take(Tick) {}
  void take(Stop);
  void take(Leased leased);
  void take(Ran ran);
  void take(Loaded loaded);
  void take(const Replied& replied);
  void take(Recorded recorded);
  template <class Other>  // the intake's
  void take(const Other&) {}

  bool answers(Call call);
  void failed(const Problem& problem);
  void lose();
  void read_row(const LeaseAnswer& row);
  void note_run(const FeedRunReport& report);
  void summarize();
  void act_on_findings();
  bool may_send() const;

  std::optional<RunMode> wanted_run() const;
  void advance_store();
  void advance_stop();
  void start(Call call, Action action);
  void start_run(RunMode mode);
  void start_record();
  void start_load();
  Instant next_wake() const;

  const std::shared_ptr<const Channel> channel_;
  const Feed feed_;
  LeaseKeeper lease_;
  Trouble trouble_;
  Dispatch dispatch_;

  // this step's
  Actions out_;
  Instant now_{};
  double unit_ = 0;

  Call call_ = Call::none;
  Call last_call_ = Call::none;
  bool is_stopping_ = false;
  bool is_paused_ = false;

  // what a run is wanted for
  bool is_woken_ = false;
  bool was_woken_ = false;  // the run under way was started by a wake
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
