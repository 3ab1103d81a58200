#include "connectors/vendure/discount.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"
#include "connectors/vendure/terms_survey.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

json::object tier(const std::string& quantity, const std::string& percent, json::value from = nullptr,
                  json::value until = nullptr) {
  return {{"quantity", quantity}, {"percent", percent}, {"from", std::move(from)}, {"until", std::move(until)}};
}
std::string discount(const std::string& sku, json::array tiers, const std::string& list = "12") {
  return json::serialize(
      json::object{{"sku", sku}, {"list", list}, {"list_name", "Retailers"}, {"tiers", std::move(tiers)}});
}
std::vector<PromotionStep> planned(const json::array& tiers, std::string* problem = nullptr) {
  std::string why;
  const auto read = parse_tiers(json::serialize(tiers), "percent");
  EXPECT_TRUE(read) << json::serialize(tiers);
  auto steps = read ? plan_promotions(*read, why) : std::nullopt;
  if (problem) *problem = why;
  return steps.value_or(std::vector<PromotionStep>());
}
std::optional<Instant> at(const char* text) { return from_iso8601(text); }
constexpr const char* kMay = "2026-05-01T00:00:00Z";
constexpr const char* kJune = "2026-06-01T00:00:00Z";

// ---- the plan -------------------------------------------------------------------------------------------------------

TEST(PromotionPlan, AGreaterQuantityGivesOnlyWhatItGivesMore) {
  const auto steps = planned({tier("0", "5"), tier("10", "12.5"), tier("100", "20")});
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0], (PromotionStep{1, *Decimal::parse("5"), {}, {}}));
  EXPECT_EQ(steps[1], (PromotionStep{10, *Decimal::parse("7.5"), {}, {}}));
  EXPECT_EQ(steps[2], (PromotionStep{100, *Decimal::parse("7.5"), {}, {}}));
}

TEST(PromotionPlan, WindowsAreCutWhereAnyOfThemBeginsOrEnds) {
  const auto steps = planned({tier("0", "5", nullptr, kMay), tier("0", "8", kMay), tier("10", "12", nullptr, kJune)});
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0], (PromotionStep{1, Decimal(5), {}, at(kMay)}));
  EXPECT_EQ(steps[1], (PromotionStep{10, Decimal(7), {}, at(kMay)}));
  EXPECT_EQ(steps[2], (PromotionStep{1, Decimal(8), at(kMay), {}}));  // cut in June, and the same afterwards
  EXPECT_EQ(steps[3], (PromotionStep{10, Decimal(4), at(kMay), at(kJune)}));
}

TEST(PromotionPlan, AQuantityBetweenPiecesIsReachedByTheNextOne) {
  const auto steps = planned({tier("0.5", "5"), tier("2.25", "6")});
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].pieces, 1);
  EXPECT_EQ(steps[1].pieces, 3);
  const auto one = planned({tier("1.2", "5"), tier("1.7", "6")});
  ASSERT_EQ(one.size(), 1U);  // nobody can order 1.5
  EXPECT_EQ(one[0], (PromotionStep{2, Decimal(6), {}, {}}));
}

TEST(PromotionPlan, NothingIsValidBeforeItsTime) {
  const auto steps = planned({tier("0", "5", kMay, kJune)});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0], (PromotionStep{1, Decimal(5), at(kMay), at(kJune)}));
}

TEST(PromotionPlan, WhatVendureCannotAddUpIsNoPlan) {
  std::string problem;
  EXPECT_TRUE(planned({tier("0", "12"), tier("10", "5")}, &problem).empty());
  EXPECT_THAT(problem, HasSubstr("from 10 pieces 5 % cannot be less than the 12 %"));
  json::array many;
  for (int i = 1; i <= 11; ++i) many.push_back(tier(std::to_string(i), std::to_string(i)));
  EXPECT_TRUE(planned(many, &problem).empty());
  EXPECT_THAT(problem, HasSubstr("11 promotions, and one product has at most 10"));
  EXPECT_TRUE(planned({tier("99999999999", "12")}, &problem).empty());
  EXPECT_THAT(problem, HasSubstr("more than Vendure counts"));
}

