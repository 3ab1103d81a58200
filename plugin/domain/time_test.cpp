#include "plugin/domain/time.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

Instant at(std::int64_t micros) { return Instant(Duration(micros)); }

TEST(Time, IsWrittenInUtcWithSixDecimals) {
  EXPECT_EQ(to_iso8601(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(at(1'700'000'000'123'456)), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(to_iso8601(at(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, IsReadWithAnyZone) {
  const auto expected = from_iso8601("2026-11-21T09:30:00Z");
  ASSERT_TRUE(expected);
  for (const auto* same : {"2026-11-21 09:30:00Z", "2026-11-21t09:30:00z", "2026-11-21T15:00:00+05:30",
                           "2026-11-21T06:00:00-0330", "2026-11-21 10:30:00+01", "2026-11-21T09:30:00.000000000Z"}) {
    EXPECT_EQ(from_iso8601(same), expected) << same;
  }
}

TEST(Time, FractionsAreCutToMicroseconds) {
  EXPECT_EQ(from_iso8601("1970-01-01T00:00:00.5Z"), at(500'000));
  EXPECT_EQ(from_iso8601("1970-01-01T00:00:00.123456789Z"), at(123'456));
}

TEST(Time, WhatLeavesTheYearsOfFourDigitsIsRefused) {
  for (const auto* text : {"0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"})
    EXPECT_FALSE(from_iso8601(text)) << text;
  for (const auto* text : {"0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"})
    EXPECT_EQ(to_iso8601(*from_iso8601(text)), text);
}

TEST(Stories, A14_TextWithoutAZoneIsRefusedInsteadOfGuessed) { EXPECT_FALSE(from_iso8601("2026-11-21T09:30:00")); }

TEST(Time, WhatIsNoMomentIsRefused) {
  for (const auto* bad : {"",
                          "2026",
                          "2026-13-01T00:00:00Z",
                          "2026-02-30T00:00:00Z",
                          "2026-11-21",
                          "2026-11-21T",
                          "2026-11-21X09:30:00Z",
                          "2026-11-21T24:00:00Z",
                          "2026-11-21T09:60:00Z",
                          "2026-11-21T09:30:60Z",
                          "2026-11-21T09:30Z",
                          "2026-11-21T0930:00Z",
                          "2026-11-21T09:30:00.Z",
                          "2026-11-21T09:30:00.1234567890Z",
                          "2026-11-21T09:30:00+24:00",
                          "2026-11-21T09:30:00+1",
                          "2026-11-21T09:30:00+01:6x",
                          "2026-11-21T09:30:00Zx",
                          "2026-1121T09:30:00Z",
                          "202611-21T09:30:00Z",
                          "2026-11-xxT09:30:00Z",
                          "2026-11-21T09:30:xxZ",
                          "2026-11-32T09:30:00Z"}) {
    EXPECT_FALSE(from_iso8601(bad)) << bad;
  }
}

TEST(Time, WritingAndReadingAreInverse) {
  for (std::int64_t micros = -3'000'000'000'000'000; micros < 9'000'000'000'000'000; micros += 123'456'789'012'345) {
    EXPECT_EQ(from_iso8601(to_iso8601(at(micros))), at(micros));
  }
}

}  // namespace
}  // namespace ferry
