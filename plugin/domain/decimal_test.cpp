#include "plugin/domain/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace ferry {
namespace {

Decimal parsed(std::string_view text) {
  const auto value = Decimal::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Decimal());
}

TEST(Decimal, TextIsCanonical) {
  for (const auto& [given, canonical] : {std::pair{"8", "8"},
                                         {"8.000", "8"},
                                         {"10.50", "10.5"},
                                         {"-0.010", "-0.01"},
                                         {"-0", "0"},
                                         {"007", "7"},
                                         {"0.000000000000000001", "0.000000000000000001"},
                                         {"100", "100"},
                                         {"1.0000000000000000000000", "1"}}) {
    EXPECT_EQ(parsed(given).text(), canonical);
  }
  EXPECT_EQ(Decimal().text(), "0");
  EXPECT_EQ(Decimal(-42).text(), "-42");
}

TEST(Decimal, WhatIsNoPlainDecimalIsRefused) {
  for (const auto* bad : {"", "-", ".", ".5", "5.", "1e5", "1E5", "NaN", "Infinity", "+1", " 1", "1 ", "1,000", "0x1",
                          "1.2.3", "--1", "1.-2", "\xd9\xa1"}) {
    EXPECT_FALSE(Decimal::parse(bad)) << bad;
  }
  EXPECT_FALSE(Decimal::parse(std::string(65, '0'))) << "bounded length";
  EXPECT_FALSE(Decimal::parse("0.0000000000000000001")) << "19 digits behind the point";
  EXPECT_FALSE(Decimal::parse(std::string(37, '9'))) << "37 digits";
  EXPECT_TRUE(Decimal::parse(std::string(36, '9')));
}

TEST(Decimal, EqualValuesAreEqualHoweverTheyWereWritten) {
  EXPECT_EQ(parsed("10.50"), parsed("10.5"));
  EXPECT_NE(parsed("10.5"), parsed("10.51"));
}

TEST(Decimal, OrderIsByValueAlsoBetweenExtremes) {
  EXPECT_LT(parsed("-1"), parsed("0.5"));
  EXPECT_LT(parsed("1.05"), parsed("1.5"));
  EXPECT_LT(parsed("-1.5"), parsed("-1.05"));
  EXPECT_GT(parsed(std::string(36, '9')), parsed("0.000000000000000001"));
  EXPECT_LT(parsed("-" + std::string(36, '9')), parsed("-0.000000000000000001"));
  EXPECT_EQ(parsed("2.50") <=> parsed("2.5"), std::strong_ordering::equal);
}

TEST(Decimal, SumsAreExact) {
  EXPECT_EQ(parsed("0.1").plus(parsed("0.2")), parsed("0.3"));
  EXPECT_EQ(parsed("10").minus(parsed("0.01")), parsed("9.99"));
  EXPECT_EQ(parsed("1.5").minus(parsed("1.5")), Decimal());
}

TEST(Decimal, ProductsAreExactOrNothing) {
  EXPECT_EQ(parsed("1.25").times(parsed("-4")), parsed("-5"));
  EXPECT_EQ(parsed("0.000000001").times(parsed("0.000000001")), parsed("0.000000000000000001"));
  EXPECT_FALSE(parsed("0.0000000001").times(parsed("0.000000001")));
}

TEST(Decimal, WhatDoesNotFitGivesNothingInsteadOfAWrongNumber) {
  const Decimal largest = parsed(std::string(36, '9'));
  EXPECT_FALSE(largest.plus(Decimal(1)));
  EXPECT_FALSE(largest.negated().minus(Decimal(1)));
  EXPECT_FALSE(largest.times(largest));
  EXPECT_FALSE(largest.times(Decimal(10)));
  EXPECT_FALSE(largest.plus(parsed("0.000000000000000001")));
  EXPECT_FALSE(parsed("0.000000000000000001").plus(largest));
}

TEST(Decimal, RoundsHalfUpAwayFromZeroAsInvoicesDo) {
  for (const auto& [given, digits, expected] : {std::tuple{"0.005", 2, "0.01"},
                                                {"-0.005", 2, "-0.01"},
                                                {"0.0049", 2, "0"},
                                                {"2.5", 0, "3"},
                                                {"9.995", 2, "10"},
                                                {"1.23", 5, "1.23"},
                                                {"2.5", -1, "3"}}) {
    EXPECT_EQ(parsed(given).rounded(digits, Rounding::half_up), parsed(expected)) << given;
  }
}

TEST(Decimal, RoundsHalfEvenWithoutBias) {
  for (const auto& [given, expected] :
       {std::pair{"0.5", "0"}, {"1.5", "2"}, {"2.5", "2"}, {"-0.5", "0"}, {"-1.5", "-2"}, {"2.51", "3"}}) {
    EXPECT_EQ(parsed(given).rounded(0, Rounding::half_even), parsed(expected)) << given;
  }
}

TEST(Decimal, RoundsDownTowardsZero) {
  for (const auto& [given, expected] : {std::pair{"0.9", "0"}, {"1.99", "1"}, {"-1.99", "-1"}, {"2", "2"}}) {
    EXPECT_EQ(parsed(given).rounded(0, Rounding::down), parsed(expected)) << given;
  }
}

TEST(Decimal, MinorUnitsGoBothWaysExactly) {
  EXPECT_EQ(Decimal::from_minor_units(1234, 2), parsed("12.34"));
  EXPECT_EQ(Decimal::from_minor_units(-5, 3), parsed("-0.005"));
  EXPECT_EQ(Decimal::from_minor_units(7, 0), parsed("7"));
  EXPECT_FALSE(Decimal::from_minor_units(1, 19));
  EXPECT_FALSE(Decimal::from_minor_units(1, -1));
  EXPECT_EQ(parsed("12.3").to_minor_units(2), 1230);
  EXPECT_FALSE(parsed("12.345").to_minor_units(2)) << "a digit would be lost";
  EXPECT_FALSE(parsed("1").to_minor_units(19));
  EXPECT_FALSE(parsed("10000000000000000000").to_minor_units(0));
  EXPECT_FALSE(parsed("-10000000000000000000").to_minor_units(0));
  EXPECT_FALSE(parsed(std::string(36, '9')).to_minor_units(18));
  EXPECT_EQ(parsed("-9223372036854775808").to_minor_units(0), std::numeric_limits<std::int64_t>::min());
}

TEST(Decimal, SignsAreKnown) {
  EXPECT_TRUE(parsed("-0.1").is_negative());
  EXPECT_FALSE(parsed("0").is_negative());
  EXPECT_TRUE(parsed("-0.0").is_zero());
  EXPECT_EQ(parsed("1.250").scale(), 2);
}

TEST(Decimal, RandomSumsAgreeWithWholeNumbersOfCents) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> cents(-1'000'000'000, 1'000'000'000);
  for (int i = 0; i < 2000; ++i) {
    const auto a = cents(random), b = cents(random);
    const Decimal x = *Decimal::from_minor_units(a, 2), y = *Decimal::from_minor_units(b, 2);
    EXPECT_EQ(x.plus(y)->to_minor_units(2), a + b);
    EXPECT_EQ(x < y, a < b);
    EXPECT_EQ(parsed(x.text()), x);
    EXPECT_EQ(x.times(y)->to_minor_units(4), a * b);
  }
}

}  // namespace
}  // namespace ferry