// The steps that apply, added up, are the tier that the contract says, at any moment and for any quantity.
TEST(PromotionPlan, StepsAddUpToTheTierThatApplies) {
  const auto moments = std::array{"2026-04-01T00:00:00Z", kMay, "2026-05-15T00:00:00Z", kJune, "2026-07-01T00:00:00Z"};
  std::uint64_t seed = 1;
  const auto dice = [&seed](std::uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 33U) % below;
  };
  std::size_t checked = 0;
  for (int round = 0; round < 3000; ++round) {
    json::array tiers;
    std::uint64_t percent = 0;
    for (const auto* quantity : {"0", "2.5", "3", "10"}) {
      if (dice(3) == 0) continue;
      percent += 1 + dice(9);
      const auto begins = dice(3), ends = begins + 1 + dice(3);
      tiers.push_back(tier(quantity, std::to_string(percent), begins == 0 ? json::value() : json::value(moments[begins]),
                           ends > 4 ? json::value() : json::value(moments[ends])));
    }
    const auto read = parse_tiers(json::serialize(tiers), "percent");
    std::string problem;
    const auto steps = plan_promotions(*read, problem);
    ASSERT_TRUE(steps || !problem.empty());
    if (!steps) continue;
    for (const auto* moment : moments) {
      const auto now = *from_iso8601(moment);
      const auto holds = [now](const auto& window) {
        return (!window.from || *window.from <= now) && (!window.until || now < *window.until);
      };
      for (const int pieces : {1, 2, 3, 9, 10, 11}) {
        Decimal wanted, quantity, given;
        for (const auto& one : *read) {
          if (!holds(one) || one.quantity > Decimal(pieces) || one.quantity < quantity) continue;
          wanted = one.value;
          quantity = one.quantity;
        }
        for (const auto& step : *steps) {
          if (holds(step) && step.pieces <= pieces) given = *given.plus(step.percent);
        }
        ASSERT_EQ(given.text(), wanted.text()) << json::serialize(tiers) << " at " << moment << " of " << pieces;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 50'000U);
}

// ---- the exchange ---------------------------------------------------------------------------------------------------

class VendureDiscount : public testing::Test {
 protected:
  VendureDiscount() {
    settings_.promotion_key_field = "erpKey";
    settings_.promotion_tiers_field = "erpTiers";
  }
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_discount_push(settings_, items_), std::move(replies));
  }
  static connector::HttpReply shown(json::array promotions, json::array variants = {{{"id", "10"}, {"sku", "A"}}},
                                    json::array groups = {{{"id", "4"}, {"name", "erp:12"}}}) {
    const auto list = [](json::array items) {
      const auto count = items.size();
      return json::object{{"totalItems", count}, {"items", std::move(items)}};
    };
    return ok(json::serialize(json::object{{"data",
                                            {{"promotions", list(std::move(promotions))},
                                             {"productVariants", list(std::move(variants))},
                                             {"customerGroups", list(std::move(groups))},
                                             {"activeChannel", {{"defaultLanguageCode", "en"}}}}}}));
  }
  // As Ferry makes it of one step.
  static json::object promotion(const std::string& id, const std::string& key, const json::array& tiers,
                                std::size_t step = 0) {
    const auto steps = planned(tiers);
    auto input = promotion_input(steps.at(step), {"Retailers", json::serialize(tiers), "10", "4", "en"}, "erpTiers");
    input.at("customFields").as_object()["erpKey"] = key;
    for (const auto* name : {"conditions", "actions"}) {
      for (auto& one : input.at(name).as_array()) {
        one.as_object()["args"] = one.at("arguments");
        one.as_object().erase("arguments");
      }
    }
    input["id"] = id;
    input["name"] = steps.at(step).pieces == 1 ? "Retailers"
                                               : "Retailers (" + std::to_string(steps.at(step).pieces) + "+)";
    return input;
  }
  static connector::HttpReply done(const std::string& mutation) {
    return ok(R"({"data":{")" + mutation + R"(":{"__typename":"Promotion","id":"1"}}})");
  }

  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureDiscount, MakesAPromotionForTheGroupOfTheListAndTheVariant) {
  const json::array tiers{tier("10", "12.5", kMay, kJune)};
  const auto played = push({{"A", discount("A", tiers), ""}},
                           {shown({}), done("createPromotion"), shown({promotion("1", "12/1/A", tiers)})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.operation(1), "FerryCreatePromotion");
  const auto input = played.variables(1).at("input");
  EXPECT_EQ(input.at("startsAt"), "2026-05-01T00:00:00.000000Z");
  EXPECT_EQ(input.at("endsAt"), "2026-05-31T23:59:59.999000Z");  // Vendure's windows include their end
  EXPECT_EQ(json::serialize(input.at("conditions")),
            R"([{"code":"customer_group","arguments":[{"name":"customerGroupId","value":"4"}]},)"
            R"({"code":"contains_products","arguments":[{"name":"minimum","value":"10"},)"
            R"({"name":"productVariantIds","value":"[\"10\"]"}]}])");
  EXPECT_EQ(json::serialize(input.at("actions")),
            R"([{"code":"products_percentage_discount","arguments":[{"name":"discount","value":"12.5"},)"
            R"({"name":"productVariantIds","value":"[\"10\"]"}]}])");
  EXPECT_EQ(input.at("customFields").at("erpKey"), "12/1/A");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered) << played.items[0].reason;
}

