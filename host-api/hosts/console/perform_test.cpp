#include "host-api/hosts/console/perform.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(arguments_of({"discard", "--channel", "7", "--job", "stock", "--reason", "old", "A", "B"}),
            R"({"channel":7,"job":"stock","reason":"old","labels":["A","B"]})");
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

TEST(RunOnce, OrdersThatAreReadyAndPausedJobsAreNotWaitedFor) {
  EXPECT_TRUE(done(R"({"job":"intake","requested":null,"last_run":{"finished_at":"t"},"due":3})"));
  EXPECT_TRUE(done(R"({"job":"stock","requested":"full","paused":true})"));
}

}  // namespace
}  // namespace ferry::console
