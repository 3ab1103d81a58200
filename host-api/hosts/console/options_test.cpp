#include "host-api/hosts/console/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ferry::console {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Options> parsed(const std::vector<const char*>& arguments) { return parse_options(arguments); }
std::string refusal(const std::vector<const char*>& arguments) {
  const auto options = parsed(arguments);
  if (options) return "accepted";
  EXPECT_EQ(options.error().exit, Exit::usage);
  return options.error().reason;
}

TEST(CommandLine, OptionsMayStandAnywhere) {
  const auto options = parsed(
      {"-c", "f.conf", "discard", "--channel", "7", "A", "--job=stock", "-d", "db", "B", "--reason", "old", "--json"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->command, "discard");
  EXPECT_THAT(options->arguments, ElementsAre("A", "B"));
  EXPECT_EQ(options->channel, 7);
  EXPECT_EQ(options->job, "stock");
  EXPECT_EQ(options->database, "db");
  EXPECT_EQ(options->config, "f.conf");
  EXPECT_TRUE(options->json);
}

TEST(CommandLine, EachMistakeIsOneLine) {
  EXPECT_EQ(refusal({}), "say what to do: see ferry-host --help");
  EXPECT_EQ(refusal({"chek"}), "there is no command 'chek': see ferry-host --help");
  EXPECT_EQ(refusal({"check", "--full"}), "--full does not belong to 'check': see ferry-host check --help");
  EXPECT_EQ(refusal({"pause", "--channel", "7"}), "--reason is missing: see ferry-host pause --help");
  EXPECT_EQ(refusal({"run", "--job", "stock"}), "--job needs --channel: see ferry-host run --help");
  EXPECT_EQ(refusal({"explain"}), "usage: ferry-host explain LABEL: see ferry-host explain --help");
  EXPECT_EQ(refusal({"status", "more"}), "usage: ferry-host status: see ferry-host status --help");
  EXPECT_THAT(refusal({"status", "--channel", "x"}), HasSubstr("channel"));
  EXPECT_THAT(refusal({"status", "--nonsense"}), HasSubstr("nonsense"));
}

TEST(CommandLine, ThereIsNoOptionForAPassword) {
  EXPECT_THAT(refusal({"check", "--password", "x"}), HasSubstr("password"));
}

TEST(CommandLine, HelpDemandsNothingElse) {
  EXPECT_TRUE(parsed({"--help"})->help);
  EXPECT_TRUE(parsed({"discard", "--help"})->help);
}

TEST(Help, NamesEveryCommandAndItsOptions) {
  for (const Command& command : commands()) {
    EXPECT_THAT(help_text(), HasSubstr(command.name));
    const std::string own = help_text(command);
    for (const std::string_view option : command.options) EXPECT_THAT(own, HasSubstr("--" + std::string(option)));
    for (const std::string_view name : command.required) {
      EXPECT_EQ(std::ranges::count(command.options, name), 1) << command.name << " " << name;
    }
  }
}

}  // namespace
}  // namespace ferry::console
