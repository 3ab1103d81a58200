#include "connectors/medusa/product.h"

#include <gmock/gmock.h>

#include "connectors/medusa/product_step.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;
using testing::StartsWith;

std::string document(const std::string& sku, const std::string& name = "Saw", const std::string& of = "7",
                     json::array categories = {}, json::array images = {}) {
  return json::serialize(json::object{{"sku", sku},
                                      {"product", of},
                                      {"name", name},
                                      {"description", "fine"},
                                      {"unit", "u"},
                                      {"digits", 0},
                                      {"categories", std::move(categories)},
                                      {"attributes", json::object()},
                                      {"images", std::move(images)}});
}
json::object variant(const std::string& id, const std::string& sku, bool is_withdrawn = false, const std::string& title = "Saw") {
  json::object metadata{{"erp_unit", "u"}};
  if (is_withdrawn) metadata["erp_withdrawn"] = true;
  return {{"id", id}, {"sku", sku}, {"title", title}, {"metadata", std::move(metadata)}};
}
json::object option(const std::string& title, std::initializer_list<std::string> names) {
  json::array values;
  for (const auto& name : names) values.push_back(json::object{{"value", name}});
  return {{"id", "opt"}, {"title", title}, {"values", std::move(values)}};
}
json::object product(const std::string& id, json::array variants, const std::string& of = "7") {
  json::value owner;
  if (!of.empty()) owner = of;
  return {{"id", id},
          {"title", "Saw"},
          {"description", "fine"},
          {"status", "published"},
          {"external_id", owner},
          {"thumbnail", nullptr},
          {"images", json::array()},
          {"categories", json::array()},
          {"options", json::array{option("Variant", {"A"})}},
          {"variants", std::move(variants)}};
}
json::object image(const std::string& id, const std::string& name) {
  return {{"id", id}, {"url", "https://img.example/" + name}};
}
json::object category(const std::string& id, const std::string& path) {
  return {{"id", id}, {"metadata", path.empty() ? json::value() : json::object{{"erp_category", path}}}};
}
HttpReply shown(json::array rows = {}) { return listed("products", std::move(rows)); }
HttpReply categories(json::array rows = {}) { return listed("product_categories", std::move(rows)); }
HttpReply store() { return listed("stores", {json::object{{"id", "s"}, {"default_sales_channel_id", "sc"}}}); }
HttpReply profiles() {
  return listed("shipping_profiles", {json::object{{"id", "sp1"}, {"type", "bulky"}}, json::object{{"id", "sp2"}, {"type", "default"}}});
}
HttpReply now(json::object shown) { return ok(json::object{{"product", std::move(shown)}}); }
HttpReply made(json::object shown) { return ok(json::object{{"product_category", std::move(shown)}}); }

