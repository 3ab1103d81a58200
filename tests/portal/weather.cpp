#include "tests/portal/weather.h"

#include <algorithm>
#include <cstdio>

namespace ferry::portal {
namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "none",          "slow answer",   "429",           "429 with seconds", "429 with a date", "423",
    "5xx",           "THROTTLED",     "reset before",  "reset after",      "half an answer",  "answer lost",
    "applied late",  "reordered",     "missing items", "duplicated page",  "repeated cursor", "page drift",
    "token expired", "unknown field", "null value",    "changed type",     "outage",          "clock skew",
};

std::size_t index(Fault fault) noexcept { return static_cast<std::size_t>(fault); }

bool is_of_data(Fault fault) noexcept {
  switch (fault) {
    case Fault::reordered:
    case Fault::missing_items:
    case Fault::unknown_field:
    case Fault::null_value:
    case Fault::changed_type: return true;
    default: return false;
  }
}

bool is_of_pages(Fault fault) noexcept {
  return fault == Fault::duplicated_page || fault == Fault::repeated_cursor || fault == Fault::page_drift;
}

// Not drawn: they follow from the time, or from the climate as a whole.
bool is_drawn(Fault fault) noexcept {
  return fault != Fault::none && fault != Fault::outage && fault != Fault::clock_skew;
}

}  // namespace

std::string_view name_of(Fault fault) noexcept { return kNames[index(fault)]; }

bool can_happen(Fault fault, Asked asked) noexcept {
  if (is_of_pages(fault)) return asked == Asked::page;
  if (asked == Asked::login) return fault != Fault::token_expired && !is_of_data(fault);
  return true;
}

bool Fate::is_applied_at_once() const noexcept {
  switch (fault) {
    case Fault::asks_to_wait:
    case Fault::asks_seconds:
    case Fault::asks_date:
    case Fault::locked:
    case Fault::server_error:
    case Fault::throttled:
    case Fault::reset_before:
    case Fault::late:
    case Fault::token_expired:
    case Fault::outage: return false;
    default: return true;
  }
}

bool Fate::is_answered() const noexcept {
  switch (fault) {
    case Fault::reset_before:
    case Fault::reset_after:
    case Fault::answer_lost:
    case Fault::late: return false;
    case Fault::outage: return salt % 2 == 0;  // a proxy before it answers 503, or nobody does
    default: return true;
  }
}

// ---- chance ---------------------------------------------------------------------------------------------------------

std::uint64_t Dice::next() noexcept {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

// The bias of a remainder does not matter for bounds far below 2^64.
std::uint64_t Dice::below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }

Duration Dice::upto(Duration most) noexcept {
  const auto bound = static_cast<std::uint64_t>(std::max<Duration::rep>(0, most.count())) + 1;
  return Duration(static_cast<Duration::rep>(below(bound)));
}

Climate Climate::from_seed(std::uint64_t seed, Span stormy) {
  Dice dice(seed ^ 0x636c696d617465U);
  Climate climate;
  climate.stormy = stormy;
  climate.usual_latency = std::chrono::milliseconds(20) + dice.upto(std::chrono::milliseconds(1500));
  climate.slow_latency = std::chrono::seconds(2) + dice.upto(std::chrono::seconds(20));
  climate.most_wait = std::chrono::seconds(1) + dice.upto(std::chrono::minutes(dice.chance(200'000) ? 45 : 2));
  climate.most_late = std::chrono::seconds(1) + dice.upto(std::chrono::seconds(20));
  if (dice.chance(300'000)) climate.skew = dice.upto(std::chrono::minutes(20)) - std::chrono::minutes(10);

  const auto mood = dice.below(10);  // 0: calm; 1, 2: one kind of trouble, and much of it; else: some of many kinds
  const std::uint32_t most = mood == 9 ? 60'000 : 15'000;
  const auto only = static_cast<std::size_t>(dice.below(kFaults));
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto drawn = static_cast<std::uint32_t>(dice.below(most));
    const bool happens = dice.chance(500'000);
    if (!is_drawn(static_cast<Fault>(i))) continue;
    if (mood > 2 && happens) climate.per_million[i] = drawn;
    if ((mood == 1 || mood == 2) && i == only) climate.per_million[i] = 50'000 + drawn * 10;
  }
  const auto outages = dice.below(4);
  for (std::uint64_t i = 0; i < outages; ++i) {
    const Instant from = stormy.from + dice.upto(stormy.to - stormy.from);
    const Duration length = dice.chance(250'000) ? std::chrono::hours(1) : dice.upto(std::chrono::minutes(20));
    climate.outages.push_back({from, std::min(from + length, stormy.to)});
  }
  return climate;
}

Fault Weather::draw(Asked asked) {
  auto roll = static_cast<std::int64_t>(dice_.below(1'000'000));
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (!is_drawn(fault) || !can_happen(fault, asked)) continue;
    roll -= climate_.per_million[i];
    if (roll < 0) return fault;
  }
  return Fault::none;
}

Fate Weather::next(Instant now, Asked asked) {
  Fate fate;
  fate.salt = dice_.next();
  fate.latency = dice_.upto(climate_.usual_latency);
  const bool is_down = std::any_of(climate_.outages.begin(), climate_.outages.end(),
                                   [now](const Span& outage) { return outage.contains(now); });
  if (is_down) {
    fate.fault = Fault::outage;
  } else if (climate_.stormy.contains(now)) {
    fate.fault = draw(asked);
    fate.skew = climate_.skew;
  }
  if (fate.fault == Fault::slow) fate.latency += dice_.upto(climate_.slow_latency);
  if (fate.fault == Fault::asks_seconds || fate.fault == Fault::asks_date) fate.wait = dice_.upto(climate_.most_wait);
  if (fate.fault == Fault::late) fate.late = dice_.upto(climate_.most_late);
  ++counts_[index(fate.fault)];
  if (fate.skew != Duration(0) && fate.is_answered()) ++counts_[index(Fault::clock_skew)];
  return fate;
}

std::int64_t Weather::injected() const noexcept {
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < kFaults; ++i) sum += counts_[i];
  return sum;
}

// ---- answers --------------------------------------------------------------------------------------------------------

std::string http_date(Instant at) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

std::string date_header(const Fate& fate, Instant now) { return http_date(now + fate.skew); }

std::optional<Refusal> refusal_of(const Fate& fate, Instant now) {
  static constexpr std::array kServerErrors = {500, 502, 503, 504};
  Refusal refusal;
  refusal.headers.emplace_back("date", date_header(fate, now));
  const auto whole_seconds = std::chrono::ceil<std::chrono::seconds>(fate.wait);
  switch (fate.fault) {
    case Fault::asks_seconds: refusal.headers.emplace_back("retry-after", std::to_string(whole_seconds.count())); break;
    case Fault::asks_date:
      refusal.headers.emplace_back("retry-after", http_date(now + fate.skew + whole_seconds));
      break;
    case Fault::asks_to_wait: break;
    case Fault::locked: refusal.status = 423; return refusal;
    case Fault::server_error: refusal.status = kServerErrors[fate.salt % kServerErrors.size()]; return refusal;
    case Fault::outage:
      if (!fate.is_answered()) return Refusal{};
      refusal.status = 503;
      return refusal;
    case Fault::throttled:
      refusal.status = 200;
      refusal.headers.emplace_back("content-type", "application/json");
      refusal.body = R"({"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"data":null})";
      return refusal;
    default: return std::nullopt;
  }
  refusal.status = 429;
  return refusal;
}

}  // namespace ferry::portal
