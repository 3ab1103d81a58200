#include "plugin/connector/http_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace ferry::connector {
namespace {

constexpr std::size_t kDateSize = 29;  // "Sat, 21 Nov 2026 02:18:44 GMT"
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<std::uint32_t> digits(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::sys_days> day_of(std::string_view text) {  // "21 Nov 2026"
  const auto day = digits(text.substr(0, 2)), year = digits(text.substr(7, 4));
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(3, 3));
  if (!day || !year || month == kMonths.end()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
                                         std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::seconds> time_of(std::string_view text) {  // "02:18:44"
  const auto hour = digits(text.substr(0, 2)), minute = digits(text.substr(3, 2)), second = digits(text.substr(6, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  if (text.size() != kDateSize || !text.ends_with(" GMT")) return std::nullopt;
  const auto day = day_of(text.substr(5, 11));
  const auto time = time_of(text.substr(17, 8));
  if (!day || !time) return std::nullopt;
  return Instant(*day + *time);
}

std::optional<Duration> retry_after(const HttpReply& reply) {
  const auto text = reply.header("retry-after");
  if (const auto seconds = digits(text)) return std::chrono::seconds(*seconds);
  const auto until = parse_http_date(text), now = parse_http_date(reply.header("date"));
  if (!until || !now) return std::nullopt;
  return std::max(*until - *now, Duration::zero());
}

}  // namespace ferry::connector