class MedusaProduct : public testing::Test {
 protected:
  MedusaProduct() {
    settings_.product_keys = {{"unit", "erp_unit"}, {"attributes", "erp_attributes"}};
    settings_.category_key = "erp_category";
  }
  Played push(std::vector<OutboundItem> items, std::vector<HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_product_push(settings_, items_), std::move(replies));
  }
  ItemVerdict only(const std::string& text, std::vector<HttpReply> replies) {
    const auto played = push({{"A", text, ""}}, std::move(replies));
    return played.items.size() == 1 ? played.items.front() : ItemVerdict{};
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(MedusaProduct, OneThatIsRightIsLookedAtAndLeftAlone) {
  const auto saw = product("p1", {variant("v1", "A")});
  const auto played = push({{"A", document("A"), ""}}, {shown({saw}), shown({saw})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_THAT(played.requests[0].target, HasSubstr("&variants%5Bsku%5D%5B%5D=A"));
  EXPECT_THAT(played.requests[1].target, HasSubstr("&external_id%5B%5D=7"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaProduct, IsMadePublishedWithItsFirstVariantWithoutAPrice) {
  const auto played = push({{"A", document("A", "Saw", "7", {}, {"https://img.example/a.png"}), ""}},
                           {shown(), shown(), store(), profiles(), now(product("p1", {variant("v1", "A")}))});
  ASSERT_EQ(played.requests.size(), 6U) << "the image is not shown yet, and asked for once more";
  EXPECT_EQ(played.body(4),
            json::parse(R"({"title":"Saw","handle":"erp-7","external_id":"7","status":"published","description":"fine",)"
                        R"("options":[{"title":"Variant","values":["A"]}],"shipping_profile_id":"sp2","sales_channels":[{"id":"sc"}],)"
                        R"("images":[{"url":"https://img.example/a.png"}],"variants":[{"title":"Saw","sku":"A","manage_inventory":true,)"
                        R"("prices":[],"options":{"Variant":"A"},"metadata":{"erp_unit":"u"}}]})"));
}

TEST_F(MedusaProduct, AFurtherVariantGetsAValueOfItsOwn) {
  auto before = product("p1", {variant("v1", "A")}), between = before, after = before;
  between["options"] = after["options"] = json::array{option("Variant", {"A", "B"})};
  after["variants"] = json::array{variant("v1", "A"), variant("v2", "B")};
  const auto played = push({{"B", document("B"), ""}}, {shown(), shown({before}), now(between), now(after)});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.body(2), json::parse(R"({"update":[{"product_option_id":"opt","add":[{"value":"B"}]}]})"));
  EXPECT_THAT(played.requests[3].target, StartsWith("/admin/products/p1/variants?fields="));
  EXPECT_EQ(played.body(3).at("options"), json::parse(R"({"Variant":"B"})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  before["options"] = json::array{option("Size", {"S"}), option("Colour", {"red"})};
  const auto own = push({{"B", document("B"), ""}}, {shown(), shown({before})});
  EXPECT_EQ(own.requests.size(), 2U);
  EXPECT_EQ(own.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(own.items[0].reason, HasSubstr("options of its own"));
  before["options"] = json::array();
  EXPECT_EQ(push({{"B", document("B"), ""}}, {shown(), shown({before})}).items[0].verdict, Verdict::retry);
}

TEST_F(MedusaProduct, TwoVariantsOfOneNewProductMakeOneProduct) {
  auto first = product("p1", {variant("v1", "A")}), between = first, both = first;
  between["options"] = both["options"] = json::array{option("Variant", {"A", "B"})};
  both["variants"] = json::array{variant("v1", "A"), variant("v2", "B")};
  const auto played = push({{"A", document("A"), ""}, {"B", document("B"), ""}},
                           {shown(), shown(), store(), profiles(), now(first), now(between), now(both)});
  ASSERT_EQ(played.requests.size(), 7U);
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered) << item.reason;
}

TEST_F(MedusaProduct, WhatAPersonMadeBecomesTheTemplatesBeforeAnythingIsMadeForASibling) {
  const auto own = product("p1", {variant("v1", "A")}, "");
  const auto adopted = product("p1", {variant("v1", "A")});
  const auto played = push({{"B", document("B"), ""}, {"A", document("A"), ""}}, {shown({own}), shown(), store(), profiles(), now(adopted)});
  ASSERT_GE(played.requests.size(), 6U);
  EXPECT_EQ(played.body(4), json::parse(R"({"external_id":"7"})"));
  EXPECT_THAT(played.requests[5].target, StartsWith("/admin/products/p1/options/batch?"));
}

TEST_F(MedusaProduct, WhatDiffersIsChangedAndNothingElse) {
  auto old = product("p1", {variant("v1", "A", false, "Old")});
  old["title"] = "Old";
  old["status"] = "draft";
  auto between = old;
  between["variants"] = json::array{variant("v1", "A")};
  const auto played = push({{"A", document("A"), ""}}, {shown({old}), shown({old}), now(between), now(product("p1", {variant("v1", "A")}))});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_THAT(played.requests[2].target, StartsWith("/admin/products/p1/variants/v1?"));
  EXPECT_EQ(played.body(2), json::parse(R"({"title":"Saw"})"));
  EXPECT_EQ(played.body(3), json::parse(R"({"title":"Saw","status":"published"})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaProduct, TheTitleOfSeveralFollowsOnlyWhoseItWas) {
  const auto several = product("p1", {variant("v1", "A", false, "Axe"), variant("v2", "B")});
  const auto kept = push({{"A", document("A", "Axe"), document("A", "Other")}}, {shown({several}), shown({several})});
  EXPECT_EQ(kept.requests.size(), 2U);
  const auto followed = push({{"A", document("A", "Axe"), document("A", "Saw")}}, {shown({several}), shown({several})});
  ASSERT_EQ(followed.requests.size(), 3U);
  EXPECT_EQ(followed.body(2), json::parse(R"({"title":"Axe"})"));
}

TEST_F(MedusaProduct, CategoriesAreMadeFromTheTopAndThoseOfPeopleStay) {
  auto saw = product("p1", {variant("v1", "A")});
  saw["categories"] = json::array{category("c1", "Old"), category("c9", "")};
  auto right = saw;
  right["categories"] = json::array{category("c3", "Tools / Saws"), category("c9", "")};
  const auto played = push({{"A", document("A", "Saw", "7", {"Tools / Saws"}), ""}},
                           {shown({saw}), shown({saw}), categories({category("c1", "Old"), category("c9", "")}),
                            made(category("c2", "Tools")), made(category("c3", "Tools / Saws")), now(right)});
  ASSERT_EQ(played.requests.size(), 6U);
  EXPECT_EQ(played.body(3).at("name"), "Tools");
  EXPECT_FALSE(played.body(3).as_object().contains("parent_category_id"));
  EXPECT_EQ(played.body(4).at("name"), "Saws");
  EXPECT_EQ(played.body(4).at("parent_category_id"), "c2");
  EXPECT_EQ(played.body(5), json::parse(R"({"categories":[{"id":"c3"},{"id":"c9"}]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaProduct, ImagesThatTheErpNamedBeforeGoAndThoseOfPeopleStay) {
  auto saw = product("p1", {variant("v1", "A")});
  saw["images"] = json::array{image("i1", "old"), image("i2", "own")};
  saw["thumbnail"] = "https://img.example/old";
  auto right = saw;
  right["images"] = json::array{image("i3", "new"), image("i2", "own")};
  const auto wanted = document("A", "Saw", "7", {}, {"https://img.example/new"});
  const auto played = push({{"A", wanted, document("A", "Saw", "7", {}, {"https://img.example/old"})}},
                           {shown({saw}), shown({saw}), now(right)});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.body(2), json::parse(R"({"thumbnail":"https://img.example/new","images":[{"url":"https://img.example/new"},)"
                                        R"({"url":"https://img.example/own","id":"i2"}]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaProduct, AVariantIsMarkedAndItsProductGoesWithTheLast) {
  const auto gone = [](const std::string& sku) { return OutboundItem{sku, "", document(sku)}; };
  const auto both = product("p1", {variant("v1", "A"), variant("v2", "B")});
  const auto one = product("p1", {variant("v1", "A", true), variant("v2", "B")});
  const auto none = product("p1", {variant("v1", "A", true), variant("v2", "B", true)});
  auto draft = none;
  draft["status"] = "draft";
  const auto played = push({gone("A"), gone("B")}, {shown({both}), now(one), now(none), now(draft)});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.body(1), json::parse(R"({"metadata":{"erp_withdrawn":true}})"));
  EXPECT_EQ(played.body(3), json::parse(R"({"status":"draft"})"));
  for (const auto& item : played.items) EXPECT_EQ(item.verdict, Verdict::delivered);
  const auto nobodys = product("p1", {variant("v1", "A")}, "");
  const auto theirs = push({{"A", "", ""}}, {shown({nobodys}), shown({nobodys})});
  EXPECT_EQ(theirs.requests.size(), 2U) << "a person's is left alone";
  EXPECT_EQ(theirs.items.at(0).verdict, Verdict::delivered);
  const auto lost = push({gone("A")}, {shown({nobodys}), shown({nobodys})});
  EXPECT_EQ(lost.items.at(0).verdict, Verdict::retry) << "it was Ferry's";
  EXPECT_THAT(lost.items.at(0).reason, HasSubstr("has lost its external id \"7\""));
  const auto nameless = push({gone("A")}, {shown({product("p1", {variant("v1", "")})}), shown({product("p1", {variant("v1", "")})})});
  EXPECT_EQ(nameless.items.at(0).verdict, Verdict::retry) << "asked for by its SKU, and listed without it";
  const auto absent = push({gone("A")}, {shown({}), shown({})});
  EXPECT_EQ(absent.items.at(0).verdict, Verdict::delivered);
  const auto garbled = push({gone("A")}, {shown({nobodys}), shown({product("p1", {variant("v1", "A"), variant("v2", "B")})}), now(one)});
  EXPECT_EQ(garbled.body(2), json::parse(R"({"metadata":{"erp_withdrawn":true}})")) << "an answer had lost the id";
  const auto back = push({{"A", document("A"), ""}}, {shown({draft}), shown({draft}), now(one)});
  EXPECT_EQ(back.body(2), json::parse(R"({"metadata":{"erp_withdrawn":""}})"));
}

TEST_F(MedusaProduct, WhatIsAmbiguousIsForAPersonAndNothingIsWritten) {
  const auto elsewhere = product("p1", {variant("v1", "A")}, "9");
  EXPECT_THAT(only(document("A"), {shown({elsewhere}), shown()}).reason, HasSubstr(R"(below product "9", the ERP below "7")"));
  const auto two = only(document("A"), {shown(), shown({product("p1", {variant("v1", "B")}), product("p2", {variant("v2", "C")})})});
  EXPECT_EQ(two.verdict, Verdict::rejected);
  EXPECT_THAT(two.reason, HasSubstr("p1 and p2"));
  const auto other = only(document("A"), {shown({product("p1", {variant("v1", "A")}, "")}), shown({product("p2", {variant("v2", "B")})})});
  EXPECT_EQ(other.verdict, Verdict::rejected);
  EXPECT_THAT(only(R"({"sku":"A","product":"7","description":"x"})", {shown(), shown(), store(), profiles()}).reason,
              HasSubstr("setting 'owner'"));
}

TEST_F(MedusaProduct, ALostOrStaleAnswerNeverMakesTwo) {
  EXPECT_EQ(only(document("A"), {shown(), shown(), store(), profiles(), lost(true)}).verdict, Verdict::ambiguous);
  const auto late = refused(400, "invalid_data", "Product with handle: erp-7, already exists.");
  EXPECT_EQ(only(document("A"), {shown(), shown(), store(), profiles(), late}).verdict, Verdict::retry) << "the next attempt finds it";
  EXPECT_EQ(only(document("A"), {shown(), shown(), store(), profiles(), ok(json::object{})}).verdict, Verdict::retry);
  EXPECT_EQ(only(document("A"), {listed("products", {}, 1)}).verdict, Verdict::retry) << "a list that is cut";
}

TEST_F(MedusaProduct, AHandleIsTheSameForTheSameTextOnly) {
  EXPECT_EQ(handle_of("7"), "erp-7");
  EXPECT_THAT(handle_of("Tools / Saws"), StartsWith("erp-tools-saws-"));
  EXPECT_NE(handle_of("Tools / Saws"), handle_of("tools-saws"));
  EXPECT_EQ(handle_of("Ä"), handle_of("Ä"));
  EXPECT_NE(handle_of("Ä"), handle_of("Ö"));
}

TEST_F(MedusaProduct, ReadsBackWhatIsPublished) {
  auto draft = product("p3", {variant("v4", "D")});
  draft["status"] = "draft";
  const auto survey = make_product_survey(settings_, "100");
  auto step = survey->start();
  EXPECT_THAT(std::get<Send>(step).request.target, HasSubstr("&limit=100&offset=100"));
  step = survey->on_reply(listed("products", {product("p1", {variant("v1", "A")}), product("p2", {variant("v2", "B"), variant("v3", "C", true)}),
                                              draft, product("p4", {variant("v5", "E")}, "")}, 205));
  EXPECT_TRUE(std::holds_alternative<PullFailed>(step)) << "a page that lacks rows";
  const auto again = make_product_survey(settings_, "100");
  (void)again->start();
  step = again->on_reply(listed("products", {product("p1", {variant("v1", "A")}), product("p2", {variant("v2", "B"), variant("v3", "C", true)}),
                                             draft, product("p4", {variant("v5", "E")}, "")}, 104));
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& page = std::get<SurveyPage>(step);
  ASSERT_EQ(page.records.size(), 2U);
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","product":"7","name":"Saw","description":"fine"})");
  EXPECT_EQ(page.records[1].document, R"({"sku":"B","product":"7","name":"Saw"})");
  EXPECT_EQ(page.next_cursor, "");
}

}  // namespace
}  // namespace ferry::medusa
