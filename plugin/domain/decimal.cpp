#include "plugin/domain/decimal.h"

#include <algorithm>
#include <limits>

namespace ferry {
namespace {

constexpr int kMaxDigits = 36;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_number(std::string_view whole, std::string_view fraction, bool has_point) noexcept {
  return !whole.empty() && fraction.empty() != has_point && std::all_of(whole.begin(), whole.end(), is_digit) &&
         std::all_of(fraction.begin(), fraction.end(), is_digit);
}

}  // namespace

constexpr Decimal::Coefficient Decimal::power_of_ten(int exponent) noexcept {
  Coefficient power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::optional<Decimal> Decimal::reduced(Coefficient coefficient, int scale) noexcept {
  while (scale > 0 && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  const Coefficient limit = power_of_ten(kMaxDigits);
  if (scale > kMaxScale || coefficient >= limit || coefficient <= -limit) return std::nullopt;
  return Decimal(coefficient, scale);
}

std::optional<Decimal> Decimal::parse(std::string_view text) noexcept {
  if (text.size() > kLongestText) return std::nullopt;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const bool has_point = point != std::string_view::npos;
  const auto whole = text.substr(0, point);
  auto fraction = has_point ? text.substr(point + 1) : std::string_view();
  if (!is_number(whole, fraction, has_point)) return std::nullopt;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  const Coefficient limit = power_of_ten(kMaxDigits);
  Coefficient coefficient = 0;
  for (const auto part : {whole, fraction}) {
    for (const char c : part) {
      coefficient = coefficient * 10 + (c - '0');
      if (coefficient >= limit) return std::nullopt;
    }
  }
  return reduced(negative ? -coefficient : coefficient, static_cast<int>(fraction.size()));
}

std::optional<Decimal> Decimal::from_minor_units(std::int64_t units, int digits) noexcept {
  if (digits < 0 || digits > kMaxScale) return std::nullopt;
  return reduced(units, digits);
}

std::optional<std::int64_t> Decimal::to_minor_units(int digits) const noexcept {
  if (digits < scale_ || digits > kMaxScale) return std::nullopt;
  Coefficient units = 0;
  if (__builtin_mul_overflow(coefficient_, power_of_ten(digits - scale_), &units)) return std::nullopt;
  if (units > std::numeric_limits<std::int64_t>::max() || units < std::numeric_limits<std::int64_t>::min())
    return std::nullopt;
  return static_cast<std::int64_t>(units);
}

std::string Decimal::text() const {
  std::string digits;  // backwards
  Coefficient rest = coefficient_ < 0 ? -coefficient_ : coefficient_;
  for (int i = 0; rest != 0 || i <= scale_; ++i) {
    if (i > 0 && i == scale_) digits += '.';
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (is_negative()) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<Decimal> Decimal::plus(const Decimal& other) const noexcept {
  const int scale = std::max(scale_, other.scale_);
  Coefficient a = 0, b = 0, sum = 0;
  if (__builtin_mul_overflow(coefficient_, power_of_ten(scale - scale_), &a) ||
      __builtin_mul_overflow(other.coefficient_, power_of_ten(scale - other.scale_), &b) ||
      __builtin_add_overflow(a, b, &sum)) {
    return std::nullopt;
  }
  return reduced(sum, scale);
}

std::optional<Decimal> Decimal::minus(const Decimal& other) const noexcept { return plus(other.negated()); }

std::optional<Decimal> Decimal::times(const Decimal& other) const noexcept {
  Coefficient product = 0;
  if (__builtin_mul_overflow(coefficient_, other.coefficient_, &product)) return std::nullopt;
  return reduced(product, scale_ + other.scale_);
}

Decimal Decimal::rounded(int digits, Rounding rounding) const noexcept {
  digits = std::max(digits, 0);
  if (digits >= scale_) return *this;
  const Coefficient unit = power_of_ten(scale_ - digits);
  const Coefficient magnitude = coefficient_ < 0 ? -coefficient_ : coefficient_;
  Coefficient kept = magnitude / unit;
  const Coefficient twice_rest = magnitude % unit * 2;
  const bool tie_goes_up = rounding == Rounding::half_up || kept % 2 != 0;
  const bool goes_up = twice_rest > unit || (twice_rest == unit && tie_goes_up);
  if (goes_up && rounding != Rounding::down) ++kept;
  while (digits > 0 && kept % 10 == 0) {
    kept /= 10;
    --digits;
  }
  return Decimal(coefficient_ < 0 ? -kept : kept, digits);
}

Decimal Decimal::negated() const noexcept { return Decimal(-coefficient_, scale_); }

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept {
  // whole and broken part apart, because bringing both to one scale could overflow
  const auto unit_a = Decimal::power_of_ten(a.scale_);
  const auto unit_b = Decimal::power_of_ten(b.scale_);
  const auto order = [](const auto& x, const auto& y) {
    return x < y ? std::strong_ordering::less : x > y ? std::strong_ordering::greater : std::strong_ordering::equal;
  };
  const auto whole = order(a.coefficient_ / unit_a, b.coefficient_ / unit_b);
  if (whole != std::strong_ordering::equal) return whole;
  return order(a.coefficient_ % unit_a * Decimal::power_of_ten(Decimal::kMaxScale - a.scale_),
               b.coefficient_ % unit_b * Decimal::power_of_ten(Decimal::kMaxScale - b.scale_));
}

}  // namespace ferry
