#include "plugin/domain/time.h"

#include <array>
#include <cstdio>

namespace ferry {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Years 1 to 9999 in UTC: what to_iso8601() can write in four digits, and other systems can read.
constexpr Instant kFirst = std::chrono::sys_days(std::chrono::January / 1 / 1);
constexpr Instant kEnd = std::chrono::sys_days(std::chrono::January / 1 / 10000);

// Reads from the front of a text; every take_ leaves the rest.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }

  bool take(std::string_view any_of) noexcept {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool next_is(std::string_view any_of) const noexcept {
    return !rest_.empty() && any_of.find(rest_.front()) != std::string_view::npos;
  }

  // Exactly `digits` digits, with a value of at most `most`.
  std::optional<int> number(int digits, int most) noexcept {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!next_is("0123456789")) return std::nullopt;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (value > most) return std::nullopt;
    return value;
  }

  // Up to nine digits behind the point, cut to microseconds.
  std::optional<Duration> fraction() noexcept {
    std::int64_t micros = 0;
    int digits = 0;
    while (next_is("0123456789")) {
      if (digits == 9) return std::nullopt;
      if (digits < 6) micros = micros * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (int i = digits; i < 6; ++i) micros *= 10;
    return Duration(micros);
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(Reader& in) {
  const auto year = in.number(4, 9999);
  if (!year || !in.take("-")) return std::nullopt;
  const auto month = in.number(2, 12);
  if (!month || !in.take("-")) return std::nullopt;
  const auto day = in.number(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<Duration> read_time_of_day(Reader& in) {
  const auto hour = in.number(2, 23);
  if (!hour || !in.take(":")) return std::nullopt;
  const auto minute = in.number(2, 59);
  if (!minute || !in.take(":")) return std::nullopt;
  const auto second = in.number(2, 59);
  if (!second) return std::nullopt;
  Duration time = hours(*hour) + minutes(*minute) + seconds(*second);
  if (in.take(".")) {
    const auto fraction = in.fraction();
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  return time;
}

// How far the zone is ahead of UTC.
std::optional<Duration> read_zone(Reader& in) {
  if (in.take("Zz")) return Duration(0);
  const bool west = in.next_is("-");
  if (!in.take("+-")) return std::nullopt;
  const auto hour = in.number(2, 23);
  if (!hour) return std::nullopt;
  Duration offset = hours(*hour);
  if (!in.at_end()) {
    in.take(":");
    const auto minute = in.number(2, 59);
    if (!minute) return std::nullopt;
    offset += minutes(*minute);
  }
  return west ? -offset : offset;
}

}  // namespace

std::string to_iso8601(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Duration> time(instant - day);
  std::array<char, 80> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<Instant> from_iso8601(std::string_view text) {
  Reader in(text);
  const auto date = read_date(in);
  if (!date || !in.take("Tt ")) return std::nullopt;
  const auto time = read_time_of_day(in);
  if (!time) return std::nullopt;
  const auto zone = read_zone(in);
  if (!zone || !in.at_end()) return std::nullopt;
  const Instant instant = Instant(*date) + *time - *zone;
  if (instant < kFirst || instant >= kEnd) return std::nullopt;
  return instant;
}

}  // namespace ferry
