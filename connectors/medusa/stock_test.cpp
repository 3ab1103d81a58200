#include "connectors/medusa/stock.h"

#include <gmock/gmock.h>

#include "connectors/medusa/rest.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

std::string document(const std::string& sku, const std::string& quantity, const std::string& location = "null") {
  return R"({"sku":")" + sku + R"(","location":)" + location + R"(,"quantity":")" + quantity + "\"}";
}
OutboundItem item(const std::string& sku, const std::string& quantity, const std::string& acknowledged = "") {
  return {sku, document(sku, quantity), acknowledged.empty() ? "" : document(sku, acknowledged)};
}
json::object shown(const std::string& id, const std::string& sku, const std::string& stocked) {
  json::array levels = {json::object{{"location_id", "sloc_1"}, {"raw_stocked_quantity", raw(stocked)},
                                    {"stock_locations", json::array{json::object{{"name", "Main"}}}}}};
  return {{"id", id}, {"sku", sku}, {"location_levels", std::move(levels)}};
}
connector::HttpReply items(json::array rows) { return listed("inventory_items", std::move(rows)); }
connector::HttpReply written(std::initializer_list<std::string> ids, const std::string& location = "sloc_1") {
  json::array list;
  for (const auto& id : ids) list.push_back(json::object{{"inventory_item_id", id}, {"location_id", location}});
  return ok(json::object{{"created", json::array()}, {"updated", std::move(list)}});
}