TEST_F(VendureDiscount, WhatIsAsItShouldBeIsNotWritten) {
  const json::array tiers{tier("0", "5"), tier("10", "12")};
  const auto played = push({{"A", discount("A", tiers), ""}},
                           {shown({promotion("1", "12/1/A", tiers), promotion("2", "12/2/A", tiers, 1)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureDiscount, WhatAPersonChangedOnFerrysPromotionIsPutBack) {
  const json::array tiers{tier("0", "5")};
  const std::vector<std::pair<std::string, json::value>> changes = {
      {"enabled", false}, {"couponCode", "SAVE"}, {"endsAt", kMay}, {"usageLimit", 3}, {"name", "Sale"}};
  for (const auto& [member, value] : changes) {
    auto changed = promotion("1", "12/1/A", tiers);
    changed[member] = value;
    const auto played = push({{"A", discount("A", tiers), ""}}, {shown({changed}), done("updatePromotion"),
                                                                 shown({promotion("1", "12/1/A", tiers)})});
    ASSERT_EQ(played.requests.size(), 3U) << member;
    EXPECT_EQ(played.operation(1), "FerrySetPromotion");
    EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  }
}

TEST_F(VendureDiscount, WhatIsTooMuchIsSwitchedOffBeforeTheRestIsChanged) {
  const json::array before{tier("0", "5"), tier("10", "12")}, after{tier("0", "6")};
  const auto first = promotion("1", "12/1/A", before), second = promotion("2", "12/2/A", before, 1);
  auto off = second;
  off["enabled"] = false;
  const auto played =
      push({{"A", discount("A", after), discount("A", before)}},
           {shown({first, second}), done("updatePromotion"), shown({first, off}), done("updatePromotion"),
            shown({promotion("1", "12/1/A", after), off})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"id":"2","enabled":false}})");
  EXPECT_EQ(played.variables(3).at("input").at("id"), "1");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureDiscount, AWithdrawnOneIsSwitchedOffAndAPersonsOwnPromotionIsNotLookedAt) {
  const json::array tiers{tier("0", "5")};
  auto off = promotion("1", "12/1/A", tiers);
  off["enabled"] = false;
  for (const auto& acknowledged : {discount("A", tiers), std::string()}) {  // or never confirmed
    const auto played = push({{"A", "", acknowledged, 12}}, {shown({promotion("1", "12/1/A", tiers)}),
                                                             done("updatePromotion"), shown({off})});
    ASSERT_EQ(played.requests.size(), 3U);
    const auto keys = played.variables(0).at("keys").as_array();
    for (const auto& key : keys)
      EXPECT_TRUE(std::string_view(key.as_string()).starts_with("12/"));
    EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"id":"1","enabled":false}})");
    EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  }
}

TEST_F(VendureDiscount, TheGroupOfAListIsMadeOnceAndTheFirstOfSeveralIsTaken) {
  const json::array tiers{tier("0", "5")};
  const auto made = push({{"A", discount("A", tiers), ""}}, {shown({}, {{{"id", "10"}, {"sku", "A"}}}, {})});
  EXPECT_EQ(json::serialize(made.variables(1)), R"({"input":{"name":"erp:12"}})");
  const json::array twice{{{"id", "10"}, {"name", "erp:12"}}, {{"id", "9"}, {"name", "erp:12"}}};
  const auto played = push({{"A", discount("A", tiers), ""}}, {shown({}, {{{"id", "10"}, {"sku", "A"}}}, twice)});
  EXPECT_EQ(played.variables(1).at("input").at("conditions").at(0).at("arguments").at(0).at("value"), "9");
}

