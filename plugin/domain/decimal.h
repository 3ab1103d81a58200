// Exact decimals for money and quantities. Never a float: a value is a whole number of 10^-scale.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

enum class Rounding : std::uint8_t {
  half_up = 1,  // 0.5 → 1, -0.5 → -1: away from zero, as invoices do
  half_even,    // 0.5 → 0, 1.5 → 2
  down,         // 0.9 → 0, -0.9 → 0: towards zero, as a quantity that may be sold
};

// Always in lowest terms (10.50 is held as 10.5), so equal values are identical. Range: 36 significant digits, of these
// at most 18 behind the point. Whatever does not fit gives the empty optional, never a wrong number.
class Decimal {
 public:
  static constexpr int kMaxScale = 18;
  static constexpr std::size_t kLongestText = 64;

  constexpr Decimal() noexcept = default;  // 0
  constexpr explicit Decimal(std::int64_t whole) noexcept : coefficient_(whole) {}

  // Digits, optionally '-' in front and '.' with digits behind. No exponent, no NaN, no blanks, no grouping, at most
  // kLongestText characters.
  static std::optional<Decimal> parse(std::string_view text) noexcept;
  // 1234 minor units of 2 digits are 12.34. Empty unless 0 <= digits <= kMaxScale.
  static std::optional<Decimal> from_minor_units(std::int64_t units, int digits) noexcept;

  // Exact: empty when the value has more digits than asked for, or does not fit.
  std::optional<std::int64_t> to_minor_units(int digits) const noexcept;
  // Canonical: "8", "10.5", "-0.01"; no exponent, no trailing zeros, no "-0".
  std::string text() const;

  int scale() const noexcept { return scale_; }  // digits behind the point, 0..18
  bool is_zero() const noexcept { return coefficient_ == 0; }
  bool is_negative() const noexcept { return coefficient_ < 0; }

  std::optional<Decimal> plus(const Decimal& other) const noexcept;
  std::optional<Decimal> minus(const Decimal& other) const noexcept;
  std::optional<Decimal> times(
      const Decimal& other) const noexcept;  // empty too when the product has more than 18 digits
  // To `digits` behind the point; fewer than 0 is taken as 0, more than there are changes nothing.
  Decimal rounded(int digits, Rounding rounding) const noexcept;
  Decimal negated() const noexcept;

  friend bool operator==(const Decimal&, const Decimal&) noexcept = default;
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept;

 private:
  __extension__ typedef __int128 Coefficient;

  constexpr Decimal(Coefficient coefficient, int scale) noexcept : coefficient_(coefficient), scale_(scale) {}
  static std::optional<Decimal> reduced(Coefficient coefficient, int scale) noexcept;
  static constexpr Coefficient power_of_ten(int exponent) noexcept;

  Coefficient coefficient_ = 0;
  int scale_ = 0;
};

}  // namespace ferry
