#include "host-api/cxx/text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ferry::abi {
namespace {

TEST(Text, WhatCannotBeReadIsNamedAndSeenAsEmpty) {
  const ferry_text_t null_with_size{nullptr, 5};
  EXPECT_EQ(flaw(null_with_size), "is null but has a size");
  EXPECT_EQ(view(null_with_size), "");
  const ferry_text_t too_long{"x", FERRY_TEXT_MAX_BYTES + 1};
  EXPECT_EQ(flaw(too_long), "is longer than 16 MiB");
  EXPECT_EQ(view(too_long), "");
  EXPECT_EQ(flaw({nullptr, 0}), "");
  EXPECT_EQ(flaw(as_text("Müller – 日本 😀")), "");
}

TEST(Text, Utf8IsCheckedStrictly) {
  for (const std::string_view bad :
       {"\xFF", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\x80"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_EQ(flaw(as_text(bad)), "is not UTF-8");
  }
  for (const std::string_view good : {"", "a", "\xC2\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
}

TEST(Text, SanitizingKeepsCharactersWholeAndWithinTheBound) {
  EXPECT_EQ(sanitized("a\xFF"
                      "b",
                      10),
            "a?b");
  EXPECT_EQ(sanitized("aä", 2), "a");
  EXPECT_EQ(sanitized("aä", 3), "aä");
  EXPECT_EQ(one_line("a\nb\tc\x7F"), "a b c ");
  EXPECT_EQ(one_line("\x1b[2J\u009b2J\u0085\u202ea\u2066b\u200fc\u2028d"), " [2J 2J  a b c d");
  EXPECT_EQ(one_line("M\u00fcller \u20ac \u2013 \u2080 \U0001F600"), "M\u00fcller \u20ac \u2013 \u2080 \U0001F600");
  EXPECT_EQ(one_line("\xe2\x80"), "\xe2\x80") << "what is no character is somebody else's business";
}

TEST(Sinks, OursKeepsWhatArrivesInPieces) {
  StringSink sink;
  EXPECT_TRUE(sink.sink()->write(sink.sink(), "\xC3", 1));
  EXPECT_TRUE(sink.sink()->write(sink.sink(), "\xA4", 1));
  EXPECT_EQ(sink.text(), "ä");
  EXPECT_EQ(sink.flaw(), "");
}

TEST(Sinks, OursRefusesWhatIsTooMuchAndWhatIsNull) {
  StringSink sink;
  const std::string most(FERRY_TEXT_MAX_BYTES, 'x');
  EXPECT_TRUE(write_to(sink.sink(), most));
  EXPECT_FALSE(write_to(sink.sink(), "y"));
  EXPECT_EQ(sink.text().size(), FERRY_TEXT_MAX_BYTES);
  EXPECT_EQ(sink.flaw(), "is longer than 16 MiB");
  StringSink other;
  EXPECT_FALSE(other.sink()->write(other.sink(), nullptr, 3));
  EXPECT_TRUE(other.sink()->write(other.sink(), nullptr, 0));
  EXPECT_EQ(other.flaw(), "was written with a null pointer");
}

TEST(Sinks, TheirsMayBeMissingRefuseOrThrow) {
  EXPECT_FALSE(write_to(nullptr, "x"));
  const ferry_sink_t without_function{nullptr, nullptr};
  EXPECT_FALSE(write_to(&without_function, "x"));
  const ferry_sink_t refusing{nullptr, [](const ferry_sink_t*, const char*, size_t) { return false; }};
  EXPECT_FALSE(write_to(&refusing, "x"));
  const ferry_sink_t throwing{nullptr,
                              [](const ferry_sink_t*, const char*, size_t) -> bool { throw std::runtime_error("no"); }};
  EXPECT_FALSE(write_to(&throwing, "x"));
}

TEST(Status, OnlyPublishedValuesAreKnown) {
  EXPECT_EQ(name_of(FERRY_OK), "FERRY_OK");
  EXPECT_EQ(name_of(FERRY_E_INTERNAL), "FERRY_E_INTERNAL");
  EXPECT_EQ(name_of(-1), "unknown status");
  EXPECT_EQ(name_of(9), "unknown status");
}

}  // namespace
}  // namespace ferry::abi
