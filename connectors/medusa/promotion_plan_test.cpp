#include "connectors/medusa/promotion_plan.h"

#include <gmock/gmock.h>

#include <array>

#include "connectors/medusa/support/discounts.h"

namespace ferry::medusa {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

std::string problem_of(const json::array& tiers) {
  std::string problem;
  const auto read = read_wanted_discount({"A", document(tiers), ""}, problem);
  const bool has_plan = read && plan_promotions(*read, problem);
  EXPECT_FALSE(has_plan);
  return problem;
}

TEST(MedusaPromotionPlan, BreaksAreBandsOfWhichOneAppliesAndALesserPercentageForMorePiecesIsPossible) {
  const auto bands = planned({tier("0", "12"), tier("10", "5"), tier("20", "0"), tier("100", "7.5")});
  ASSERT_EQ(bands.size(), 3U);
  EXPECT_EQ(bands[0].least.text() + "-" + bands[0].before->text() + " " + bands[0].percent.text(), "0-10 12");
  EXPECT_EQ(bands[1].least.text() + "-" + bands[1].before->text() + " " + bands[1].percent.text(), "10-20 5");
  EXPECT_EQ(bands[2].least.text() + " " + bands[2].percent.text(), "100 7.5");
  EXPECT_FALSE(bands[2].before);
}

TEST(MedusaPromotionPlan, WhatMedusaCannotGiveIsNamedWithItsRemedy) {
  EXPECT_THAT(problem_of({tier("0", "120")}), AllOf(HasSubstr(R"(SKU "A" in price list "7" ("Dealers") is 120 %)"),
                                                    HasSubstr("correct the price list's line")));
  EXPECT_THAT(problem_of({tier("0", "-5")}), AllOf(HasSubstr("raises the price by 5 %"), HasSubstr("fixed price")));
  EXPECT_THAT(problem_of({tier("3", "5"), tier("3", "6")}),
              HasSubstr("several percentages at the same time from quantity 3"));
  EXPECT_THAT(problem_of({tier("0", "12.34567890123456")}), HasSubstr("more digits"));
  EXPECT_THAT(problem_of({tier("0", "5", "soon")}), HasSubstr("without a readable window"));
}

// At any moment and for any quantity exactly the promotion of the tier that the document says applies, or none.
TEST(MedusaPromotionPlan, OneTierAtMostAppliesAtAnyTimeAndQuantity) {
  const std::array moments = {"2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z",
                              "2026-07-01T00:00:00Z"};
  std::uint64_t seed = 1;
  const auto dice = [&seed](std::uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 33U) % below;
  };
  for (int round = 0; round < 1000; ++round) {
    json::array tiers;
    for (const auto* quantity : {"0", "2.5", "10"}) {
      if (dice(3) == 0) continue;
      const auto begins = dice(3), ends = begins + 1 + dice(3);
      tiers.push_back(tier(quantity, std::to_string(dice(4) * 10),
                           begins == 0 ? json::value() : json::value(moments.at(begins)),
                           ends > 3 ? json::value() : json::value(moments.at(ends))));
    }
    if (tiers.empty()) continue;
    const auto read = wanted(tiers).tiers;
    const auto plan = planned(tiers);
    for (const auto* moment : moments) {
      const auto now = *from_iso8601(moment);
      const auto holds = [now](const Window& window) {
        return window.from <= now && (window.until == Instant{} || now < window.until);
      };
      for (const auto& quantity : {Decimal(1), Decimal(3), Decimal(10), *Decimal::parse("2.4")}) {
        Decimal due, reached, given;
        for (const auto& each : read) {
          if (!holds(each.window) || each.quantity > quantity || each.quantity < reached) continue;
          due = each.amount;
          reached = each.quantity;
        }
        int count = 0;
        for (const auto& each : plan) {
          if (!holds(each.window) || each.least > quantity || (each.before && *each.before <= quantity)) continue;
          given = each.percent;
          ++count;
        }
        ASSERT_LE(count, 1) << json::serialize(tiers);
        ASSERT_EQ(given.text(), due.text()) << json::serialize(tiers) << " at " << moment << " of " << quantity.text();
      }
    }
  }
}

TEST(MedusaPromotionPlan, ACampaignIsKnownByItsIdentifierAndAPersonsIsNot) {
  for (const auto& window : {Window{*from_iso8601(kDecember), {}}, Window{{}, *from_iso8601(kJanuary)}})
    EXPECT_EQ(window_of(campaign_identifier(window)), window);
  for (const auto* other : {"", "summer", "erp/", "erp/x/y", "erp/2026-12-01/"})
    EXPECT_FALSE(window_of(other)) << other;
}

}  // namespace
}  // namespace ferry::medusa
