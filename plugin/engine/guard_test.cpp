#include "plugin/engine/guard.h"

#include <gmock/gmock.h>

namespace ferry::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Of 12,000 records that the portal confirmed.
ChangeSet set_of(std::int64_t changed) {
  ChangeSet set;
  set.records = set.changed = changed;
  set.confirmed = 12'000;
  return set;
}

TEST(Guard, HoldsWhenMoreChangesThanTheLimitAndSaysSo) {
  EXPECT_THAT(breaches(Feed::list_price, set_of(6'000), {}), IsEmpty()) << "the limit itself is allowed";
  EXPECT_THAT(breaches(Feed::list_price, set_of(6'001), {}),
              ElementsAre("6,001 of 12,000 prices change (limit 50 %)"));
  EXPECT_THAT(breaches(Feed::list_price, set_of(12'000), {}),
              ElementsAre("12,000 of 12,000 prices change (limit 50 %)"));
}

TEST(Guard, StockMayAllChangeBecauseAStocktakingDoesThat) {
  EXPECT_THAT(breaches(Feed::stock, set_of(12'000), {}), IsEmpty());
}

TEST(Guard, HoldsStockThatGoesToZero) {
  auto set = set_of(12'000);
  set.zeroed = 3'600;
  EXPECT_THAT(breaches(Feed::stock, set, {}), IsEmpty());
  set.zeroed = 3'601;
  EXPECT_THAT(breaches(Feed::stock, set, {}),
              ElementsAre("3,601 of 12,000 products go to a stock of zero (limit 30 %)"));
}

TEST(Guard, HoldsWithdrawals) {
  auto set = set_of(2'401);
  set.withdrawn = 2'401;
  EXPECT_THAT(breaches(Feed::product, set, {}), ElementsAre("2,401 of 12,000 products are withdrawn within a day (limit 20 %)"));
}

TEST(Guard, WithdrawalsOfADayAddUp) {
  auto set = set_of(1);
  set.withdrawn = 1;
  set.withdrawn_lately = 2'400;
  set.gone = 2'000;
  set.confirmed = 10'000;
  EXPECT_THAT(breaches(Feed::product, set, {}),
              ElementsAre("2,401 of 12,000 products are withdrawn within a day (limit 20 %)"));
  set.withdrawn_lately = 2'399;
  EXPECT_THAT(breaches(Feed::product, set, {}), IsEmpty());
  set = set_of(1);
  set.withdrawn_lately = 12'000;
  EXPECT_THAT(breaches(Feed::product, set, {}), IsEmpty()) << "a run that withdraws nothing is not held for it";
}

TEST(Guard, ATinyCatalogueIsNotHeldForAShare) {
  auto set = set_of(19);
  set.confirmed = 19;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), IsEmpty());
  set.changed = set.confirmed = 20;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), ElementsAre("20 of 20 prices change (limit 50 %)"));
}

TEST(Guard, AnEmptiedSourceIsHeldHoweverSmallAndWhateverTheLimits) {
  ChangeSet set;
  set.records = set.changed = set.withdrawn = set.confirmed = 1;
  set.leaves_nothing = true;
  const GuardLimits none{0, 0, 0, 0, 0, 0, false};
  for (const Feed feed : {Feed::stock, Feed::product, Feed::order_status}) {
    EXPECT_THAT(breaches(feed, set, none),
                ElementsAre(HasSubstr("nothing would be left on the portal: the last 1 ")));
  }
  set.leaves_nothing = false;
  EXPECT_THAT(breaches(Feed::stock, set, none), IsEmpty());
}

TEST(Guard, HoldsASlippedDecimalPointEitherWay) {
  ChangeSet set;
  set.records = set.changed = 1;
  set.fall = 7'500;
  set.rise = 30'000;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), IsEmpty());
  set.fall = 9'000;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), ElementsAre("a price falls by 90 % (limit 75 %)"));
  set = {};
  set.rise = 900'05;
  EXPECT_THAT(breaches(Feed::cost, set, {}), ElementsAre("a price rises by 900.05 % (limit 300 %)"));
}

TEST(Guard, OrdersAreNewsOfSingleOrders) {
  EXPECT_THAT(breaches(Feed::order_status, set_of(12'000), {}), IsEmpty());
  EXPECT_EQ(confirmed_needed(Feed::order_status, set_of(12'000), {}), 0);
}

TEST(Guard, NewRecordsPassUnlessTheFirstPublicationIsToWait) {
  ChangeSet set;
  set.records = 12'000;
  set.is_first = true;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), IsEmpty());
  GuardLimits asks;
  asks.holds_first = true;
  EXPECT_THAT(breaches(Feed::list_price, set, asks),
              ElementsAre("the first publication waits for a person: 12,000 prices"));
  set.is_first = false;
  EXPECT_THAT(breaches(Feed::list_price, set, asks), IsEmpty());
}

TEST(Guard, ZeroSwitchesALimitOff) {
  auto set = set_of(12'000);
  set.withdrawn = set.zeroed = 12'000;
  set.fall = set.rise = 99'999;
  const GuardLimits none{0, 0, 0, 0, 0, 0, false};
  EXPECT_THAT(breaches(Feed::list_price, set, none), IsEmpty());
  EXPECT_EQ(confirmed_needed(Feed::list_price, set, none), 0);
}

TEST(Guard, CountsTheConfirmedOnlyAsFarAsTheDecisionNeedsThem) {
  EXPECT_EQ(confirmed_needed(Feed::list_price, set_of(19), {}), 0) << "too few to be a share of anything";
  auto set = set_of(300);
  set.confirmed = confirmed_needed(Feed::list_price, set, {});
  EXPECT_EQ(set.confirmed, 601);
  EXPECT_THAT(breaches(Feed::list_price, set, {}), IsEmpty()) << "there are that many: it is no longer too much";
  set.confirmed = 599;
  EXPECT_THAT(breaches(Feed::list_price, set, {}), ElementsAre("300 of 599 prices change (limit 50 %)"));
}

TEST(Guard, TheReasonNamesTheLargestChanges) {
  const auto reason =
      held_reason({"a price falls by 90 % (limit 75 %)", "30 of 30 prices change (limit 50 %)"},
                  {{"T-1", "19.9", "1.99", false}, {"T-2", "", "", true}, {"evil\n\x1b[31m", "1", "2", false}});
  EXPECT_THAT(reason, HasSubstr("a price falls by 90 % (limit 75 %); 30 of 30 prices change (limit 50 %); such as "
                                "T-1 19.9 → 1.99, T-2 withdrawn, evil"));
  EXPECT_EQ(reason.find('\n'), std::string::npos);
  EXPECT_EQ(reason.find('\x1b'), std::string::npos);
  EXPECT_EQ(held_reason({"a"}, {}), "a");
}

}  // namespace
}  // namespace ferry::engine
