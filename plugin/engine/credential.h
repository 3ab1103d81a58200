// What all jobs of one channel share towards its portal: the session, the rate, and the portal's wish to be left alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "plugin/connector/connector.h"
#include "plugin/domain/mutex.h"
#include "plugin/domain/time.h"
#include "plugin/domain/token_bucket.h"
#include "plugin/engine/ports.h"

namespace ferry::engine {

// Who goes first when requests have to wait; within one priority, whoever waits longest. `spare` is for work that may
// take for ever: it goes only while nobody else waits and the allowance is untouched, so that whoever comes next finds
// at least what is left of a full one, and it never moves up by waiting.
enum class Priority : std::uint8_t { stock = 1, orders, rest, spare };

// Thread-safe; never blocks: it answers "go" or how long to wait before asking again.
class Credential {
 public:
  using Ticket = std::uint64_t;

  // `name` is the same in every process that uses the credential, and no secret; empty: nobody else does.
  explicit Credential(std::int64_t rate_per_second, std::string name = {})
      : use_{std::move(name), rate_per_second}, bucket_(TokenBucket::per_second(rate_per_second)) {}

  const CredentialUse& use() const noexcept { return use_; }

  // ---- the rate ----------------------------------------------------------------------------------------------------

  // A place in the queue for one asker, to be given back with leave().
  Ticket enter(Priority priority);
  void leave(Ticket ticket);
  // Zero: send one request now. Otherwise ask again after that wait; the place in the queue is kept. An asker who does
  // not return in time stops holding others up; one that waited kLongestYield goes before all priorities.
  Duration ask(Ticket ticket, Instant now);

  static constexpr Duration kLongestYield = std::chrono::seconds(5);

  // How many processes share the rate, this one included (0: unknown, nothing changes), and whether the others know.
  // Each has an equal part; nothing while they do not. After every change nothing is sent for kWindow, so that no
  // window sees requests of two divisions, nor of two lives of one process.
  void share(std::int32_t holders, bool agreed, Instant now);

  static constexpr Duration kWindow = std::chrono::seconds(1);

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

  const CredentialUse use_;
  mutable Mutex mutex_;
  std::optional<std::int64_t> share_ FERRY_GUARDED_BY(mutex_);  // requests per second; none: never told, all of it
  Instant resting_until_ FERRY_GUARDED_BY(mutex_){};
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
