#include "connectors/vendure/product.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

std::string product(const std::string& sku, const std::string& name, const std::string& of = "7") {
  return json::serialize(json::object{{"sku", sku},
                                      {"product", of},
                                      {"name", name},
                                      {"description", "fine"},
                                      {"unit", "u"},
                                      {"categories", json::array{"Tools / Saws"}}});
}

// A product of the portal with its variants; each has an option if the product has a group.
struct Shown {
  std::string id = "1", erp_id = "7", name = "Saw", description = "fine";
  bool is_enabled = true;
  json::array variants = {}, groups = {};
  json::object json() const {
    json::value field;
    if (!erp_id.empty()) field = erp_id;
    return {{"id", id},
            {"enabled", is_enabled},
            {"name", name},
            {"description", description},
            {"customFields", json::object{{"erpId", field}}},
            {"optionGroups", groups},
            {"variants", variants}};
  }
};
json::object sibling(const std::string& id, const std::string& sku, bool is_enabled = true) {
  return {{"id", id}, {"sku", sku}, {"enabled", is_enabled}, {"options", json::array()}};
}
json::object variant(const std::string& id, const std::string& sku, const std::string& name, const Shown& product,
                     bool is_enabled = true, int price = 100) {
  return {{"id", id},
          {"sku", sku},
          {"enabled", is_enabled},
          {"name", name},
          {"prices", json::array{json::object{{"price", price}}}},
          {"customFields", json::object{{"erpUnit", "u"}}},
          {"product", product.json()}};
}
connector::HttpReply shown(json::array variants, json::array products = {}, std::optional<std::size_t> total = {}) {
  const auto count = variants.size(), products_count = products.size();
  return ok(json::serialize(json::object{
      {"data",
       {{"productVariants", {{"totalItems", total.value_or(count)}, {"items", std::move(variants)}}},
        {"products", {{"totalItems", products_count}, {"items", std::move(products)}}},
        {"activeChannel", {{"defaultLanguageCode", "de"}}}}}}));
}
connector::HttpReply done() { return ok(R"({"data":{"done":{"id":"1"}}})"); }

class VendureProduct : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_product_push(settings_, items_), std::move(replies));
  }
  ItemVerdict verdict_of(std::vector<connector::HttpReply> replies) {
    const auto played = push({{"A", product("A", "Saw"), ""}}, std::move(replies));
    return played.items.empty() ? ItemVerdict{} : played.items.front();
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureProduct, WhatIsShownAlreadyIsLookedAtOnce) {
  const Shown saw{.variants = {sibling("1", "A")}};
  const auto played = push({{"A", product("A", "Saw"), ""}}, {shown({variant("1", "A", "Saw", saw)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureProduct, WritesInTheChannelsLanguageOnlyWhatDiffers) {
  const Shown before{.name = "Old", .variants = {sibling("1", "A")}}, after{.variants = {sibling("1", "A")}};
  const auto played = push({{"A", product("A", "Saw"), ""}},
                           {shown({variant("1", "A", "Old", before)}), done(),
                            shown({variant("1", "A", "Saw", before)}), done(),
                            shown({variant("1", "A", "Saw", after)})});
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"translations":[{"name":"Saw","languageCode":"de"}],"id":"1"}]})");
  EXPECT_EQ(json::serialize(played.variables(3)),
            R"({"input":{"translations":[{"name":"Saw","description":"fine","languageCode":"de"}],"id":"1"}})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST(Stories, B8_AProductIsNeverMatchedByItsName) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"A", product("A", "Saw"), ""}};
  const auto played = play(*make_product_push(settings, items), {shown({})});
  ASSERT_EQ(played.requests.size(), 2U);
  const std::string look(json::parse(played.requests[0].body).at("query").as_string());
  EXPECT_THAT(look, testing::Not(HasSubstr("filter:{name")));
  EXPECT_EQ(played.operation(1), "FerryCreateProduct");
  EXPECT_EQ(played.variables(1).at("input").at("customFields").at("erpId"), "7");
}

TEST(Stories, B1_AVariantWithTheSkuIsTakenOverAndNotMadeASecondTime) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"A", product("A", "Saw"), ""}};
  const Shown persons{.erp_id = "", .variants = {sibling("1", "A")}}, ours{.variants = {sibling("1", "A")}};
  const auto played = play(*make_product_push(settings, items),
                           {shown({variant("1", "A", "Saw", persons)}), done(),
                            shown({variant("1", "A", "Saw", ours)})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"id":"1","customFields":{"erpId":"7"}}})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureProduct, AProductOfOursWithoutAVariantGivesWayToOneThatAPersonMade) {
  const Shown empty{.id = "2", .is_enabled = false}, persons{.erp_id = "", .variants = {sibling("1", "A")}};
  const Shown adopted{.variants = {sibling("1", "A")}};
  const auto played = push({{"A", product("A", "Saw"), ""}},
                           {shown({variant("1", "A", "Saw", persons)}, {empty.json()}), done(),
                            shown({variant("1", "A", "Saw", persons)}), done(),
                            shown({variant("1", "A", "Saw", adopted)}, {adopted.json()})});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"id":"2","customFields":{"erpId":null}}})");
  EXPECT_EQ(json::serialize(played.variables(3)), R"({"input":{"id":"1","customFields":{"erpId":"7"}}})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureProduct, AVariantWithoutAPriceIsNeverEnabled) {
  const Shown saw{.is_enabled = false, .variants = {sibling("1", "A", false)}};
  const auto waiting = verdict_of({shown({variant("1", "A", "Saw", saw, false, 0)})});
  EXPECT_EQ(waiting.verdict, Verdict::absent);
  EXPECT_THAT(waiting.reason, HasSubstr("disabled until it has a list price"));
  const auto priced = push({{"A", product("A", "Saw"), ""}}, {shown({variant("1", "A", "Saw", saw, false, 5)})});
  EXPECT_EQ(json::serialize(priced.variables(1)), R"({"input":[{"enabled":true,"id":"1"}]})");
}

