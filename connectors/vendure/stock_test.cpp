#include "connectors/vendure/stock.h"

#include <gmock/gmock.h>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

std::string document(const std::string& sku, int quantity) {
  return json::serialize(json::object{{"sku", sku}, {"location", nullptr}, {"quantity", std::to_string(quantity)}});
}
OutboundItem item(const std::string& sku, int quantity, std::optional<int> acknowledged = {}) {
  return {sku, document(sku, quantity), acknowledged ? document(sku, *acknowledged) : ""};
}
json::object variant(const std::string& id, const std::string& sku, int on_hand) {
  return {{"id", id},
          {"sku", sku},
          {"stockLevels", json::array{json::object{{"stockLocationId", "1"}, {"stockOnHand", on_hand}}}}};
}
connector::HttpReply shown(json::array variants, std::optional<std::size_t> total = {}) {
  const auto count = total.value_or(variants.size());
  return ok(json::serialize(json::object{
      {"data",
       {{"productVariants", {{"totalItems", count}, {"items", std::move(variants)}}},
        {"stockLocations", {{"items", {{{"id", "1"}, {"name", "Main"}}, {{"id", "2"}, {"name", "WH2"}}}}}}}}}));
}
connector::HttpReply written(std::initializer_list<std::string> ids) {
  json::array list;
  for (const auto& id : ids) list.push_back(json::object{{"id", id}});
  return ok(json::serialize(json::object{{"data", {{"updateProductVariants", list}}}}));
}

class VendureStock : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_stock_push(settings_, items_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureStock, AStockThatIsNoNumberIsNotTakenForNone) {
  auto unreadable = variant("1", "A", 9);
  for (const json::value& on_hand : {json::value(nullptr), json::value("9")}) {
    unreadable["stockLevels"].as_array()[0].as_object()["stockOnHand"] = on_hand;
    EXPECT_EQ(push({item("A", 0)}, {shown({unreadable})}).items[0].verdict, Verdict::retry) << on_hand;
  }
  unreadable["stockLevels"].as_array()[0].as_object()["stockLocationId"] = nullptr;
  EXPECT_EQ(push({item("A", 0)}, {shown({unreadable})}).items[0].verdict, Verdict::retry);
}

TEST_F(VendureStock, AVariantThatCannotBeReadIsNoMissingVariant) {
  for (const char* field : {"id", "sku"}) {
    auto unreadable = variant("1", "A", 9);
    unreadable[field] = nullptr;
    EXPECT_EQ(push({item("A", 5)}, {shown({unreadable})}).items[0].verdict, Verdict::retry) << field;
  }
}

TEST_F(VendureStock, LocationsThatCannotBeReadAreNoMissingLocation) {
  const auto answer = json::serialize(json::object{
      {"data",
       {{"productVariants", {{"totalItems", 1}, {"items", json::array{variant("1", "A", 9)}}}},
        {"stockLocations", {{"items", json::array{json::object{{"id", nullptr}, {"name", "Main"}}}}}}}}});
  EXPECT_EQ(push({item("A", 5)}, {ok(answer)}).items[0].verdict, Verdict::retry);
}

