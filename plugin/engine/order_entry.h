// Which ready orders are entered into the ERP next, and what its answers mean for them. Part of an IntakeLane.
//
// An order that was cancelled or skipped after it may have been handed to the ERP is only looked for. It is skipped when the ERP
// does not have it, and when whoever handed it over, killed or overtaken since, cannot enter it any more.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "plugin/domain/settle.h"
#include "plugin/engine/lane.h"

namespace ferry::engine {

class OrderEntry {
 public:
  explicit OrderEntry(const RetryPolicy& policy) : policy_(policy) {}

  static constexpr std::size_t kMostListed = 50;
  static constexpr std::size_t kMostUnrecorded = 10;  // after a crash these are only found again in the ERP, not lost

  // The tables may have more than is known here.
  bool wants_list(Instant now) const noexcept;
  void offer(std::vector<ReadyOrder> orders);
  // No call into the ERP lasts longer, whatever became of the process that made it: runtime/erp_queue.h.
  static constexpr Duration kLongestEntry = std::chrono::minutes(15);

  // EnterOrder, LookForOrder or ReviseOrder for the next order, when none is with the ERP.
  std::optional<Action> next();
  // False: not the answer that is waited for.
  bool on_answer(const ErpReplied& replied, Instant now, double unit);

  bool is_waiting() const noexcept { return with_erp_.has_value(); }
  bool has_ready() const noexcept { return !ready_.empty(); }
  // For the tables; they stay here until recorded().
  const std::vector<OrderOutcome>& outcomes() const noexcept { return outcomes_; }
  void recorded(std::size_t count);  // of the front

  // A new run looks at the tables again, where documents may be newer.
  void begin_run() noexcept {
    ready_.clear();
    may_have_more_ = true;
  }
  // Forgets what waits to be entered: it is listed again.
  void forget_ready() noexcept { ready_.clear(); }
  void drop_all();
  // An order or more became an ERP order since the last call.
  bool take_linked() noexcept;

 private:
  OrderOutcome outcome_of(const ReadyOrder& order, const ErpReply& reply, Instant now, double unit) const;
  OrderOutcome tried_again(const ReadyOrder& order, const ErpReply& reply, Instant now, double unit) const;
  bool is_known(const std::string& reference) const;

  const RetryPolicy policy_;
  std::deque<ReadyOrder> ready_;
  std::optional<ReadyOrder> with_erp_;
  std::vector<OrderOutcome> outcomes_;
  bool may_have_more_ = true;
  bool has_linked_ = false;
  Instant unsupported_until_{};  // this host has no order entry: another process does it
};

}  // namespace ferry::engine