TEST_F(VendureProduct, WithdrawnIsDisabledAndTheProductWithItsLastVariant) {
  const Shown both{.variants = {sibling("1", "A"), sibling("2", "B")}};
  const Shown other{.variants = {sibling("1", "A", false), sibling("2", "B")}};
  const Shown none{.variants = {sibling("1", "A", false)}};
  const OutboundItem withdrawn{"A", "", product("A", "Saw")};
  const auto first = push({withdrawn}, {shown({variant("1", "A", "Saw", both)}), done(),
                                        shown({variant("1", "A", "Saw", other, false)})});
  EXPECT_EQ(json::serialize(first.variables(1)), R"({"input":[{"id":"1","enabled":false}]})");
  EXPECT_EQ(first.items[0].verdict, Verdict::delivered);
  const auto last = push({withdrawn}, {shown({variant("1", "A", "Saw", none, false)})});
  EXPECT_EQ(json::serialize(last.variables(1)), R"({"input":{"id":"1","enabled":false}})");
  EXPECT_EQ(push({withdrawn}, {shown({})}).items[0].verdict, Verdict::delivered) << "it never was there";
}

TEST_F(VendureProduct, MembersGoIntoTheCustomFieldsThatTheChannelNames) {
  settings_.product_fields = {{"unit", "erpUnit"}, {"categories", "erpCategories"}};
  const Shown saw{.variants = {sibling("1", "A")}};
  const auto played = push({{"A", product("A", "Saw"), ""}}, {shown({variant("1", "A", "Saw", saw)})});
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"customFields":{"erpCategories":"[\"Tools / Saws\"]","erpUnit":"u"},"id":"1"}]})");
}

TEST_F(VendureProduct, WhatOnlyAPersonCanMendIsRejectedSayingHow) {
  const Shown other{.erp_id = "8", .variants = {sibling("1", "A")}};
  EXPECT_THAT(verdict_of({shown({variant("1", "A", "Saw", other)})}).reason,
              HasSubstr(R"(below product "8", the ERP below "7"; Vendure cannot move a variant)"));
  const Shown persons{.id = "2", .erp_id = "", .variants = {sibling("1", "A")}}, ours;
  const Shown with_another{.is_enabled = false, .variants = {sibling("3", "B", false)}};
  EXPECT_THAT(verdict_of({shown({variant("1", "A", "Saw", persons)}, {with_another.json()})}).reason,
              HasSubstr("below its product 2, and the ERP's product \"7\" as 1"));
  EXPECT_THAT(verdict_of({shown({variant("1", "A", "Saw", persons)}, {ours.json()})}).reason,
              HasSubstr("below its product 2, and the ERP's product \"7\" as 1"));
  const Shown sized{.groups = {json::object{{"id", "1"}, {"code", "size"}, {"options", json::array()}}}};
  EXPECT_THAT(verdict_of({shown({}, {sized.json()})}).reason, HasSubstr("has options of its own"));
  const Shown saw{.variants = {sibling("1", "A"), sibling("2", "A")}};
  EXPECT_THAT(verdict_of({shown({variant("1", "A", "Saw", saw), variant("2", "A", "Saw", saw)})}).reason,
              HasSubstr("ids 1 and 2"));
}