TEST_F(VendureStock, LooksThenSetsWhatDiffers) {
  const auto played =
      push({item("A", 5), item("B", 7)}, {shown({variant("1", "A", 9), variant("2", "B", 7)}), written({"1"})});
  ASSERT_EQ(played.requests.size(), 2U);
  EXPECT_EQ(json::serialize(played.variables(1)),
            R"({"input":[{"id":"1","stockLevels":[{"stockLocationId":"1","stockOnHand":5}]}]})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
  EXPECT_TRUE(played.requests[0].idempotent);
  EXPECT_FALSE(played.requests[1].idempotent);
}

TEST_F(VendureStock, WritesNothingWhenThePortalShowsEverythingAlready) {
  const auto played = push({item("A", 5, 3)}, {shown({variant("1", "A", 5)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureStock, SendsVariantsInNumericOrderSoThatBatchesCannotDeadlock) {
  const auto played =
      push({item("A", 1), item("B", 1), item("C", 1)},
           {shown({variant("10", "A", 0), variant("9", "B", 0), variant("100", "C", 0)}), written({"9", "10", "100"})});
  const auto input = played.variables(1).at("input").as_array();
  EXPECT_EQ(input[0].at("id"), "9");
  EXPECT_EQ(input[1].at("id"), "10");
  EXPECT_EQ(input[2].at("id"), "100");
}

TEST_F(VendureStock, RaisingANumberThatThePortalChangedItselfIsADrift) {
  const auto played = push({item("A", 100, 100)}, {shown({variant("1", "A", 98)})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::drifted);
  EXPECT_EQ(played.items[0].reason, "the portal shows 98 where it last confirmed 100");
}

TEST_F(VendureStock, LoweringIsWrittenAtOnceWhateverThePortalShows) {
  const auto played = push({item("A", 90, 100)}, {shown({variant("1", "A", 98)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureStock, RaisingIsWrittenWhenThePortalStillShowsWhatItConfirmed) {
  const auto played = push({item("A", 120, 100)}, {shown({variant("1", "A", 100)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureStock, AnItemWithoutAcknowledgedValueIsSetWithoutComparison) {
  const auto played = push({item("A", 120)}, {shown({variant("1", "A", 3)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureStock, UnknownSkuIsAbsentAndItsNeighboursGoOut) {
  const auto played = push({item("A", 1), item("NOPE", 1)}, {shown({variant("1", "A", 0)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::absent);
}

TEST_F(VendureStock, SkuOfTwoVariantsIsRejectedNamingBoth) {
  const auto played = push({item("A", 1)}, {shown({variant("1", "A", 0), variant("7", "A", 0)})});
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("ids 1 and 7"));
}

TEST_F(VendureStock, WhatCannotBeAnIdIsNoneAndReachesNoMessageOrRequest) {
  const std::string line_break = "1\nlevel=error forged", long_id(200, '1');
  for (const auto& id : {line_break, long_id, std::string("\u202e1"), std::string("\x1b[2J")}) {
    const auto played = push({item("A", 7)}, {shown({variant(id, "A", 1), variant(id, "A", 2)})});
    ASSERT_EQ(played.items.size(), 1U);
    EXPECT_EQ(played.items[0].verdict, Verdict::retry) << played.items[0].reason;
    EXPECT_EQ(played.requests.size(), 1U);
  }
}

TEST(Stories, A9_AListOfVariantsThatIsCutIsRetriedAndNothingIsTakenForAbsent) {
  const auto settings = test::settings();
  const std::vector<OutboundItem> items = {item("A", 7), item("B", 8)};
  const auto cut = play(*make_stock_push(settings, items), {shown({variant("1", "A", 1)}, 2), shown({}, 2)});
  ASSERT_EQ(cut.items.size(), 2U);
  for (const auto& settled : cut.items) {
    EXPECT_EQ(settled.verdict, Verdict::retry);
    EXPECT_EQ(settled.reason, "the portal listed 1 of the 2 variants that it has for the SKUs of this batch");
  }
  std::vector<connector::HttpReply> endless;
  for (int id = 1; id <= 20'000; id += 1000) {
    json::array page;
    for (int i = 0; i < 1000; ++i) page.push_back(variant(std::to_string(id + i), "X", 1));
    endless.push_back(shown(std::move(page), 1'000'000));
  }
  const auto unfiltered = play(*make_stock_push(settings, items), endless);
  EXPECT_EQ(unfiltered.requests.size(), 10U) << "bounded";
  ASSERT_EQ(unfiltered.items.size(), 2U);
  EXPECT_EQ(unfiltered.items[0].verdict, Verdict::retry);
  EXPECT_EQ(unfiltered.items[0].reason, "the portal listed 10000 of the 1000000 variants that it has for the SKUs of this batch");
  std::vector<connector::HttpReply> in_circles(20, shown({variant("1", "X", 1)}, 1'000'000));
  EXPECT_EQ(play(*make_stock_push(settings, items), in_circles).requests.size(), 2U) << "a page that repeats itself ends it";
}

TEST(Stories, A12_AFullBatchIsOneLookAndOneWriteAndAnUnchangedOneNoWrite) {
  const auto settings = test::settings();
  for (const int count : {1, 99, 100}) {
    std::vector<OutboundItem> items;
    json::array before, after;
    for (int i = 0; i < count; ++i) {
      const auto n = std::to_string(i + 1);
      items.push_back(item("SKU-" + n, 7));
      before.push_back(variant(n, "SKU-" + n, 1));
      after.push_back(json::object{{"id", n}});
    }
    const json::object confirmed{{"data", {{"updateProductVariants", after}}}};
    const auto changed = play(*make_stock_push(settings, items), {shown(before), ok(json::serialize(confirmed))});
    EXPECT_EQ(changed.requests.size(), 2U) << count;
    ASSERT_EQ(changed.items.size(), items.size());
    for (const auto& settled : changed.items) EXPECT_EQ(settled.verdict, Verdict::delivered);
    for (auto& one : before) one.at("stockLevels").at(0).at("stockOnHand") = 7;
    EXPECT_EQ(play(*make_stock_push(settings, items), {shown(before)}).requests.size(), 1U) << count;
  }
}

TEST_F(VendureStock, ReadsFurtherPagesOfVariants) {
  const auto played =
      push({item("A", 1), item("B", 1)}, {shown({variant("1", "A", 1)}, 2), shown({variant("2", "B", 1)}, 2)});
  EXPECT_EQ(played.variables(1).at("skip"), 1);
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
}

TEST_F(VendureStock, PagesThatOverlapAreReadAgainAndNeitherVariantIsTakenForDoubled) {
  const auto played =
      push({item("A", 1), item("B", 1)}, {shown({variant("2", "B", 1)}, 2), shown({variant("2", "B", 1)}, 2)});
  ASSERT_EQ(played.items.size(), 2U);
  for (const auto& settled : played.items) {
    EXPECT_EQ(settled.verdict, Verdict::retry);
    EXPECT_EQ(settled.reason, "the portal listed variant 2 twice: its list moved");
  }
}

TEST_F(VendureStock, WithdrawnRecordIsSetToZeroWhereItWas) {
  const auto played = push({{"A", "", R"({"sku":"A","location":"WH2","quantity":"5"})"}},
                           {shown({variant("1", "A", 5)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.requests.size(), 1U);  // nothing is shown at WH2: nothing to write
  const auto at_main = push({{"A", "", document("A", 5)}}, {shown({variant("1", "A", 5)}), written({"1"})});
  EXPECT_EQ(json::serialize(at_main.variables(1)),
            R"({"input":[{"id":"1","stockLevels":[{"stockLocationId":"1","stockOnHand":0}]}]})");
}

TEST_F(VendureStock, WithdrawingWhatThePortalDoesNotHaveIsDone) {
  EXPECT_EQ(push({{"A", "", ""}}, {shown({})}).items[0].verdict, Verdict::delivered);
}

TEST_F(VendureStock, TwoLocationsOfOneVariantAreOneChange) {
  const auto played = push({{"A", R"({"sku":"A","location":"Main","quantity":"5"})", ""},
                            {"A", R"({"sku":"A","location":"WH2","quantity":"6"})", ""}},
                           {shown({variant("1", "A", 0)}), written({"1"})});
  EXPECT_EQ(played.variables(1).at("input").as_array().size(), 1U);
  EXPECT_EQ(played.variables(1).at("input").at(0).at("stockLevels").as_array().size(), 2U);
  EXPECT_EQ(played.items.size(), 2U);
}

TEST_F(VendureStock, TwoRecordsOfOneSkuAndLocationAreNotBothShown) {
  const auto played = push({item("A", 5), item("A", 6)}, {shown({variant("1", "A", 0)}), written({"1"})});
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
}

TEST_F(VendureStock, UnknownLocationIsRejectedNamingThoseThereAre) {
  settings_.stock_location = "Elsewhere";
  const auto played = push({item("A", 5)}, {shown({variant("1", "A", 0)})});
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr(R"("Elsewhere"; it has "Main", "WH2")"));
}

TEST_F(VendureStock, ChannelsLocationMayBeNamedOrGivenById) {
  for (const auto* location : {"WH2", "2"}) {
    settings_.stock_location = location;
    const auto played = push({item("A", 5)}, {shown({variant("1", "A", 0)}), written({"1"})});
    EXPECT_EQ(played.variables(1).at("input").at(0).at("stockLevels").at(0).at("stockLocationId"), "2");
  }
}

TEST_F(VendureStock, ImpossibleQuantitiesNeverReachThePortal) {
  for (const auto* quantity : {"-1", "1.5", "2147483648", "many", ""}) {
    const auto played =
        push({{"A", std::string(R"({"sku":"A","location":null,"quantity":")") + quantity + "\"}", ""}}, {});
    EXPECT_TRUE(played.requests.empty()) << quantity;
    ASSERT_EQ(played.items.size(), 1U);
    EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  }
}

TEST_F(VendureStock, RefusedBatchIsSplitAndARefusedRecordRejected) {
  const auto refusal = refused("insert or update on table \"stock_level\" violates foreign key constraint");
  const auto batch = push({item("A", 1), item("B", 1)}, {shown({variant("1", "A", 0), variant("2", "B", 0)}), refusal});
  EXPECT_EQ(batch.items[0].verdict, Verdict::split);
  EXPECT_EQ(batch.items[1].verdict, Verdict::split);
  EXPECT_EQ(push({item("A", 1)}, {shown({variant("1", "A", 0)}), refusal}).items[0].verdict, Verdict::rejected);
}

TEST_F(VendureStock, VariantDeletedBetweenLookAndWriteIsFoundByBisection) {
  const auto gone = refused("No ProductVariant with the id \"2\" could be found", "ENTITY_NOT_FOUND");
  const auto batch = push({item("A", 1), item("B", 1)}, {shown({variant("1", "A", 0), variant("2", "B", 0)}), gone});
  EXPECT_EQ(batch.items[0].verdict, Verdict::split);
  EXPECT_EQ(push({item("B", 1)}, {shown({variant("2", "B", 0)}), gone}).items[0].verdict, Verdict::absent);
}

TEST_F(VendureStock, DeadlockIsRetriedAndALostAnswerIsAmbiguous) {
  EXPECT_EQ(push({item("A", 1)}, {shown({variant("1", "A", 0)}), refused("deadlock detected")}).items[0].verdict,
            Verdict::retry);
  EXPECT_EQ(push({item("A", 1)}, {shown({variant("1", "A", 0)}), lost(true)}).items[0].verdict, Verdict::ambiguous);
  EXPECT_EQ(push({item("A", 1)}, {shown({variant("1", "A", 0)}), lost(false)}).items[0].verdict, Verdict::retry);
  EXPECT_EQ(push({item("A", 1)}, {lost(true)}).items[0].verdict, Verdict::retry);
}

TEST_F(VendureStock, VariantThatTheAnswerDoesNotNameIsTriedAgain) {
  const auto played = push({item("A", 1)}, {shown({variant("1", "A", 0)}), written({})});
  EXPECT_EQ(played.items[0].verdict, Verdict::retry);
}

// So many variants with ids of the greatest length that the batch does not fit into one request.
class VendureLargeStock : public VendureStock {
 protected:
  static constexpr std::size_t kItems = 1000;
  VendureLargeStock() {
    json::array changed;
    for (std::size_t i = 0; i < kItems; ++i) {
      const auto sku = std::to_string(i), id = std::to_string(1000 + i) + std::string(96, 'x');
      batch_.push_back(item(sku, 1));
      variants_.push_back(variant(id, sku, 0));
      changed.push_back(json::object{{"id", id}});
    }
    written_ = ok(json::serialize(json::object{{"data", {{"updateProductVariants", changed}}}}));
  }
  std::vector<OutboundItem> batch_;
  json::array variants_;
  connector::HttpReply written_;  // confirms them all
};

TEST_F(VendureLargeStock, IsSentInSeveralRequestsBelowThePortalsLimit) {
  const auto played = push(batch_, {shown(variants_), written_, written_});
  ASSERT_EQ(played.requests.size(), 3U);
  for (const auto& request : played.requests) EXPECT_LE(request.body.size(), kMaxBodyBytes);
  ASSERT_EQ(played.items.size(), kItems);
  for (const auto& settled : played.items) EXPECT_EQ(settled.verdict, Verdict::delivered);
}

TEST_F(VendureLargeStock, RestIsNotSentAfterALostAnswerAndIsNotAmbiguous) {
  const auto played = push(batch_, {shown(variants_), lost(true)});
  ASSERT_EQ(played.items.size(), kItems);
  EXPECT_EQ(played.items.front().verdict, Verdict::ambiguous);
  EXPECT_EQ(played.items.back().verdict, Verdict::retry);
}

TEST_F(VendureLargeStock, RestIsSentAfterARefusal) {
  const auto played = push(batch_, {shown(variants_), refused("out of range"), written_});
  ASSERT_EQ(played.items.size(), kItems);
  EXPECT_EQ(played.items.front().verdict, Verdict::split);
  EXPECT_EQ(played.items.back().verdict, Verdict::delivered);
}

TEST_F(VendureStock, SkusTooLongForOneLookAreNarrowedDown) {
  const std::string sku(60'000, 'x');
  const auto batch = push({item(sku + "1", 1), item(sku + "2", 1)}, {});
  EXPECT_TRUE(batch.requests.empty());
  EXPECT_EQ(batch.items[0].verdict, Verdict::split);
  EXPECT_EQ(push({item(sku + sku, 1)}, {}).items[0].verdict, Verdict::rejected);
}

}  // namespace
}  // namespace ferry::vendure
