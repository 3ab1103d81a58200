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

TEST(Arguments, ATruthIsNoText) {
  const Arguments arguments("reconcile", R"({"heal": true, "feed": false, "channel": "yes"})", {"channel", "feed", "heal"});
  EXPECT_TRUE(arguments.flag("heal"));
  EXPECT_FALSE(arguments.flag("feed"));
  EXPECT_NE(refusal([&] { arguments.flag("channel"); }).find("'channel' must be true or false"), std::string::npos);
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

TEST(Arguments, TextsListsAndNestingAreBounded) {
  const std::string text(1001, 'x');
  const Arguments longer("replay", R"({"labels": [")" + text + R"("], "reason": ")" + text + "\"}", {"labels", "reason"});
  EXPECT_EQ(refusal([&] { longer.labels(); }), "replay: argument 'labels' must hold texts of at most 1000 bytes");
  EXPECT_EQ(refusal([&] { longer.text("reason"); }), "replay: argument 'reason' must not be longer than 1000 bytes");
  std::string many = R"({"labels": ["x")";
  for (int i = 0; i < 1000; ++i) many += R"(,"x")";
  EXPECT_EQ(refusal([&] { Arguments("replay", many + "]}", {"labels"}).labels(); }),
            "replay: argument 'labels' must be a list of 1 to 1000 texts");
  EXPECT_EQ(refusal([&] { Arguments("status", R"({"channel":)" + std::string(100'000, '['), {"channel"}); }),
            "status: the arguments must be a JSON object");
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
