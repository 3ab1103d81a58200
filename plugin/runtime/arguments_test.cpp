#include "plugin/runtime/arguments.h"

#include <gtest/gtest.h>

#include "ferry/types.h"

namespace ferry::runtime {
namespace {

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const OperationFailed& failed) {
    EXPECT_EQ(failed.status, FERRY_E_INVALID);
    return failed.reason;
  }
  return "not refused";
}

TEST(Arguments, ReadsWhatIsGivenAndFallsBackForTheRest) {
  const Arguments arguments("preview", R"({"channel": 7, "job": "stock", "labels": ["A", "B"]})", {"channel", "job", "labels", "limit"});
  EXPECT_EQ(arguments.channel(), 7);
  EXPECT_EQ(arguments.job(), "stock");
  EXPECT_EQ(arguments.labels(), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(arguments.number("limit", 100, 1, 1000), 100);
}

TEST(Arguments, TakesEmptyTextForNoArguments) {
  const Arguments arguments("status", "", {"channel"});
  EXPECT_EQ(arguments.channel_or_all(), 0);
  EXPECT_EQ(arguments.job_or_all(), "");
}

TEST(Arguments, RefusesAnUnknownName) {
  EXPECT_EQ(refusal([] { Arguments("status", R"({"chanel": 7})", {"channel"}); }), "status: unknown argument 'chanel'");
}

TEST(Arguments, RefusesWhatIsNoObject) {
  EXPECT_EQ(refusal([] { Arguments("status", "[1", {}); }), "status: the arguments must be a JSON object");
}

TEST(Arguments, NamesTheArgumentThatDoesNotFit) {
  const Arguments bad("replay", R"({"channel": "7", "job": "stocks", "labels": [], "reason": ""})", {"channel", "job", "labels", "reason"});
  EXPECT_NE(refusal([&] { bad.channel(); }).find("'channel' must be a whole number"), std::string::npos);
  EXPECT_NE(refusal([&] { bad.job(); }).find("'job' must be"), std::string::npos);
  EXPECT_NE(refusal([&] { bad.labels(); }).find("'labels' must be a list"), std::string::npos);
  EXPECT_NE(refusal([&] { bad.text("reason"); }).find("'reason' must be a text"), std::string::npos);
  EXPECT_NE(refusal([&] { bad.text("reference"); }).find("'reference' is missing"), std::string::npos);
}

}  // namespace
}  // namespace ferry::runtime
