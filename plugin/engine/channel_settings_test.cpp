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
  EXPECT_EQ(settings.reconcile_interval, hours(24));
  EXPECT_FALSE(settings.reconcile_heals) << "nothing is sent again by itself unless that is wished";
  EXPECT_EQ(settings.lease, seconds(15));
  EXPECT_EQ(settings.request_timeout, seconds(30));
  EXPECT_EQ(settings.retry.lateness, seconds(150));
  EXPECT_EQ(settings.batch_cap, 100U);
  EXPECT_EQ(settings.rate_per_second, 20);
  EXPECT_EQ(settings.safety_stock, Decimal(0));
  EXPECT_EQ(settings.total_tolerance.text(), "0.05");
  EXPECT_THAT(settings.order_states, IsEmpty());
  EXPECT_FALSE(settings.order_since);
  EXPECT_THAT(settings.jobs, ElementsAre("stock", "order_status", "intake", "reconcile"));
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
  EXPECT_THAT(messages(R"(,"order_refund_since":"2026-12-01")"),
              ElementsAre(HasSubstr("'order_refund_since' must be a moment with its zone")));
  EXPECT_THAT(messages(R"(,"safety_stock":"-1")"), ElementsAre("setting 'safety_stock' must not be negative"));
  EXPECT_THAT(messages(R"(,"total_tolerance":"0.00000000000000000001")"),
              ElementsAre("setting 'total_tolerance' has too many digits"));
  EXPECT_THAT(messages(R"(,"price_digits":"7","price_tax":"net","price_lists":["3","retail"])"),
              ElementsAre("setting 'price_digits' must be a whole number from 0 to 6, or empty for the currency's own digits",
                          "setting 'price_tax' must be 'excluded' or 'included'",
                          "setting 'price_lists' names \"retail\", which is no id of a price list: a whole number"));
  EXPECT_THAT(messages(R"(,"price_digits":"4","price_tax":"included","price_lists":"3,14")"), IsEmpty());
  EXPECT_THAT(messages(R"(,"customers":"some","customer_categories":["7","retail"],"customer_countries":["DE","at"])"),
              ElementsAre("setting 'customers' must be 'orders', 'price_list' or 'all'",
                          "setting 'customer_categories' names \"retail\", which is no id of a category of parties: a whole "
                          "number",
                          "setting 'customer_countries' names \"at\", which is no code of a country: two capital letters, as "
                          "DE"));
  EXPECT_THAT(messages(R"(,"customers":"all","customer_categories":"7, 9","customer_countries":["DE","AT"])"), IsEmpty());
  EXPECT_THAT(messages(R"(,"jobs":["stock","prices"])"),
              ElementsAre(HasSubstr("names \"prices\", which is neither a feed")));
  EXPECT_THAT(messages(R"(,"jobs":[])"), ElementsAre(HasSubstr("names no job")));
}

TEST(ChannelSettings, AnAllocationIsAShareWithBounds) {
  const auto without = parsed().allocation;
  EXPECT_EQ(without.percent, 100);
  EXPECT_FALSE(without.cap);
  EXPECT_EQ(without.reserved, Decimal(0));
  EXPECT_EQ(without.low_stock_threshold, Decimal(0));
  const auto with =
      parsed(R"(,"allocation_percent":40,"allocation_cap":"12.5","allocation_reserved":"3","low_stock_threshold":"2")")
          .allocation;
  EXPECT_EQ(with.percent, 40);
  EXPECT_EQ(with.cap, Decimal::parse("12.5"));
  EXPECT_EQ(with.reserved, Decimal(3));
  EXPECT_EQ(with.low_stock_threshold, Decimal(2));
}

TEST(ChannelSettings, AnAllocationThatCannotWorkIsAProblem) {
  EXPECT_THAT(messages(R"(,"allocation_percent":101)"),
              ElementsAre(HasSubstr("'allocation_percent' must be a whole number from 0 to 100")));
  EXPECT_THAT(messages(R"(,"allocation_cap":"-1")"),
              ::testing::Contains("setting 'allocation_cap' must not be negative"));
  EXPECT_THAT(messages(R"(,"allocation_reserved":"-1","low_stock_threshold":"-2")"),
              ElementsAre("setting 'allocation_reserved' must not be negative",
                          "setting 'low_stock_threshold' must not be negative"));
  EXPECT_THAT(messages(R"(,"allocation_cap":"4","low_stock_threshold":"5")"),
              ElementsAre("setting 'allocation_cap' must not be less than 'low_stock_threshold': this channel would never "
                          "offer anything"));
  EXPECT_THAT(messages(R"(,"allocation_cap":"4","allocation_reserved":"5")"),
              ElementsAre("setting 'allocation_reserved' must not be more than 'allocation_cap': nobody could sell what "
                          "lies between them"));
  EXPECT_THAT(messages(R"(,"allocation_cap":"5","allocation_reserved":"5","low_stock_threshold":"5")"), IsEmpty());
}

