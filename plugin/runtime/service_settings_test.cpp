#include "plugin/runtime/service_settings.h"

#include <gtest/gtest.h>

namespace ferry::runtime {
namespace {

TEST(ServiceSettings, TakesDefaultsForWhatIsNotSaid) {
  std::vector<config::Problem> problems;
  const auto settings = read_service_settings(R"({"database": "Driver=PostgreSQL ANSI;Database=erp"})", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(settings.database, "Driver=PostgreSQL ANSI;Database=erp");
  EXPECT_EQ(settings.connections, 4U);
  EXPECT_EQ(settings.retention_days, 30);
}

TEST(ServiceSettings, NamesAnUnknownSettingAndTheNearestKnownOne) {
  std::vector<config::Problem> problems;
  read_service_settings(R"({"databse": "x"})", problems);
  ASSERT_FALSE(problems.empty());
  bool suggested = false;
  for (const auto& problem : problems) suggested |= problem.message.find("'database'") != std::string::npos;
  EXPECT_TRUE(suggested);
}

TEST(ServiceSettings, RefusesAPasswordInTheConnectionString) {
  for (const char* text : {R"({"database": "Database=erp;Pwd=hush"})", R"({"database": "Database=erp", "notify": "password=hush"})"}) {
    std::vector<config::Problem> problems;
    read_service_settings(text, problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].message.find("hush"), std::string::npos);
  }
}

TEST(ServiceSettings, DrivesOnlyTheLanesNamed) {
  ServiceSettings settings;
  EXPECT_TRUE(drives(settings, {7, "stock"}));
  settings.only = {"7/stock", "8"};
  EXPECT_TRUE(drives(settings, {7, "stock"}));
  EXPECT_FALSE(drives(settings, {7, "intake"}));
  EXPECT_TRUE(drives(settings, {8, "intake"}));
}

TEST(ServiceSettings, ThePasswordOfTheDatabaseIsNoSecretOfAChannel) {
  ServiceSettings settings;
  settings.database_password = "erp";
  const auto secrets = secrets_of_channels(settings, [](std::string_view name) { return std::optional(std::string(name) + "!"); });
  EXPECT_EQ(secrets("shop"), "shop!");
  EXPECT_EQ(secrets("erp"), std::nullopt);
  EXPECT_EQ(secrets("database"), std::nullopt);
  EXPECT_EQ(secrets_of_channels(settings, {})("shop"), std::nullopt);
}

TEST(ServiceSettings, NamesEachEngineDifferently) { EXPECT_NE(make_holder(), make_holder()); }

}  // namespace
}  // namespace ferry::runtime
