#include "plugin/engine/channel_settings.h"

#include <gmock/gmock.h>

namespace ferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr config::Field kOwn[] = {
    {"username", config::Type::text, "", true, 0, 0, "Who logs in."},
    {"password", config::Type::secret, "", true, 0, 0, "The password."},
    {"base_url", config::Type::text, "", false, 0, 0, "A name that is taken."},
};
const connector::ConnectorInfo kConnector{"fake", "Fake", kOwn, nullptr};

std::string given(std::string_view rest = "") {
  return R"({"base_url":"https://shop.example/","username":"u","password":"p")" + std::string(rest) + "}";
}

std::vector<std::string> messages(std::string_view rest) {
  std::vector<std::string> result;
  for (const auto& problem : channel_problems(kConnector, given(rest))) result.push_back(problem.message);
  return result;
}

ChannelSettings parsed(std::string_view rest = "") {
  std::vector<config::Problem> unresolved;
  return channel_settings(config::parse(
      channel_fields(kConnector), given(rest), [](std::string_view) { return std::optional<std::string>("x"); },
      unresolved));
}

TEST(ChannelSettings, DefaultsAreUsable) {
  EXPECT_THAT(messages(""), IsEmpty());
  const auto settings = parsed();
  EXPECT_EQ(settings.base_url, "https://shop.example") << "without the '/' at its end";
  EXPECT_EQ(settings.poll_interval, seconds(30));
  EXPECT_EQ(settings.full_interval, hours(24));
  EXPECT_EQ(settings.order_poll_interval, seconds(2));
  EXPECT_EQ(settings.lease, seconds(15));
  EXPECT_EQ(settings.request_timeout, seconds(30));
  EXPECT_EQ(settings.batch_cap, 100U);
  EXPECT_EQ(settings.rate_per_second, 20);
  EXPECT_EQ(settings.safety_stock, Decimal(0));
  EXPECT_EQ(settings.total_tolerance.text(), "0.05");
  EXPECT_THAT(settings.order_states, IsEmpty());
  EXPECT_FALSE(settings.order_since);
  EXPECT_THAT(settings.jobs, ElementsAre("stock", "order_status", "intake"));
}

TEST(ChannelSettings, WhatIsGivenIsTaken) {
  const auto settings =
      parsed(R"(,"order_since":"2026-01-01T00:00:00+01:00","jobs":["stock"],"safety_stock":"2.5","max_attempts":3)");
  EXPECT_EQ(settings.order_since, from_iso8601("2025-12-31T23:00:00Z"));
  EXPECT_THAT(settings.jobs, ElementsAre("stock"));
  EXPECT_EQ(settings.safety_stock.text(), "2.5");
  EXPECT_EQ(settings.retry.max_attempts, 3);
}

TEST(ChannelSettings, TheConnectorsOwnFieldsFollowAndRedefineNothing) {
  const auto fields = channel_fields(kConnector);
  EXPECT_EQ(fields.size(), common_fields().size() + 2);
  EXPECT_EQ(fields.back().name, "password");
}

TEST(ChannelSettings, ATypoNamesTheNearestSettingOfEitherTable) {
  EXPECT_THAT(messages(R"(,"usrname":"x","pol_interval":3)"),
              ElementsAre("unknown setting 'usrname'; did you mean 'username'?",
                          "unknown setting 'pol_interval'; did you mean 'poll_interval'?"));
}

TEST(ChannelSettings, WhatDoesNotFitTogetherIsAProblem) {
  EXPECT_THAT(messages(R"(,"poll_interval":600,"full_interval":60)"),
              ElementsAre(HasSubstr("'full_interval' must not be shorter")));
  EXPECT_THAT(messages(R"(,"order_since":"yesterday")"), ElementsAre(HasSubstr("must be a moment with its zone")));
  EXPECT_THAT(messages(R"(,"safety_stock":"-1")"), ElementsAre("setting 'safety_stock' must not be negative"));
  EXPECT_THAT(messages(R"(,"total_tolerance":"0.00000000000000000001")"),
              ElementsAre("setting 'total_tolerance' has too many digits"));
  EXPECT_THAT(messages(R"(,"jobs":["stock","prices"])"),
              ElementsAre(HasSubstr("names 'prices', which is neither a feed")));
  EXPECT_THAT(messages(R"(,"jobs":[])"), ElementsAre(HasSubstr("names no job")));
}

TEST(ChannelSettings, ProblemsOfSingleFieldsComeFirstAndAlone) {
  EXPECT_THAT(messages(R"(,"batch_cap":0,"jobs":["prices"])"),
              ElementsAre(HasSubstr("'batch_cap' must be a whole number from 1 to 10000")));
  EXPECT_THAT(channel_problems(kConnector, "[]").at(0).message, "the settings are not a JSON object");
  const auto missing = channel_problems(kConnector, R"({"jobs":["prices"]})");
  EXPECT_EQ(missing.size(), 4U) << "base_url, username, password, and what the jobs name";
}

TEST(ChannelSettings, AreFittedToTheConnectorWithAWarning) {
  connector::Capabilities capabilities;
  const Feed feeds[] = {Feed::stock};
  capabilities.feeds = feeds;
  capabilities.max_batch_items = 40;
  auto settings = parsed();
  EXPECT_THAT(fit(settings, capabilities),
              ElementsAre("setting 'batch_cap' is 100, the portal takes at most 40; that is used",
                          "setting 'jobs' names 'order_status', which this connector cannot do; it is left out"));
  EXPECT_EQ(settings.batch_cap, 40U);
  EXPECT_THAT(settings.jobs, ElementsAre("stock", "intake"));
  EXPECT_THAT(fit(settings, capabilities), IsEmpty());
}

}  // namespace
}  // namespace ferry::engine
