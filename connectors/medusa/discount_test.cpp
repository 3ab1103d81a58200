#include "connectors/medusa/discount.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/discounts.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

class MedusaDiscount : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> items, std::vector<HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_discount_push(settings_, items_), std::move(replies));
  }
  Played push(const json::array& tiers, const json::array& shown, std::vector<HttpReply> replies,
              json::array known = {}) {
    std::vector<HttpReply> all = {variants(), groups(), campaigns(std::move(known)), promotions(shown)};
    all.insert(all.end(), replies.begin(), replies.end());
    return push({{"A", document(tiers), ""}}, std::move(all));
  }
  ItemVerdict only(const Played& played) {
    EXPECT_EQ(played.items.size(), 1U);
    return played.items.empty() ? ItemVerdict() : played.items[0];
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(MedusaDiscount, ARecordBecomesAPromotionForTheGroupTheSkuAndTheQuantity) {
  const json::array tiers{tier("10", "12.5")};
  const auto played = push(tiers, {}, {created("erp/7/A/10+")});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_THAT(played.requests[3].target, HasSubstr("&%24or%5B0%5D%5Bcode%5D%5B%24like%5D=erp%2F7%2FA%2F%25&offset=0"));
  EXPECT_EQ(
      played.body(4),
      json::parse(R"({"code":"erp/7/A/10+","type":"standard","status":"active","is_automatic":true,)"
                  R"("rules":[{"attribute":"customer.groups.id","operator":"in","values":["g7"]}],)"
                  R"("application_method":{"type":"percentage","target_type":"items","allocation":"across",)"
                  R"("value":12.5,"target_rules":[{"attribute":"items.variant_sku","operator":"in","values":["A"]},)"
                  R"({"attribute":"items.quantity","operator":"gte","values":["10"]}]},)"
                  R"("metadata":{"erp_price_list":"7","erp_sku":"A"}})"));
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, WhatIsRightIsNotWritten) {
  const json::array tiers{tier("0", "5"), tier("10", "12")};
  const auto played = push(tiers, {promotion("p1", tiers), promotion("p2", tiers, 1)}, {});
  EXPECT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, OnlyWhatDiffersIsChangedAndNeverDoTwoPercentagesApply) {
  const json::array before{tier("0", "5"), tier("10", "12")}, after{tier("0", "6"), tier("5", "12")};
  const auto shown = json::array{promotion("p1", before), promotion("p2", before, 1)};
  const auto played = push(after, shown,
                           {removed("p2"), ok(json::parse(R"({"updated":[{"values":[{"value":"5"}]}]})")), changed(6),
                            created("erp/7/A/5+")});
  ASSERT_EQ(played.requests.size(), 8U);
  EXPECT_EQ(played.requests[4].method + " " + played.requests[4].target, "DELETE /admin/promotions/p2");
  EXPECT_EQ(played.requests[5].target, "/admin/promotions/p1/target-rules/batch");
  EXPECT_EQ(played.body(5), json::parse(R"({"update":[{"id":"p1r3","values":["5"]}]})"));
  EXPECT_EQ(played.body(6), json::parse(R"({"application_method":{"value":6}})"));
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, ABreakThatGoesFreesItsQuantityBeforeAnotherTakesIt) {
  const json::array before{tier("0", "5"), tier("10", "12")}, after{tier("0", "5")};
  const auto played = push(after, {promotion("p1", before), promotion("p2", before, 1)},
                           {removed("p2"), ok(json::parse(R"({"deleted":{"ids":["p1r3"]}})"))});
  ASSERT_EQ(played.requests.size(), 6U);
  EXPECT_EQ(played.body(5), json::parse(R"({"delete":["p1r3"]})"));
  const auto back = push(before, {promotion("p1", after)},
                         {ok(json::parse(R"({"created":[{"values":[{"value":"10"}]}]})")), created("erp/7/A/10+")});
  ASSERT_EQ(back.requests.size(), 6U);
  EXPECT_EQ(back.body(4),
            json::parse(R"({"create":[{"attribute":"items.quantity","operator":"lt","values":["10"]}]})"));
  EXPECT_EQ(only(back).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, WindowsAreCampaignsThatAreMadeOnceAndSharedByRecords) {
  const json::array tiers{tier("0", "5", kDecember, kJanuary)};
  const auto played =
      push({{"A", document(tiers), ""}, {"B", document(tiers, "B"), ""}},
           {variants({"A", "B"}), groups(), campaigns(), promotions(), ok(json::parse(R"({"campaign":{"id":"c1"}})")),
            created("erp/7/A/0+/2026-12-01T00:00:00Z/2027-01-01T00:00:00Z"),
            created("erp/7/B/0+/2026-12-01T00:00:00Z/2027-01-01T00:00:00Z")});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_EQ(played.body(4).at("campaign_identifier"), "erp/2026-12-01T00:00:00Z/2027-01-01T00:00:00Z");
  EXPECT_EQ(played.body(4).at("ends_at"), kJanuary);
  for (const std::size_t i : {5U, 6U}) EXPECT_EQ(played.body(i).at("campaign_id"), "c1");
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
}

TEST_F(MedusaDiscount, AWindowThatHasBegunIsAsGoodAsOneWithoutBeginning) {
  const json::array before{tier("0", "5", "2026-11-01T00:00:00Z", kJanuary)}, after{tier("0", "5", kNone, kJanuary)};
  const auto played = push(after, {promotion("p1", before, 0, "c1")}, {},
                           {campaign("c1", "erp/2026-11-01T00:00:00Z/2027-01-01T00:00:00Z", "2026-11-01T00:00:00.000Z",
                                     "2027-01-01T00:00:00.000Z")});
  EXPECT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, ACampaignThatAPersonMovedOrGaveABudgetIsPutRight) {
  const json::array tiers{tier("0", "5", kNone, kJanuary)};
  auto moved = campaign("c1", "erp//2027-01-01T00:00:00Z", nullptr, "2028-01-01T00:00:00.000Z");
  moved["budget"] = json::object{{"limit", 3}};
  const auto played =
      push(tiers, {promotion("p1", tiers, 0, "c1")}, {ok(json::parse(R"({"campaign":{"id":"c1"}})"))}, {moved});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(played.requests[4].target, "/admin/campaigns/c1?fields=id");
  EXPECT_EQ(played.body(4),
            json::parse(R"({"starts_at":null,"ends_at":"2027-01-01T00:00:00Z","budget":{"limit":null}})"));
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
  EXPECT_THAT(json::serialize(surveyed({promotion("p1", tiers, 0, "c1")}, {moved})),
              HasSubstr("changed on the portal"));
}

// Medusa then applies the promotion for ever.
TEST_F(MedusaDiscount, APromotionWhoseCampaignWasDeletedIsMadeAnew) {
  const json::array tiers{tier("0", "5", kNone, kJanuary)};
  const auto played = push(
      tiers, {promotion("p1", tiers, 0, "gone")},
      {removed("p1"), ok(json::parse(R"({"campaign":{"id":"c2"}})")), created("erp/7/A/0+//2027-01-01T00:00:00Z")});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_EQ(played.body(6).at("campaign_id"), "c2");
  EXPECT_EQ(only(played).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, WhatAPersonChangedOnFerrysPromotionIsMadeAnew) {
  const json::array tiers{tier("0", "5")};
  for (const auto* change :
       {R"({"status":"inactive"})", R"({"is_automatic":false})", R"({"limit":3})", R"({"rules":[]})"}) {
    auto shown = promotion("p1", tiers);
    const auto members = json::parse(change).as_object();
    for (const auto& member : members) shown[member.key()] = member.value();
    const auto played = push(tiers, {shown}, {removed("p1"), created("erp/7/A/0+")});
    EXPECT_EQ(played.requests.size(), 6U) << change;
    EXPECT_EQ(only(played).verdict, Verdict::delivered) << change;
    EXPECT_THAT(json::serialize(surveyed({shown})), HasSubstr("changed on the portal")) << change;
  }
  const auto elsewhere = push(tiers, {promotion("p1", tiers, 0, "", "g9")}, {removed("p1"), created("erp/7/A/0+")});
  EXPECT_EQ(elsewhere.requests.size(), 6U) << "for another group";
}

// A request that was given up has made the rule, and then another did.
TEST_F(MedusaDiscount, OfSeveralRulesForTheSameBoundOneRemains) {
  const json::array tiers{tier("0", "5"), tier("10", "7")}, plain{tier("0", "5")};
  auto twice = promotion("p1", tiers);
  auto& rules = twice.at("application_method").at("target_rules").as_array();
  auto second = rules.back().as_object();
  second["id"] = "late";
  rules.push_back(second);
  const auto shows = push(tiers, {twice, promotion("p2", tiers, 1)}, {});
  EXPECT_EQ(only(shows).verdict, Verdict::delivered) << "they say the same";
  const auto freed = push(plain, {twice}, {ok(json::parse(R"({"deleted":{"ids":["p1r3","late"]}})"))});
  EXPECT_EQ(freed.body(4), json::parse(R"({"delete":["p1r3","late"]})"));
  EXPECT_EQ(only(freed).verdict, Verdict::delivered);
  const auto half = push(plain, {twice}, {ok(json::parse(R"({"deleted":{"ids":["late"]}})"))});
  EXPECT_EQ(only(half).verdict, Verdict::retry);
  const auto moved = push({tier("0", "5"), tier("20", "7")}, {twice},
                          {ok(json::parse(R"({"updated":[{"values":[{"value":"20"}]}],"deleted":{"ids":["late"]}})")),
                           created("erp/7/A/20+")});
  EXPECT_EQ(moved.body(4), json::parse(R"({"update":[{"id":"p1r3","values":["20"]}],"delete":["late"]})"));
  EXPECT_EQ(only(moved).verdict, Verdict::delivered);
}

TEST_F(MedusaDiscount, APromotionThatOnlyTheRecordCanHaveAndThatDoesNotNameItIsLookedAtAgain) {
  const json::array tiers{tier("0", "5")};
  auto nulled = promotion("p1", tiers);
  nulled["metadata"] = nullptr;  // by an answer that was garbled, or by a person
  for (const auto& document_of : {std::string(), document(tiers)}) {
    const auto played =
        push({{"A", document_of, document(tiers), 7}}, {variants({}), groups(), campaigns(), promotions({nulled})});
    EXPECT_EQ(played.requests.size(), 4U) << "nothing is written";
    EXPECT_EQ(only(played).verdict, Verdict::retry);
    EXPECT_THAT(only(played).reason, HasSubstr("do not say that it is Ferry's"));
  }
}

TEST_F(MedusaDiscount, AWithdrawalDeletesWhatIsFerrysAndAPersonsPromotionOfTheSameSkuStays) {
  const json::array tiers{tier("0", "5")};
  auto theirs = promotion("theirs", tiers);
  theirs["metadata"] = nullptr;
  theirs["code"] = "MINE";
  auto renamed = promotion("renamed", tiers);
  renamed["code"] = "SUMMER";
  auto longer = promotion("longer", tiers);  // of SKU "A/B"
  longer["code"] = "erp/7/A/B/0+";
  longer.at("metadata").as_object()["erp_sku"] = "A/B";
  for (const auto& acknowledged : {document(tiers), std::string()}) {  // or never confirmed
    const auto played = push({{"A", "", acknowledged, 7}},
                             {variants({}), groups(), campaigns(),
                              promotions({theirs, renamed, longer, promotion("p1", tiers)}), removed("p1")});
    ASSERT_EQ(played.requests.size(), 5U);
    EXPECT_EQ(played.requests[4].target, "/admin/promotions/p1");
    EXPECT_EQ(only(played).verdict, Verdict::delivered);
  }
}

TEST_F(MedusaDiscount, TheGroupOfAListIsMadeOnceForAllItsRecords) {
  const json::array tiers{tier("0", "5")};
  const auto played =
      push({{"A", document(tiers), ""}, {"B", document(tiers, "B"), ""}},
           {variants({"A", "B"}), groups({group("g1", "Friends", "")}), campaigns(), promotions(),
            ok(json::parse(R"({"customer_group":{"id":"g2"}})")), created("erp/7/A/0+"), created("erp/7/B/0+")});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_EQ(played.body(4).at("name"), "Dealers (ERP 7)");
  EXPECT_EQ(played.body(6).at("rules").at(0).at("values").at(0), "g2");
}

TEST_F(MedusaDiscount, WhatCannotBeShownIsSettledBySkuListAndRemedy) {
  const json::array tiers{tier("0", "5")};
  const auto played = push({{"A", document({tier("0", "120")}), ""},
                            {"B", document(tiers, "B"), ""},
                            {"D", document(tiers, "D"), ""},
                            {"D", document(tiers, "D"), ""},
                            {"E", "{}", ""}},
                           {variants({"D"}, false), groups(), campaigns(), promotions()});
  ASSERT_EQ(played.items.size(), 5U);
  EXPECT_THAT(played.items[0].reason, HasSubstr("120 %"));
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
  EXPECT_THAT(played.items[2].reason, HasSubstr("may not be discounted"));
  EXPECT_THAT(played.items[3].reason, HasSubstr("two ERP records carry"));
  EXPECT_THAT(played.items[4].reason, HasSubstr("no SKU, price list or tiers"));
  for (const std::size_t i : {0U, 2U, 3U, 4U}) EXPECT_EQ(played.items[i].verdict, Verdict::rejected) << i;
  auto theirs = promotion("theirs", tiers);
  theirs["metadata"] = nullptr;
  const auto taken = only(push(tiers, {theirs}, {}));
  EXPECT_EQ(taken.verdict, Verdict::retry);
  EXPECT_THAT(taken.reason, HasSubstr("give it another code"));
}

TEST_F(MedusaDiscount, ARefusalConcernsItsRecordAloneAndALostAnswerIsNotTakenForDone) {
  const json::array tiers{tier("0", "5")};
  const std::vector<OutboundItem> both = {{"A", document(tiers), ""}, {"B", document(tiers, "B"), ""}};
  const auto looks = [](HttpReply first, HttpReply second) {
    return std::vector<HttpReply>{variants({"A", "B"}), groups(),         campaigns(),
                                  promotions(),         std::move(first), std::move(second)};
  };
  auto played = push(both, looks(refused(400, "invalid_data", "no"), created("erp/7/B/0+")));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_EQ(played.items.at(1).verdict, Verdict::delivered);
  played = push(both, looks(refused(400, "invalid_data", "Promotion with code: erp/7/A/0+, already exists."),
                            created("erp/7/B/0+")));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry) << "by a request of ours that arrived late";
  played = push(both, looks(created("erp/7/X/0+"), created("erp/7/B/0+")));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::retry);
  played = push(both, looks(lost(true), created("erp/7/B/0+")));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::ambiguous);
  EXPECT_EQ(played.items.at(1).verdict, Verdict::retry);
}

TEST_F(MedusaDiscount, AnAnswerThatCannotBeReadIsTriedAgain) {
  const json::array tiers{tier("0", "5")};
  for (const auto* member : {"status", "campaign_id", "rules", "application_method", "metadata"}) {
    auto broken = promotion("p1", tiers);
    broken.erase(member);
    const auto played = push(tiers, {broken}, {});
    EXPECT_EQ(played.requests.size(), 4U) << member;
    EXPECT_EQ(only(played).verdict, Verdict::retry) << member;
  }
  for (const auto* member : {"status", "is_automatic", "application_method", "metadata"}) {  // nothing a person can do
    auto broken = promotion("p1", tiers);
    broken[member] = nullptr;
    EXPECT_EQ(push(tiers, {broken}, {}).requests.size(), 4U) << member;
  }
  auto broken = promotion("p1", tiers);
  broken.at("rules").at(0).at("values").at(0).at("value") = nullptr;
  EXPECT_EQ(push(tiers, {broken}, {}).requests.size(), 4U);
}

}  // namespace
}  // namespace ferry::medusa