TEST_F(VendureDiscount, WhatCannotBeShownIsRejectedBySkuListAndRemedy) {
  const auto played = push({{"A", discount("A", {tier("0", "12"), tier("10", "5")}), ""},
                            {"B", discount("B", {tier("x", "5")}), ""},
                            {"C", R"({"sku":"C"})", ""},
                            {"D", discount("D", {tier("0", "1")}), ""},
                            {"D", discount("D", {tier("0", "2")}), ""}},
                           {shown({}, {})});
  EXPECT_THAT(played.items[0].reason, HasSubstr(R"(SKU "A" of price list "12" ("Retailers"): Vendure adds)"));
  EXPECT_THAT(played.items[1].reason, HasSubstr("no readable tiers"));
  EXPECT_THAT(played.items[2].reason, HasSubstr("no SKU or price list"));
  EXPECT_THAT(played.items[4].reason, HasSubstr("two ERP records carry"));
  for (const std::size_t i : {0U, 1U, 2U, 4U}) EXPECT_EQ(played.items[i].verdict, Verdict::rejected);
  EXPECT_EQ(played.items[3].verdict, Verdict::absent);
}

TEST_F(VendureDiscount, AnAnswerThatCannotBeReadIsTriedAgain) {
  const json::array tiers{tier("0", "5")};
  for (const auto* member : {"enabled", "conditions", "startsAt", "customFields"}) {
    auto broken = promotion("1", "12/1/A", tiers);
    broken.erase(member);
    const auto played = push({{"A", discount("A", tiers), ""}}, {shown({broken})});
    EXPECT_EQ(played.requests.size(), 1U) << member;
    EXPECT_EQ(played.items[0].verdict, Verdict::retry) << member;
  }
}

// ---- the survey -----------------------------------------------------------------------------------------------------

TEST_F(VendureDiscount, IsReadBackAsTheDocumentOrAsChanged) {
  const json::array tiers{tier("0", "5"), tier("10", "12")};
  const auto first = promotion("1", "12/1/A", tiers);
  auto second = promotion("2", "12/2/A", tiers, 1);
  const auto listed = [&] {
    return ok(json::serialize(json::object{
        {"data", {{"promotions", {{"totalItems", 1}, {"items", json::array{first}}}}}}}));
  };
  const std::vector<std::string> skus = {"A"};
  const auto read = [&] {
    const auto survey = make_discount_survey(settings_, skus);
    (void)survey->start();
    (void)survey->on_reply(listed());
    return survey->on_reply(shown({first, second}));
  };
  auto page = std::get<connector::SurveyPage>(read());
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].identity, R"({"list":"12"})");
  EXPECT_EQ(page.records[0].document,
            json::serialize(json::object{{"sku", "A"}, {"list", "12"}, {"tiers", tiers}}));
  second["enabled"] = false;
  page = std::get<connector::SurveyPage>(read());
  EXPECT_THAT(page.records.at(0).document, HasSubstr("changed on the portal"));
}

TEST_F(VendureDiscount, ASurveyOfSkusShowsNoOthers) {
  const json::array tiers{tier("0", "5")};
  const std::vector<std::string> skus = {"A"};
  const auto survey = make_discount_survey(settings_, skus);
  (void)survey->start();
  const auto step = survey->on_reply(ok(json::serialize(json::object{
      {"data", {{"promotions", {{"totalItems", 1}, {"items", json::array{promotion("1", "12/1/AB", tiers)}}}}}}})));
  EXPECT_TRUE(std::get<connector::SurveyPage>(step).records.empty());
}

TEST(PromotionKey, IsReadAsItWasWritten) {
  const auto key = parse_promotion_key(promotion_key("12", 3, "A/1/B"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->list + "|" + std::to_string(key->number) + "|" + key->sku, "12|3|A/1/B");
  for (const auto* other : {"", "sale", "12/x/A", "12/0/A", "12/1/", "/1/A", "12/1"})
    EXPECT_FALSE(parse_promotion_key(other)) << other;
}

}  // namespace
}  // namespace ferry::vendure