TEST(ChannelSettings, ProblemsOfSingleFieldsComeFirstAndAlone) {
  EXPECT_THAT(messages(R"(,"batch_cap":0,"jobs":["prices"])"),
              ElementsAre(HasSubstr("'batch_cap' must be a whole number from 1 to 10000")));
  EXPECT_THAT(channel_problems(kConnector, "[]").at(0).message, "the settings are not a JSON object");
  const auto missing = channel_problems(kConnector, R"({"jobs":["prices"]})");
  EXPECT_EQ(missing.size(), 4U) << "base_url, username, password, and what the jobs name";
}

TEST(ChannelSettings, AJobThatIsNoneIsNamedInOneCleanLine) {
  const auto found = channel_problems(kConnector, R"({"jobs":["a\nlevel=error \u001b[2J \u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"]})");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().message,
            "setting 'jobs' names \"a level=error  [2J üüüüüüüüüü…\", which is neither a feed, 'intake' nor 'reconcile'");
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
  EXPECT_THAT(settings.jobs, ElementsAre("stock", "intake")) << "what this portal shows cannot be read back";
  EXPECT_THAT(fit(settings, capabilities), IsEmpty());
  capabilities.surveys = feeds;
  settings = parsed();
  fit(settings, capabilities);
  EXPECT_THAT(settings.jobs, ElementsAre("stock", "intake", "reconcile"));
}

TEST(ChannelSettings, TheGuardAsksUnlessToldOtherwise) {
  const auto by_default = parsed().guard;
  EXPECT_EQ(by_default.changed, 50);
  EXPECT_EQ(by_default.withdrawn, 20);
  EXPECT_EQ(by_default.zeroed, 30);
  EXPECT_EQ(by_default.fall, 75);
  EXPECT_EQ(by_default.rise, 300);
  EXPECT_EQ(by_default.least, 20);
  EXPECT_FALSE(by_default.holds_first);
  const auto set = parsed(R"(,"guard_changed":100,"guard_withdrawn":"1","guard_zeroed":2,"guard_fall":0,"guard_rise":50,)"
                          R"("guard_least":1,"guard_first":true)").guard;
  EXPECT_EQ(set.changed, 100);
  EXPECT_EQ(set.withdrawn, 1);
  EXPECT_EQ(set.zeroed, 2);
  EXPECT_EQ(set.fall, 0);
  EXPECT_EQ(set.rise, 50);
  EXPECT_EQ(set.least, 1);
  EXPECT_TRUE(set.holds_first);
  EXPECT_THAT(messages(R"(,"guard_changed":101)"), ElementsAre(HasSubstr("from 0 to 100")));
}

TEST(ChannelSettings, WhatIsNotTheErpsIsReadAndChecked) {
  EXPECT_THAT(messages(R"(,"owner":{"stock.sku":"portal"})"), ElementsAre(HasSubstr("cannot be given away")));
  EXPECT_THAT(messages(R"(,"owner":"product.name")"), ElementsAre(HasSubstr("must be an object")));
  const auto settings = parsed(R"(,"owner":{"product.name":"portal"})");
  EXPECT_THAT(settings.disowned.at(Feed::product), ElementsAre("name"));
  EXPECT_TRUE(parsed().disowned.empty());
}

TEST(ChannelSettings, AJobOfWhichNothingIsTheErpsIsLeftOut) {
  auto settings = parsed(R"(,"owner":{"stock.quantity":"portal"})");
  const std::array feeds = {Feed::stock, Feed::order_status};
  connector::Capabilities capabilities;
  capabilities.feeds = feeds;
  capabilities.max_batch_items = 100;
  EXPECT_THAT(fit(settings, capabilities), ElementsAre(HasSubstr("leaves nothing of 'stock' to the ERP")));
  EXPECT_THAT(settings.jobs, ElementsAre("order_status", "intake"));
}

}  // namespace
}  // namespace ferry::engine
