// What the lanes have in common: the frame of a step, the lease, calls on the tables and what becomes of their failure.
#pragma once

#include <memory>

#include "plugin/engine/channel.h"
#include "plugin/engine/lane.h"
#include "plugin/engine/lease_keeper.h"
#include "plugin/engine/trouble.h"

namespace ferry::engine {

class LaneBase : public Lane {
 public:
  // The first step may carry any input; it asks for the lease. Answers that were not asked for are ignored.
  Actions step(Input input, Instant now, double unit) final;

 protected:
  // On the tables, under way; one at a time.
  enum class Call : std::uint8_t { none = 1, acquire, run, load, begin, store, open, ready, record, finish, next };

  explicit LaneBase(std::shared_ptr<const Channel> channel);

  // ---- what a lane decides ----

  virtual void take(Input input) = 0;  // anything but Wake, Tick, Stop and Leased
  virtual void on_stop() = 0;
  virtual void lose() = 0;  // another process drives the lane: what is known and under way is its business now
  virtual void gain() = 0;
  virtual void read_row(const LeaseAnswer& row) = 0;
  virtual void end_call_in_trouble() {}  // a call failed, and neither trouble nor lease are the lane's own business
  virtual void send() {}                 // whatever needs no table
  virtual void advance() = 0;            // the next call, when none is under way
  virtual void advance_stop() = 0;
  virtual Instant next_wake() const = 0;

  // ---- what it does that with ----

  void start(Call call, Action action);
  // False: an answer that nobody waits for (any more).
  bool expects(Call call);
  // Null: not waited for, or failed, and then dealt with.
  template <class Answer>
  const Answer* answer_to(Call call, const Result<Answer>& result) {
    if (!expects(call)) return nullptr;
    if (!succeeded(result)) return nullptr;
    return &*result;
  }
  // Notes how the call went; a failure is dealt with.
  template <class Answer>
  bool succeeded(const Result<Answer>& result) {
    if (result.has_error()) {
      failed(result.error());
      return false;
    }
    trouble_.store_succeeded(Trouble::Part::work);
    return true;
  }
  // People are told, and with a portal that is well again every job of the channel goes on at once.
  void report(const BreakerChange& change);
  void pause(std::string reason);
  void release_lease();

  const std::shared_ptr<const Channel> channel_;
  LeaseKeeper lease_;
  Trouble trouble_;

  // this step's
  Actions out_;
  Instant now_{};
  double unit_ = 0;

  Call call_ = Call::none;
  Call last_call_ = Call::none;
  bool is_orphan_ = false;  // the answer to call_ is of no use any more
  bool is_stopping_ = false;
  bool is_paused_ = false;
  bool is_woken_ = false;

 private:
  void wake(const Wake& wake);
  void on_lease(const Result<LeaseAnswer>& answer);
  void failed(const Problem& problem);
};

}  // namespace ferry::engine
