#include "connectors/medusa/discount_survey.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/discounts.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

TEST(MedusaDiscountSurvey, IsReadBackAsTheDocumentSaysIt) {
  const auto shown_of = [](const json::array& tiers) {
    json::array shown;
    for (std::size_t i = 0; i < planned(tiers).size(); ++i)
      shown.push_back(promotion("p" + std::to_string(i), tiers, i));
    return shown;
  };
  for (const auto& tiers :
       {json::array{tier("0", "5"), tier("10", "12.5")}, json::array{tier("3", "5")},
        json::array{tier("0", "5"), tier("10", "0"), tier("20", "7")}, json::array{tier("0", "5"), tier("10", "0")}})
    EXPECT_EQ(surveyed(shown_of(tiers)), json::value(tiers));
  const json::array windows{tier("0", "5", kNone, kDecember), tier("0", "8", kDecember),
                            tier("10", "12", kNone, kJanuary)};
  const json::array known{campaign("c1", "erp//2026-12-01T00:00:00Z", nullptr, kDecember),
                          campaign("c2", "erp//2027-01-01T00:00:00Z", nullptr, kJanuary),
                          campaign("c3", "erp/2026-12-01T00:00:00Z/2027-01-01T00:00:00Z", kDecember, kJanuary),
                          campaign("c4", "erp/2027-01-01T00:00:00Z/", kJanuary, nullptr)};
  json::array shown;
  const auto plan = planned(windows);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    for (const auto& each : known) {
      if (each.at("campaign_identifier") == campaign_identifier(plan[i].window).c_str())
        shown.push_back(promotion("p" + std::to_string(i), windows, i, std::string(each.at("id").as_string())));
    }
  }
  EXPECT_EQ(shown.size(), plan.size());
  EXPECT_EQ(surveyed(shown, known), json::value(windows));
}

TEST(MedusaDiscountSurvey, TwoPercentagesForOneQuantityAreNoDocumentOfTheErp) {
  const json::array tiers{tier("0", "5")};
  EXPECT_THAT(json::serialize(surveyed({promotion("p1", tiers), promotion("p2", tiers)})),
              HasSubstr("changed on the portal"));
}

TEST(MedusaDiscountSurvey, ASurveyGoesFromListToList) {
  const json::array lists{group("g7", "x", "7"), group("g9", "y", "9"), group("g1", "Friends", "")};
  const auto settings = test::settings();
  auto survey = make_discount_survey(settings, "");
  (void)survey->start();
  (void)survey->on_reply(groups(lists));
  auto step = survey->on_reply(campaigns());
  EXPECT_THAT(std::get<Send>(step).request.target, HasSubstr("erp%2F7%2F%25"));
  step = survey->on_reply(promotions());
  EXPECT_EQ(std::get<SurveyPage>(step).next_cursor, "7");
  survey = make_discount_survey(settings, "7");
  (void)survey->start();
  (void)survey->on_reply(groups(lists));
  step = survey->on_reply(campaigns());
  EXPECT_THAT(std::get<Send>(step).request.target, HasSubstr("erp%2F9%2F%25"));
  EXPECT_EQ(std::get<SurveyPage>(survey->on_reply(promotions())).next_cursor, "");
}

}  // namespace
}  // namespace ferry::medusa