TEST_F(VendureProduct, WhatCannotBeReadOrWasCutIsNeitherCreatedNorChanged) {
  Shown saw{.variants = {sibling("1", "A")}};
  auto nameless = variant("1", "A", "Saw", saw);
  nameless["name"] = nullptr;
  EXPECT_EQ(verdict_of({shown({nameless})}).verdict, Verdict::retry);
  saw.variants[0].as_object()["enabled"] = nullptr;
  EXPECT_EQ(verdict_of({shown({variant("1", "A", "Saw", saw)})}).verdict, Verdict::retry);
  EXPECT_EQ(verdict_of({shown({}, {}, 1)}).verdict, Verdict::retry);
  Shown nobodys;
  nobodys.erp_id = "";
  EXPECT_EQ(verdict_of({shown({}, {nobodys.json()})}).verdict, Verdict::retry);
}

TEST(Stories, B12_ACreationWhoseAnswerIsLostIsLookedForBeforeItIsRepeated) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {{"A", product("A", "Saw"), ""}, {"B", product("B", "Axe", "8"), ""}};
  const auto lost_answer = play(*make_product_push(settings, items), {shown({}), lost(true)});
  EXPECT_EQ(lost_answer.items[0].verdict, Verdict::ambiguous);
  EXPECT_EQ(lost_answer.items[1].verdict, Verdict::retry) << "nothing was sent for it";
  const Shown created;
  const auto again = play(*make_product_push(settings, items), {shown({}, {created.json()})});
  EXPECT_EQ(again.operation(1), "FerryCreateVariants");
  EXPECT_EQ(again.variables(1).at("input").at(0).at("productId"), "1");
}

TEST_F(VendureProduct, AnIdThatIsTakenIsLookedAtAgainAndThenRejected) {
  const auto taken = refused("duplicate key value violates unique constraint \"UQ_1\"", "", "createProduct");
  const Shown late;
  const auto arrived = push({{"A", product("A", "Saw"), ""}}, {shown({}), taken, shown({}, {late.json()})});
  EXPECT_EQ(arrived.operation(3), "FerryCreateVariants");
  const auto deleted = verdict_of({shown({}), taken, shown({})});
  EXPECT_EQ(deleted.verdict, Verdict::rejected);
  EXPECT_THAT(deleted.reason, HasSubstr("perhaps a deleted one"));
}

TEST_F(VendureProduct, AChangeThatNeverShowsIsGivenUpForNow) {
  const Shown saw{.variants = {sibling("1", "A")}};
  const auto unchanged = shown({variant("1", "A", "Old", saw)});
  EXPECT_EQ(verdict_of({unchanged, done(), unchanged}).verdict, Verdict::retry);
  const auto exists = refused("A ProductVariant with the selected options already exists: Saw", "USER_INPUT_ERROR");
  EXPECT_EQ(verdict_of({shown({}, {Shown().json()}), exists}).verdict, Verdict::retry);
}

json::object group(const std::string& id) {
  const json::object option{{"id", id}, {"code", "A"}};
  return {{"id", id}, {"code", "erp-7"}, {"options", json::array{option}}};
}

TEST_F(VendureProduct, AGroupThatALateRequestAddedIsTakenAwayAfterTheRefusal) {
  const Shown before{.groups = {group("2")}}, after{.groups = {group("2"), group("1")}};
  const auto refusal = refused(
      "ProductVariant optionIds must include one optionId from each of the groups: erp-7, erp-7", "USER_INPUT_ERROR");
  const auto late = push({{"A", product("A", "Saw"), ""}},
                         {shown({}, {before.json()}), refusal, shown({}, {after.json()}), done(),
                          shown({}, {before.json()}), refusal});
  ASSERT_EQ(late.requests.size(), 6U);
  EXPECT_EQ(late.operation(3), "FerryRemoveOptionGroup");
  EXPECT_EQ(json::serialize(late.variables(3)), R"({"product":"1","group":"1"})");
  EXPECT_EQ(late.operation(5), "FerryCreateVariants");
  EXPECT_EQ(late.items[0].verdict, Verdict::rejected) << "it is looked at again once";
  const auto unchanged = verdict_of({shown({}, {before.json()}), refusal, shown({}, {before.json()})});
  EXPECT_EQ(unchanged.verdict, Verdict::rejected);
  EXPECT_THAT(unchanged.reason, HasSubstr("each of the groups"));
}

TEST_F(VendureProduct, ASettingThatIsNoFieldNameIsRefusedBeforeAnythingIsSent) {
  settings_.product_id_field = "a}b";
  const auto played = push({{"A", product("A", "Saw"), ""}}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_THAT(played.items[0].reason, HasSubstr("product_id_field"));
}

}  // namespace
}  // namespace ferry::vendure
