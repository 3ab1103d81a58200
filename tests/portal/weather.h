// The weather of a portal: decides, request by request, what goes wrong. Pure and seeded, without I/O or clock, so that
// a simulation with virtual time and a portal that answers real HTTP live through the same things.
//
//   Weather weather(Climate::from_seed(seed, {begin, end}), seed);
//   const Fate fate = weather.next(now, Asked::write);
//   if (auto refusal = refusal_of(fate, now))  …it is the answer, the shop is not asked
//   body = mangled(std::move(body), fate);     …what the shop said, as it arrives
//   …and what only a transport can do (latency, resets, lost answers, late application): see Fault
//
// The same climate, seed and questions give the same fates on every machine and library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::portal {

// What can go wrong with one request. "Applied" says whether the shop is asked, that is whether a write takes effect.
enum class Fault : std::uint8_t {
  none,             // applied, answered
  slow,             // applied, answered after Fate::latency of seconds
  asks_to_wait,     // 429 without Retry-After
  asks_seconds,     // 429, Retry-After in seconds
  asks_date,        // 429, Retry-After as a date
  locked,           // 423
  server_error,     // 500, 502, 503 or 504; not applied
  throttled,        // 200 with an error THROTTLED inside; not applied
  reset_before,     // the connection breaks before the request is applied; the client cannot know
  reset_after,      // the connection breaks after it was applied
  half_answer,      // applied; the answer's body ends half-way, as if it were whole
  answer_lost,      // applied; nothing comes back until the client gives up
  late,             // nothing comes back until the client gives up; applied Fate::late after that
  reordered,        // applied; the items of the answer come in another order
  missing_items,    // applied; an item or more of the answer is missing
  duplicated_page,  // the page before is given instead of the one asked for
  repeated_cursor,  // the page says that the same page comes next
  page_drift,       // something is inserted before the place where the page begins: items move to later pages
  token_expired,    // the session is refused; not applied
  unknown_field,    // applied; the answer has fields that nobody has heard of
  null_value,       // applied; a value in the answer is null
  changed_type,     // applied; a number in the answer is a text, or the other way round
  outage,           // the portal is down: not reached, or 503; not applied
  clock_skew,       // applied, answered; the Date header is wrong. Counted once for each such answer beside its fault
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::clock_skew) + 1;
std::string_view name_of(Fault fault) noexcept;  // "answer lost", for people

// What kind of request it is; not everything can happen to every kind.
enum class Asked : std::uint8_t {
  login,
  read,   // of a batch of records
  write,  // of a batch of records
  page,   // one of several pages of a list
};
bool can_happen(Fault fault, Asked asked) noexcept;

struct Span {  // [from, to)
  Instant from{}, to{};
  bool contains(Instant at) const noexcept { return from <= at && at < to; }
};

struct Climate {
  std::array<std::uint32_t, kFaults> per_million{};  // of the requests to which it can happen; those of `none`,
                                                     // `outage` and `clock_skew` are not looked at
  Span stormy{};                // only then anything of the above happens
  std::vector<Span> outages;    // the portal is down
  Duration usual_latency{};     // the most that an answer usually takes
  Duration slow_latency{};      // the most that a slow one takes
  Duration most_wait{};         // the longest Retry-After
  Duration most_late{};         // how long after the client gave up a late request is applied at most
  Duration skew{};              // of the portal's clock from true time

  static Climate clear() { return {}; }
  // A climate of its own for every seed: some calm, some with one kind of trouble, some with many; within `stormy`.
  static Climate from_seed(std::uint64_t seed, Span stormy);
};

// What becomes of one request.
struct Fate {
  Fault fault = Fault::none;
  Duration latency{};      // from arrival to answer; not counted where no answer comes
  Duration wait{};         // of Retry-After
  Duration late{};         // of `late`
  Duration skew{};         // of the Date header
  std::uint64_t salt = 0;  // for every further choice: which item, which status, where to cut

  bool is_applied_at_once() const noexcept;   // the shop is asked when the request arrives
  bool is_answered() const noexcept;          // something comes back that has a status
};

// The generator of everything drawn here: splitmix64, whose sequence is its own definition.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept;  // [0, bound); 0 for a bound of 0
  bool chance(std::uint32_t per_million) noexcept { return below(1'000'000) < per_million; }
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  Duration upto(Duration most) noexcept;                                            // [0, most]

 private:
  std::uint64_t state_;
};

// Not thread-safe.
class Weather {
 public:
  Weather(Climate climate, std::uint64_t seed) : climate_(std::move(climate)), dice_(seed) {}

  Fate next(Instant now, Asked asked);
  void set(Climate climate) { climate_ = std::move(climate); }
  const Climate& climate() const noexcept { return climate_; }

  // How often each fault was decided; `none` counts the requests that nothing happened to.
  const std::array<std::int64_t, kFaults>& counts() const noexcept { return counts_; }
  std::int64_t injected() const noexcept;  // all but `none`

 private:
  Fault draw(Asked asked);

  Climate climate_;
  Dice dice_;
  std::array<std::int64_t, kFaults> counts_{};
};

// ---- what a fate makes of an answer ---------------------------------------------------------------------------------

struct Refusal {
  int status = 0;  // 0: the portal is not reached at all
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
// The answer that takes the shop's place; none: the shop is asked (see is_applied_at_once), or nothing comes back. How
// a portal refuses a session is its own matter: token_expired is not answered here.
std::optional<Refusal> refusal_of(const Fate& fate, Instant now);

// The Date header of an answer.
std::string date_header(const Fate& fate, Instant now);
std::string http_date(Instant at);  // "Sat, 21 Nov 2026 02:18:44 GMT"

// The shop's answer, a JSON text, as it arrives: cut, or with the list in it reordered or thinned, or a value changed.
// Unchanged by other faults. The list is the first non-empty one, nearest to the top.
std::string mangled(std::string body, const Fate& fate);

}  // namespace ferry::portal