class MedusaStock : public testing::Test {
 protected:
  MedusaStock() { settings_.stock_location = "Main"; }
  Played push(std::vector<OutboundItem> batch, std::vector<connector::HttpReply> replies) {
    batch_ = std::move(batch);
    return play(*make_stock_push(settings_, batch_), std::move(replies));
  }
  ItemVerdict only(OutboundItem one, std::vector<connector::HttpReply> replies) {
    const auto played = push({std::move(one)}, std::move(replies));
    return played.items.size() == 1 ? played.items.front() : ItemVerdict{};
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> batch_;
};

TEST_F(MedusaStock, LooksThenSetsWhatDiffersInOneRequest) {
  const auto played = push({item("A", "5"), item("B", "7")},
                           {items({shown("i1", "A", "9"), shown("i2", "B", "7")}), written({"i1"})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(
      played.requests[1].body,
      R"({"create":[],"update":[{"inventory_item_id":"i1","location_id":"sloc_1","stocked_quantity":5}]})");
  for (const auto& settled : played.items) EXPECT_EQ(settled.verdict, Verdict::delivered);
  EXPECT_TRUE(played.requests[0].idempotent);
  EXPECT_FALSE(played.requests[1].idempotent);
}

TEST_F(MedusaStock, WritesNothingWhenThePortalShowsEverythingAlready) {
  EXPECT_EQ(push({item("A", "5", "3")}, {items({shown("i1", "A", "5")})}).requests.size(), 1U);
}

TEST_F(MedusaStock, AnItemWithoutALevelAtTheLocationGetsOne) {
  settings_.stock_location = "sloc_2";
  const auto played = push({item("A", "5")}, {items({shown("i1", "A", "9")}), locations(), written({"i1"}, "sloc_2")});
  EXPECT_EQ(played.body(2).at("create").at(0).at("location_id"), "sloc_2");
  EXPECT_TRUE(played.body(2).at("update").as_array().empty());
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(push({item("A", "0")}, {items({shown("i1", "A", "9")}), locations()}).requests.size(), 2U)
      << "without a level it shows 0 already";
}

TEST_F(MedusaStock, ALevelThatSomebodyElseMadeIsLookedAtAgain) {
  settings_.stock_location = "WH2";
  const auto exists = refused(400, "invalid_data", "Inventory level with inventory_item_id: i1, …, already exists.");
  EXPECT_EQ(only(item("A", "5"), {items({shown("i1", "A", "9")}), locations(), exists}).verdict, Verdict::retry);
}

TEST_F(MedusaStock, NothingIsWrittenToALocationThatIsNotThere) {
  settings_.stock_location = "Elsewhere";
  const auto played = push({item("A", "5")}, {items({shown("i1", "A", "9")}), locations()});
  EXPECT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr(R"("Elsewhere"; it has "Main", "WH2")"));
}

TEST_F(MedusaStock, AskForTheLocationsOnlyWhereTheLevelsDoNotNameThem) {
  for (const auto* name : {"Main", "sloc_1"}) {
    settings_.stock_location = name;
    EXPECT_EQ(push({item("A", "5")}, {items({shown("i1", "A", "9")}), written({"i1"})}).requests.size(), 2U) << name;
  }
  settings_.stock_location = "WH2";
  EXPECT_EQ(push({item("A", "5")}, {items({})}).requests.size(), 1U) << "nothing to set anywhere";
}

TEST_F(MedusaStock, OfSeveralLocationsNoneIsGuessed) {
  settings_.stock_location = "";
  const auto several = only(item("A", "5"), {items({shown("i1", "A", "9")}), locations()});
  EXPECT_EQ(several.verdict, Verdict::rejected);
  EXPECT_THAT(several.reason, HasSubstr("set stock_location to one of"));
  const auto one = listed("stock_locations", {json::object{{"id", "sloc_1"}, {"name", "Main"}}});
  EXPECT_EQ(only(item("A", "5"), {items({shown("i1", "A", "9")}), one, written({"i1"})}).verdict, Verdict::delivered);
}

TEST_F(MedusaStock, TwoLocationsOfOneItemAreOneRequest) {
  const auto played =
      push({{"A", document("A", "5", "\"Main\""), ""}, {"A", document("A", "6", "\"WH2\""), ""}},
           {items({shown("i1", "A", "0")}), locations(),
            ok(json::object{{"created", json::array{json::object{{"inventory_item_id", "i1"}, {"location_id", "sloc_2"}}}},
                            {"updated", json::array{json::object{{"inventory_item_id", "i1"}, {"location_id", "sloc_1"}}}}})});
  ASSERT_EQ(played.items.size(), 2U);
  for (const auto& settled : played.items) EXPECT_EQ(settled.verdict, Verdict::delivered);
}

TEST_F(MedusaStock, TwoRecordsOfOneSkuAndLocationAreNotBothShown) {
  const auto played = push({item("A", "5"), item("A", "6")}, {items({shown("i1", "A", "0")}), written({"i1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
}

TEST_F(MedusaStock, RaisingANumberThatThePortalChangedItselfIsADrift) {
  const auto played = push({item("A", "100", "100")}, {items({shown("i1", "A", "98")})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::drifted);
  EXPECT_EQ(played.items[0].reason, "the portal shows 98 where it last confirmed 100");
}

TEST_F(MedusaStock, LoweringRaisingFromTheConfirmedAndSettingUncomparedAreWritten) {
  for (const auto& [wanted, confirmed] : {std::pair("90", "100"), std::pair("120", "98"), std::pair("120", "")})
    EXPECT_EQ(only(item("A", wanted, confirmed), {items({shown("i1", "A", "98")}), written({"i1"})}).verdict,
              Verdict::delivered);
}

TEST_F(MedusaStock, FractionsGoOutExactlyAndOtherQuantitiesDoNot) {
  const auto played = push({item("A", "7.123456")}, {items({shown("i1", "A", "7")}), written({"i1"})});
  EXPECT_EQ(played.body(1).at("update").at(0).at("stocked_quantity").to_number<double>(), 7.123456);
  for (const auto* quantity : {"-1", "1000000000000000", "123456789.1234567", "many", ""}) {
    const auto refused_at_once = push({item("A", quantity)}, {});
    EXPECT_TRUE(refused_at_once.requests.empty()) << quantity;
    ASSERT_EQ(refused_at_once.items.size(), 1U);
    EXPECT_EQ(refused_at_once.items[0].verdict, Verdict::rejected);
  }
}

TEST_F(MedusaStock, UnknownSkuIsAbsentAndItsNeighboursGoOut) {
  const auto played = push({item("A", "1"), item("NOPE", "1")}, {items({shown("i1", "A", "0")}), written({"i1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
}

TEST_F(MedusaStock, WhatCannotBeReadIsTakenForNeitherMissingNorNothing) {
  auto without_id = shown("i1", "A", "9"), without_sku = without_id, of_another_type = without_id, without_levels = without_id;
  without_id["id"] = "1\nlevel=error forged";
  without_sku["sku"] = nullptr;
  of_another_type["location_levels"].as_array()[0].as_object()["raw_stocked_quantity"] = 9;
  without_levels["location_levels"] = nullptr;
  for (const auto& row : {without_id, without_sku, of_another_type, without_levels})
    EXPECT_EQ(only(item("A", "0"), {items({row})}).verdict, Verdict::retry) << json::serialize(row);
  const auto nameless = listed("stock_locations", {json::object{{"id", "sloc_1"}, {"name", nullptr}}});
  settings_.stock_location = "WH2";
  EXPECT_EQ(only(item("A", "5"), {items({shown("i1", "A", "9")}), nameless}).verdict, Verdict::retry);
}

TEST_F(MedusaStock, AListThatIsCutIsRetried) {
  const auto cut = listed("inventory_items", {shown("i1", "A", "1")}, 2);
  for (const auto& settled : push({item("A", "7"), item("B", "8")}, {cut}).items)
    EXPECT_EQ(settled.verdict, Verdict::retry);
  settings_.stock_location = "WH2";
  EXPECT_EQ(only(item("A", "7"), {items({shown("i1", "A", "1")}), listed("stock_locations", {}, 1)}).verdict, Verdict::retry);
}

TEST_F(MedusaStock, WithdrawnRecordIsSetToZeroWhereItWas) {
  const auto played = push({{"A", "", document("A", "5")}}, {items({shown("i1", "A", "5")}), written({"i1"})});
  EXPECT_EQ(played.body(1).at("update").at(0).at("stocked_quantity"), 0);
  EXPECT_EQ(only({"A", "", ""}, {items({})}).verdict, Verdict::delivered) << "it is not there";
}

TEST_F(MedusaStock, RefusedBatchIsSplitAndARefusedRecordRejectedOrAbsent) {
  const auto refusal = refused(400, "invalid_data", "no");
  const auto gone = refused(404, "not_found", "Item i1 is not stocked at location sloc_1");
  const auto two = items({shown("i1", "A", "0"), shown("i2", "B", "0")});
  for (const auto& reply : {refusal, gone}) {
    for (const auto& settled : push({item("A", "1"), item("B", "1")}, {two, reply}).items)
      EXPECT_EQ(settled.verdict, Verdict::split);
  }
  EXPECT_EQ(only(item("A", "1"), {items({shown("i1", "A", "0")}), refusal}).verdict, Verdict::rejected);
  EXPECT_EQ(only(item("A", "1"), {items({shown("i1", "A", "0")}), gone}).verdict, Verdict::absent);
}

TEST_F(MedusaStock, LostAnswerIsAmbiguousOnlyForTheWrite) {
  const auto look = items({shown("i1", "A", "0")});
  EXPECT_EQ(only(item("A", "1"), {look, lost(true)}).verdict, Verdict::ambiguous);
  EXPECT_EQ(only(item("A", "1"), {look, lost(false)}).verdict, Verdict::retry);
  EXPECT_EQ(only(item("A", "1"), {lost(true)}).verdict, Verdict::retry);
  EXPECT_EQ(only(item("A", "1"), {look, written({})}).verdict, Verdict::retry) << "not named";
}

TEST_F(MedusaStock, LongSkusAreLookedForInSeveralRequestsBelowThePortalsLimit) {
  std::vector<OutboundItem> batch;
  for (int i = 0; i < 30; ++i) batch.push_back(item(std::string(900, 'x') + std::to_string(100 + i), "0"));
  const auto played = push(batch, {items({}), items({}), items({})});
  ASSERT_EQ(played.requests.size(), 3U);
  for (const auto& request : played.requests) EXPECT_LE(request.target.size(), kMaxTargetBytes);
  ASSERT_EQ(played.items.size(), 30U);
  for (const auto& settled : played.items) EXPECT_EQ(settled.verdict, Verdict::absent);
  EXPECT_EQ(only(item(std::string(1001, 'x'), "1"), {}).verdict, Verdict::rejected);
}

TEST(MedusaRest, WritesAnySkuIntoATargetAsOneValue) {
  const std::vector<std::string> skus = {"A&B=C D/\"\n\xc3\xbc"};
  EXPECT_EQ(targets("/x?a=b", "sku", skus),
            std::vector<std::string>{"/x?a=b&limit=1000&sku%5B%5D=A%26B%3DC%20D%2F%22%0A%C3%BC"});
  EXPECT_EQ(targets("/x?a=b", "sku", std::vector<std::string>(401, "A")).size(), 2U);
}

}  // namespace
}  // namespace ferry::medusa
