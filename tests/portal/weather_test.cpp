#include "tests/portal/weather.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "plugin/connector/http_date.h"

namespace ferry::portal {
namespace {

const Instant kBegin = Instant(std::chrono::seconds(1'700'000'000));
const Span kWeek{kBegin, kBegin + std::chrono::days(7)};
constexpr std::string_view kBody =
    R"({"data":{"empty":[],"things":{"totalItems":3,"items":[{"id":"1","n":1},{"id":"2","n":2},{"id":"3","n":3}]}}})";

Climate only(Fault fault) {
  Climate climate;
  climate.stormy = kWeek;
  climate.per_million[static_cast<std::size_t>(fault)] = 1'000'000;
  climate.most_wait = std::chrono::seconds(90);
  climate.most_late = std::chrono::seconds(20);
  return climate;
}

Fate fate_of(Fault fault, std::uint64_t seed = 1, Asked asked = Asked::page) {
  return Weather(only(fault), seed).next(kBegin, asked);
}

TEST(Weather, IsTheSameForTheSameSeed) {
  const auto climate = Climate::from_seed(7, kWeek);
  Weather one(climate, 3), other(climate, 3);
  for (int i = 0; i < 1000; ++i) {
    const Instant now = kBegin + std::chrono::minutes(10) * i;
    const Fate a = one.next(now, Asked::read), b = other.next(now, Asked::read);
    ASSERT_EQ(a.fault, b.fault);
    ASSERT_EQ(a.latency, b.latency);
    ASSERT_EQ(a.salt, b.salt);
  }
  EXPECT_EQ(one.counts(), other.counts());
}

// A sequence that others rely on: splitmix64 of the seed 0, as published.
TEST(Weather, RollsTheDiceThatItPromises) {
  Dice dice(0);
  EXPECT_EQ(dice.next(), 0xe220a8397b1dcdafU);
  EXPECT_EQ(dice.next(), 0x6e789e6aa1b965f4U);
}

TEST(Weather, IsClearWhenItIsClear) {
  Weather weather(Climate::clear(), 1);
  for (int i = 0; i < 100; ++i) {
    const Fate fate = weather.next(kBegin, Asked::write);
    EXPECT_EQ(fate.fault, Fault::none);
    EXPECT_EQ(fate.latency, Duration(0));
  }
  EXPECT_EQ(weather.injected(), 0);
}

TEST(Weather, InjectsEverythingSomewhereAndCountsIt) {
  std::set<Fault> seen;
  std::int64_t counted = 0, injected = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Weather weather(Climate::from_seed(seed, kWeek), seed);
    for (int i = 0; i < 500; ++i) {
      const Fate fate = weather.next(kBegin + std::chrono::minutes(20) * i, static_cast<Asked>(i % 4));
      EXPECT_TRUE(can_happen(fate.fault, static_cast<Asked>(i % 4))) << name_of(fate.fault);
      seen.insert(fate.fault);
      if (fate.skew != Duration(0)) seen.insert(Fault::clock_skew);
      injected += fate.fault != Fault::none;
      injected += fate.skew != Duration(0) && fate.is_answered();
    }
    counted += weather.injected();
  }
  EXPECT_EQ(seen.size(), kFaults);
  EXPECT_EQ(counted, injected);
}

TEST(Weather, IsOverWhenTheStormIsOver) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Weather weather(Climate::from_seed(seed, kWeek), seed);
    EXPECT_EQ(weather.next(kWeek.to, Asked::page).fault, Fault::none);
  }
}

TEST(Weather, IsDownThroughoutAnOutage) {
  Climate climate;
  climate.outages = {{kBegin, kBegin + std::chrono::hours(1)}};
  Weather weather(climate, 1);
  std::set<int> statuses;
  for (int i = 0; i < 60; ++i) {
    const Instant now = kBegin + std::chrono::minutes(i);
    const Fate fate = weather.next(now, Asked::login);
    EXPECT_EQ(fate.fault, Fault::outage);
    statuses.insert(refusal_of(fate, now)->status);
  }
  EXPECT_THAT(statuses, testing::ElementsAre(0, 503));
  EXPECT_EQ(weather.next(kBegin + std::chrono::hours(1), Asked::login).fault, Fault::none);
}

TEST(Weather, SaysInEveryWayHowLongToWait) {
  EXPECT_EQ(refusal_of(fate_of(Fault::asks_to_wait), kBegin)->status, 429);
  for (const Fault fault : {Fault::asks_seconds, Fault::asks_date}) {
    const Fate fate = fate_of(fault);
    const auto refusal = refusal_of(fate, kBegin);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 429);
    connector::HttpReply reply;
    reply.headers = refusal->headers;
    EXPECT_EQ(connector::retry_after(reply), std::chrono::ceil<std::chrono::seconds>(fate.wait)) << name_of(fault);
  }
}

TEST(Weather, RefusesWithoutAskingTheShop) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    const Fate fate{static_cast<Fault>(i), {}, {}, {}, {}, 0};
    EXPECT_FALSE(refusal_of(fate, kBegin) && fate.is_applied_at_once()) << name_of(fate.fault);
  }
}

TEST(Mangled, ReordersAndThinsTheFirstList) {
  const auto count = [](const std::string& body) {
    return boost::json::parse(body).at_pointer("/data/things/items").as_array().size();
  };
  std::set<std::string> orders;
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    orders.insert(mangled(std::string(kBody), fate_of(Fault::reordered, seed)));
    sizes.insert(count(mangled(std::string(kBody), fate_of(Fault::missing_items, seed))));
  }
  EXPECT_EQ(orders.size(), 6U);
  EXPECT_THAT(sizes, testing::ElementsAre(0U, 1U, 2U));
}

TEST(Mangled, ChangesWhatTheSchemaSays) {
  std::set<std::string> nulls, types;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    nulls.insert(mangled(std::string(kBody), fate_of(Fault::null_value, seed)));
    types.insert(mangled(std::string(kBody), fate_of(Fault::changed_type, seed)));
  }
  EXPECT_EQ(nulls.size(), 7U);  // one for each value
  EXPECT_EQ(types.size(), 7U);
  EXPECT_THAT(mangled(std::string(kBody), fate_of(Fault::unknown_field)), testing::HasSubstr("addedLately"));
}

TEST(Mangled, CutsAnAnswerInHalfAndLeavesOthersAlone) {
  EXPECT_EQ(mangled(std::string(kBody), fate_of(Fault::half_answer)), kBody.substr(0, kBody.size() / 2));
  EXPECT_EQ(mangled(std::string(kBody), fate_of(Fault::slow)), kBody);
  EXPECT_EQ(mangled("no JSON", fate_of(Fault::null_value)), "no JSON");
}

}  // namespace
}  // namespace ferry::portal
