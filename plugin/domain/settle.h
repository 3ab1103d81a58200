// What a verdict means for a publication: the one place where attempts, waits and dead letters are decided.
#pragma once

#include "plugin/domain/backoff.h"
#include "plugin/domain/publication.h"
#include "plugin/domain/time.h"
#include "plugin/domain/verdict.h"

namespace ferry {

struct RetryPolicy {
  Backoff backoff{std::chrono::seconds(1), std::chrono::minutes(10)};
  std::int32_t max_attempts = 30;                          // the attempt that makes a dead letter, 1..
  Duration default_snooze = std::chrono::seconds(30);      // when the portal asked to wait and did not say how long
  Duration least_snooze = std::chrono::milliseconds(500);  // "wait 0 s" must not become a busy loop
  Duration most_snooze = std::chrono::hours(1);            // a wait named by the outside is never believed beyond this
  Duration absent_interval = std::chrono::minutes(10);  // between two looks for a record that the portal does not have
  Duration drift_wait = std::chrono::seconds(1);        // time for the intake to look at the portal's orders
  Duration lateness = std::chrono::seconds(150);        // see lateness_of()
};

// How long a request whose answer was lost is reckoned with. The portal does not know that its client has left: a
// Vendure whose client went after 0.7 s committed 5.3 s later; others queue behind a lock, or wait in a proxy. What it
// takes is its own affair, not our patience, so never less than a minute; and a portal that works on one request for
// five times as long as anybody would wait for it is ill, which reconciliation finds.
Duration lateness_of(Duration request_timeout) noexcept;

// How long a `snooze` verdict waits under the policy.
Duration snooze_wait(const ItemVerdict& verdict, const RetryPolicy& policy) noexcept;

// The delivery after the verdict. `unit` is uniform in [0, 1). `dead` always carries a reason.
//   delivered    settled, counters start again
//   rejected     dead
//   retry, ambiguous  pending after a backoff, the attempt counts; at max_attempts dead, naming the last error.
//   (Ambiguous
//                items are resent because every feed sets state; a portal that cannot take a repeat answers
//                `rejected`.)
//   snooze, drifted   pending after a wait, no attempt counted
//   split, unauthorized  pending at once, nothing counted: what happens next is the lane's decision
//   absent       absent, looked for again later, no attempt counted
// Leaves confirm_at as it was: that is the next function's.
Delivery settle(const Delivery& before, const ItemVerdict& verdict, const RetryPolicy& policy, Instant now,
                double unit);

// What is in doubt after the verdict of an exchange that began at `began`: see Delivery::confirm_at.
//   ambiguous    until `lateness` from now
//   delivered    nothing any more, when the exchange began after all doubts, the record's and the lane's; else until then
//   others       as before: what is not delivered is sent again anyway
// `lane_doubt`: until when something that a lane sent and nobody recorded may be applied; epoch: nothing was.
Instant confirm_at(const Delivery& before, Verdict verdict, Instant began, Instant lane_doubt,
                   const RetryPolicy& policy, Instant now) noexcept;

// The portal acted by itself at least this often in a row on the record of this delivery: its number is no longer
// explained by its orders, and the next push must set it without comparing.
inline constexpr std::int32_t kDriftsBelieved = 3;
bool drift_is_unexplained(const Delivery& delivery) noexcept;

}  // namespace ferry
