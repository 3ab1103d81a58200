// The circuit breaker of one channel: while its portal as a whole is ill, nobody of the channel begins an exchange;
// now and then a single one finds out whether it is well again.
//
//   closed     exchanges begin freely
//   open       none begins until the cooling time is over, which grows from failed probe to failed probe up to a cap
//   half open  exactly one exchange, the probe, is under way; how it ends decides
//
// Ill are exchanges of which nothing got through: no connection, timeouts, 5xx for every record. What the portal says
// of a single record (rejected, absent, locked) or of our pace (429) shows that it is well.
//
// A probe may fail because of its own record. So the next one is another's wherever there is another: whoever had a
// probe that failed lets every other priority go first, and a feed's probe is the record that failed least.
//
// Every process has a breaker of its own. That is bounded: a lane is driven by one process, so however many there are,
// no more of them than the channel has jobs have anything to send, each a single exchange per cooling time; and lanes of
// one credential gather in one process anyway. Shared through the database it would cost a call before every exchange,
// and a process that alone cannot reach the portal would hold up those that can.
//
// Recovery: a portal that is well again is noticed within kLongestCooling and the time of one exchange, and everything
// goes on at once. Exchanges under way when it opens go on to their end; one that succeeds closes it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/domain/backoff.h"
#include "plugin/domain/mutex.h"
#include "plugin/domain/time.h"
#include "plugin/engine/credential.h"

namespace ferry::engine {

enum class BreakerState : std::uint8_t { closed = 1, open, half_open };
std::string_view name_of(BreakerState state) noexcept;

// A change that people are told of.
struct BreakerChange {
  BreakerState state{};  // closed or open
  Instant retry_at{};    // open: when the next probe is due
  std::string reason;    // open: what the portal did last
  bool is_news = true;   // worth a line in the log; false: the table only
};

// Thread-safe. Outlives its passes.
class Breaker {
 public:
  static constexpr std::int32_t kIllInARow = 5;  // exchanges after which it opens
  static constexpr std::size_t kLeastSample = 20;
  static constexpr std::size_t kMostSample = 200;
  static constexpr Duration kWindow = std::chrono::minutes(1);  // half of at least kLeastSample exchanges ill: it opens
  static constexpr Duration kShortestCooling = std::chrono::seconds(1);
  static constexpr Duration kLongestCooling = std::chrono::seconds(30);
  static constexpr Duration kPrecedence = std::chrono::milliseconds(200);  // of a priority over the next, for the probe
  static constexpr int kPriorities = 4;

  // Leave to carry out one exchange. Given back by its end; one that was never told of is as if it had not begun.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&& other) noexcept;
    ~Pass();

    // Its exchange is the only one, and should be small.
    bool is_probe() const noexcept { return probe_ != 0; }
    // How the exchange ended; `reason` when it was ill. `unit` as for backoff().
    std::optional<BreakerChange> well(Instant now);
    std::optional<BreakerChange> ill(std::string_view reason, Instant now, double unit);

   private:
    friend class Breaker;
    Pass(Breaker* breaker, std::uint64_t probe) noexcept : breaker_(breaker), probe_(probe) {}
    Breaker* breaker_ = nullptr;
    std::uint64_t probe_ = 0;  // 0: none
  };

  // None: not now, ask again at ask_at().
  std::optional<Pass> enter(Priority priority, Instant now);
  // When it is worth asking; not later than `now`: at once.
  Instant ask_at(Priority priority, Instant now) const;

  BreakerState state() const;
  Instant retry_at() const;  // epoch: closed

 private:
  struct Ended {
    Instant at{};
    bool was_ill = false;
  };
  Instant due_for(Priority priority) const FERRY_REQUIRES(mutex_);
  void count(bool was_ill, Instant now) FERRY_REQUIRES(mutex_);
  bool must_open() const FERRY_REQUIRES(mutex_);
  BreakerChange open(std::string_view reason, Instant now, double unit) FERRY_REQUIRES(mutex_);
  std::optional<BreakerChange> on_well(std::uint64_t probe, Instant now);
  std::optional<BreakerChange> on_ill(std::uint64_t probe, std::string_view reason, Instant now, double unit);
  void on_dropped(std::uint64_t probe);

  mutable Mutex mutex_;
  BreakerState state_ FERRY_GUARDED_BY(mutex_) = BreakerState::closed;
  std::int32_t ill_in_a_row_ FERRY_GUARDED_BY(mutex_) = 0;
  std::deque<Ended> ended_ FERRY_GUARDED_BY(mutex_);  // within the window
  std::int32_t coolings_ FERRY_GUARDED_BY(mutex_) = 0;  // since it was closed
  Instant retry_at_ FERRY_GUARDED_BY(mutex_){};
  std::uint64_t probe_ FERRY_GUARDED_BY(mutex_) = 0;  // under way; 0: none
  Priority probing_ FERRY_GUARDED_BY(mutex_) = Priority::stock;    // whose the last probe was
  std::optional<Priority> yielding_ FERRY_GUARDED_BY(mutex_);      // whose probe failed; none: nobody's since it opened
  std::uint64_t last_probe_ FERRY_GUARDED_BY(mutex_) = 0;
  // whether the table has our state: a process before us may have left its own
  bool was_told_ FERRY_GUARDED_BY(mutex_) = false;
};

}  // namespace ferry::engine
