#include "host-api/hosts/console/perform.h"

#include <gmock/gmock.h>

namespace ferry::console {
namespace {

std::string arguments_of(const std::vector<const char*>& line) {
  return boost::json::serialize(operation_arguments(parse_options(line).value()));
}

TEST(OperationArguments, AreThoseOfTheOperationsPage) {
  EXPECT_EQ(arguments_of({"status"}), "{}");
  EXPECT_EQ(arguments_of({"check", "--channel", "7"}), R"({"channel":7})");
  EXPECT_EQ(arguments_of({"preview", "--channel", "7", "--job", "stock"}),
            R"({"channel":7,"job":"stock","limit":100})");
  EXPECT_EQ(arguments_of({"pause", "--channel", "7", "--reason", "why"}), R"({"channel":7,"reason":"why"})");
  EXPECT_EQ(arguments_of({"retry-order", "--channel", "7", "R1"}), R"({"channel":7,"reference":"R1"})");
  EXPECT_EQ(arguments_of({"skip-order", "--channel", "7", "--reason", "test", "R1"}),
            R"({"channel":7,"reason":"test","reference":"R1"})");
  EXPECT_EQ(arguments_of({"replay", "--channel", "7", "--job", "stock"}), R"({"channel":7,"job":"stock"})");
  EXPECT_EQ(arguments_of({"replay", "--channel", "7", "--job", "stock", "--group", "unknown SKU"}),
            R"({"channel":7,"job":"stock","group":"unknown SKU"})");
  EXPECT_EQ(arguments_of({"undo-discard", "--channel", "7", "--job", "stock", "A"}),
            R"({"channel":7,"job":"stock","labels":["A"]})");
  EXPECT_EQ(arguments_of({"dead-letters", "--channel", "7"}), R"({"channel":7,"limit":100})");
  EXPECT_EQ(arguments_of({"alerts", "--all"}), R"({"limit":100,"all":true})");
  EXPECT_THAT(arguments_of({"acknowledge", "--channel", "7", "12", "x"}),
              ::testing::MatchesRegex(R"(\{"channel":7,"by":"[^"]+","ids":\[12,0\]\})"));
  EXPECT_EQ(arguments_of({"discard", "--channel", "7", "--job", "stock", "--reason", "old", "A", "B"}),
            R"({"channel":7,"job":"stock","reason":"old","labels":["A","B"]})");
  EXPECT_EQ(arguments_of({"reconcile", "--channel", "7"}), R"({"channel":7})");
  EXPECT_EQ(arguments_of({"reconcile", "--channel", "7", "--feed", "stock", "--heal"}),
            R"({"channel":7,"feed":"stock","heal":true})");
  EXPECT_EQ(arguments_of({"reconciliations", "--channel", "7", "--limit", "3"}), R"({"channel":7,"limit":3})");
  EXPECT_EQ(arguments_of({"held", "--channel", "7", "--limit", "5"}), R"({"channel":7,"limit":5})");
  EXPECT_THAT(arguments_of({"release", "--channel", "7", "--job", "stock", "--run", "12"}),
              ::testing::MatchesRegex(R"(\{"channel":7,"job":"stock","by":"[^"]+","run":12\})"));
  EXPECT_THAT(arguments_of({"discard-held", "--channel", "7", "--job", "stock", "--reason", "a mistake"}),
              ::testing::MatchesRegex(R"(\{"channel":7,"job":"stock","reason":"a mistake","by":"[^"]+"\})"));
  EXPECT_EQ(arguments_of({"explain", "T1"}), R"({"label":"T1"})");
}

TEST(ChosenLanes, AreTheSettingOnly) {
  EXPECT_EQ(chosen_lanes(parse_options(std::vector<const char*>{"run"}).value()), "");
  EXPECT_EQ(chosen_lanes(parse_options(std::vector<const char*>{"run", "--channel", "7"}).value()), "7");
  EXPECT_EQ(chosen_lanes(parse_options(std::vector<const char*>{"run", "--channel", "7", "--job", "stock"}).value()),
            "7/stock");
}

bool done(std::string_view job) { return is_done(boost::json::parse(job).as_object()); }

TEST(RunOnce, IsDoneWhenAskedRunFinishedAndNothingIsDue) {
  EXPECT_TRUE(done(R"({"job":"stock","requested":null,"last_run":{"finished_at":"t"},"due":0,"pending":4})"));
  EXPECT_TRUE(done(R"({"job":"stock","requested":null,"last_run":null,"due":0})"));
  EXPECT_FALSE(done(R"({"job":"stock","requested":"full","last_run":null,"due":0})"));
  EXPECT_FALSE(done(R"({"job":"stock","requested":null,"last_run":{"finished_at":null},"due":0})"));
  EXPECT_FALSE(done(R"({"job":"stock","requested":null,"last_run":{"finished_at":"t"},"due":1})"));
}

TEST(RunOnce, AHeldChangeSetIsNotWaitedFor) {
  EXPECT_TRUE(done(R"({"job":"stock","last_run":{"finished_at":null},"due":0,"held":{"run":4}})"));
  EXPECT_FALSE(done(R"({"job":"stock","last_run":{"finished_at":null},"due":2,"held":{"run":4}})"));
}

TEST(RunOnce, OrdersThatAreReadyAndPausedJobsAreNotWaitedFor) {
  EXPECT_TRUE(done(R"({"job":"intake","requested":null,"last_run":{"finished_at":"t"},"due":3})"));
  EXPECT_TRUE(done(R"({"job":"stock","requested":"full","paused":true})"));
}

}  // namespace
}  // namespace ferry::console
