#include "plugin/runtime/price_call.h"

#include <gtest/gtest.h>

namespace ferry::runtime {
namespace {

const std::vector<engine::ErpQuestion> kTwo = {{1, "7 0", R"({"product":1})"}, {2, "7 5", R"({"product":2})"}};

std::string error_of(const std::string& price) {
  const auto answers = price_answers(std::span(kTwo).first(1), R"({"answers":[{"price":")" + price + "\"}]}");
  return answers->at(0).error.empty() ? "none: " + answers->at(0).value : "an error";
}

TEST(PriceCall, IsAListOfQuestions) {
  EXPECT_EQ(price_questions(kTwo), R"({"schema":"ferry.price/1","questions":[{"product":1},{"product":2}]})");
}

TEST(PriceCall, EachAnswerIsAPriceOrAnError) {
  const auto answers = price_answers(kTwo, R"({"answers":[{"price":"2.50"},{"error":"by\nzero"}]})");
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at(0).key, 1);
  EXPECT_EQ(answers->at(0).about, "7 0");
  EXPECT_EQ(answers->at(0).value, "2.50");
  EXPECT_EQ(answers->at(0).error, "");
  EXPECT_EQ(answers->at(1).value, "");
  EXPECT_EQ(answers->at(1).error.find('\n'), std::string::npos);
  EXPECT_EQ(answers->at(1).error.substr(0, 2), "by");
}

TEST(PriceCall, APriceIsAPlainNumber) {
  for (const auto* sound : {"0", "-1", "12.5", "0.0001", "1234567890123456789012345678901234567890"}) {
    EXPECT_EQ(error_of(sound), std::string("none: ") + sound);
  }
  for (const auto* wrong : {"", "1e3", "NaN", "1.", ".5", "1,5", "--1", "-", " 1", "1 ", "1.2.3", "0x1",
                            "12345678901234567890123456789012345678901"}) {
    EXPECT_EQ(error_of(wrong), "an error") << wrong;
  }
  const auto number = price_answers(std::span(kTwo).first(1), R"({"answers":[{"price":2.5}]})");
  EXPECT_FALSE(number->at(0).error.empty()) << "a floating number is no decimal";
}

TEST(PriceCall, WhatBreaksTheSchemaIsTold) {
  EXPECT_EQ(price_answers(kTwo, R"({"answers":[{"price":"1"}]})").error(), "are 1 for 2 questions");
  EXPECT_EQ(price_answers(kTwo, "[]").error(), "are 0 for 2 questions");
  EXPECT_EQ(price_answers(kTwo, "{").error().substr(0, 12), "are not JSON");
}

}  // namespace
}  // namespace ferry::runtime
