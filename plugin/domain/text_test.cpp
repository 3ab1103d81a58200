#include "plugin/domain/text.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(Text, PortalTextIsQuotedOnOneLine) {
  EXPECT_EQ(quote_and_bound("hello", 100), "\"hello\"");
  EXPECT_EQ(quote_and_bound("say \"hi\"\r\nFAKE LOG LINE\x1b[31m", 100), "\"say 'hi'  FAKE LOG LINE [31m\"");
  EXPECT_EQ(quote_and_bound("", 100), "\"\"");
}

TEST(Text, IsCutBetweenCharactersAndTheCutIsMarked) {
  EXPECT_EQ(quote_and_bound("abcdef", 3), "\"abc\u2026\"");
  EXPECT_EQ(quote_and_bound("ab\u00fcd", 3), "\"ab\u2026\"");
  EXPECT_EQ(quote_and_bound("abc", 3), "\"abc\"");
}

TEST(Text, MalformedBytesBecomeQuestionMarks) {
  EXPECT_EQ(bound("a\xff"
                  "b",
                  100),
            "a?b");
  EXPECT_EQ(bound("\xc3", 100), "?") << "cut sequence";
  EXPECT_EQ(bound("\xc3(", 100), "?(") << "no continuation";
  EXPECT_EQ(bound("\xc0\x80", 100), "??") << "overlong NUL";
  EXPECT_EQ(bound("\xe0\x80\x80", 100), "???") << "overlong";
  EXPECT_EQ(bound("\xed\xa0\x80", 100), "???") << "surrogate";
  EXPECT_EQ(bound("\xf4\x90\x80\x80", 100), "????") << "beyond Unicode";
  EXPECT_EQ(bound("\xf5", 100), "?");
}

TEST(Text, WellFormedCharactersOfAllSizesPass) {
  EXPECT_EQ(bound("a\u00fc\u20ac\U0001F600", 100), "a\u00fc\u20ac\U0001F600");
}

TEST(Text, CharactersThatTurnTheDirectionOrHideAreBlanks) {
  for (const auto* deceptive : {"\u202e", "\u2066", "\u200e", "\u2028", "\u2029", "\u0085", "\x7f"}) {
    EXPECT_EQ(quote_and_bound(deceptive, 100), "\" \"");
  }
}

TEST(Text, AValueIsOneLineOfSoManyCharactersAndKeepsItsQuotes) {
  EXPECT_EQ(plain_line("a\"b\nc\x1b[2J\u009b2J\u202ed", 100), "a\"b c [2J 2J d");
  EXPECT_EQ(plain_line("\u20ac\u20ac\u20ac", 2), "\u20ac\u20ac");
  EXPECT_EQ(plain_line("\xff\xc3", 100), "??");
}

TEST(Text, SeveralLinesKeepTheirLayoutButNoNul) {
  EXPECT_EQ(bound(std::string_view("a\n\tb\r\0\"c", 8), 100), "a\n\tb\r \"c");
}

}  // namespace
}  // namespace ferry
