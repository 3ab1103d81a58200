#include "sql/odbc/array.h"

#include <gtest/gtest.h>

namespace ferry::sql {
namespace {

TEST(ArrayLiteral, ElementsAreSeparatedAndTextIsEscaped) {
  ArrayLiteral array;
  array.add_text("plain").add_text("a\"b\\c").add_text("").add_null().add_text_or_null("").add_text("{x,y}");
  EXPECT_EQ(array.text(), R"({"plain","a\"b\\c","",NULL,NULL,"{x,y}"})");
}

TEST(ArrayLiteral, NumbersAndTruthValues) {
  EXPECT_EQ(ArrayLiteral().add(-1).add(INT64_MAX).add_bool(true).add_bool(false).text(),
            "{-1,9223372036854775807,t,f}");
}

TEST(ArrayLiteral, NothingIsAnEmptyArray) { EXPECT_EQ(ArrayLiteral().text(), "{}"); }

TEST(Storable, WellFormedTextStaysAsItIs) {
  const std::string text = "M\xC3\xBCller \xE2\x82\xAC \xF0\x9F\x98\x80";
  EXPECT_EQ(storable(text), text);
}

TEST(Storable, WhatPostgresRefusesIsReplaced) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(storable(std::string_view("a\0b", 3)), "a" + replacement + "b");
  EXPECT_EQ(storable("\xFFx"), replacement + "x");
  EXPECT_EQ(storable("\xC3"), replacement);                                      // cut off
  EXPECT_EQ(storable("\xC0\x80"), replacement + replacement);                    // overlong
  EXPECT_EQ(storable("\xED\xA0\x80"), replacement + replacement + replacement);  // a surrogate
  EXPECT_EQ(storable("\xF4\x90\x80\x80"), replacement + replacement + replacement + replacement);
}

}  // namespace
}  // namespace ferry::sql
