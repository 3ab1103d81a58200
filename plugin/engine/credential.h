// What all jobs of one channel share towards its portal: the session, the rate, and the portal's wish to be left alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "plugin/connector/connector.h"
#include "plugin/domain/mutex.h"
#include "plugin/domain/time.h"
#include "plugin/domain/token_bucket.h"

namespace ferry::engine {

// Who goes first when requests have to wait; within one priority, whoever waits longest.
enum class Priority : std::uint8_t { stock = 1, orders, rest };

// Thread-safe; never blocks: it answers "go" or how long to wait before asking again.
class Credential {
 public:
  using Ticket = std::uint64_t;

  explicit Credential(std::int64_t rate_per_second) : bucket_(TokenBucket::per_second(rate_per_second)) {}

  // ---- the rate ----------------------------------------------------------------------------------------------------

  // A place in the queue for one asker, to be given back with leave().
  Ticket enter(Priority priority);
  void leave(Ticket ticket);
  // Zero: send one request now. Otherwise ask again after that wait; the place in the queue is kept. An asker who does
  // not return in time stops holding others up; one that waited kLongestYield goes before all priorities.
  Duration ask(Ticket ticket, Instant now);

  static constexpr Duration kLongestYield = std::chrono::seconds(5);

  // The portal asked everybody with this credential to wait (429, maintenance). Never shortens an earlier wish.
  void block_until(Instant until);
  Instant blocked_until() const;

  // ---- the session -------------------------------------------------------------------------------------------------

  struct LogIn {};  // the caller logs in now, and must answer with logged_in() or login_failed()
  struct Wait {     // somebody else is logging in
    Duration wait;
  };
  struct Refused {  // the portal refused the credentials a moment ago
    ItemVerdict verdict;
  };
  using SessionAnswer = std::variant<connector::Session, LogIn, Wait, Refused>;

  SessionAnswer session(Instant now);
  void logged_in(connector::Session session);
  // After `unauthorized` the next log-in is tried after a pause, so that several jobs do not repeat a wrong password
  // until the account is locked.
  void login_failed(const ItemVerdict& verdict, Instant now);
  // The caller that was to log in gave up.
  void login_dropped();
  // The portal refused this session. Ignored when a newer one is there already.
  void refuse(const connector::Session& session);

  static constexpr Duration kRefusalRemembered = std::chrono::seconds(5);

 private:
  struct Waiter {
    Priority priority{};
    std::optional<Instant> since;  // waiting since; none: not waiting
    Instant returns_at{};          // when it was told to ask again
  };
  bool goes_before(const Waiter& a, Ticket ticket_a, const Waiter& b, Ticket ticket_b, Instant now) const;
  std::int64_t count_ahead(Ticket ticket, const Waiter& waiter, Instant now) const FERRY_REQUIRES(mutex_);

  mutable Mutex mutex_;
  TokenBucket bucket_ FERRY_GUARDED_BY(mutex_);
  std::map<Ticket, Waiter> waiters_ FERRY_GUARDED_BY(mutex_);
  Ticket last_ticket_ FERRY_GUARDED_BY(mutex_) = 0;
  Instant blocked_until_ FERRY_GUARDED_BY(mutex_){};
  std::optional<connector::Session> session_ FERRY_GUARDED_BY(mutex_);
  bool logging_in_ FERRY_GUARDED_BY(mutex_) = false;
  std::optional<ItemVerdict> refusal_ FERRY_GUARDED_BY(mutex_);
  Instant refused_until_ FERRY_GUARDED_BY(mutex_){};
};

}  // namespace ferry::engine
