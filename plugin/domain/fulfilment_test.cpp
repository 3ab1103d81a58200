#include "plugin/domain/fulfilment.h"

#include <gmock/gmock.h>

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

const std::vector<Shipment> kOne = {{"S-1", "DHL", "T1", {{"A", 4}}}};
const std::vector<Shipment> kTwo = {{"S-1", "", "", {{"A", 4}}}, {"S-2", "", "", {{"A", 6}, {"B", 1}}}};

std::vector<OrderedLine> ordered(std::int64_t fulfilled_of_a = 0, std::int64_t fulfilled_of_b = 0) {
  return {{"1", "A", 10, fulfilled_of_a}, {"2", "B", 1, fulfilled_of_b}};
}

TEST(Fulfilment, OfAShipmentThatIsNotThereTakesItsLines) {
  const auto lines = ordered();
  const auto plan = plan_fulfilment("X", kOne, lines, {});
  ASSERT_EQ(plan.shipment, kOne.data());
  EXPECT_THAT(plan.lines, ElementsAre(Pair("1", 4)));
  EXPECT_EQ(plan.taken_back, "");
}

TEST(Fulfilment, EachShipmentIsAStepOfItsOwn) {
  const auto lines = ordered(4);
  const std::vector<Fulfilment> first = {{"f1", "S-1", {{"A", 4}}, true}};
  const auto plan = plan_fulfilment("X", kTwo, lines, first);
  ASSERT_EQ(plan.shipment, &kTwo[1]);
  EXPECT_THAT(plan.lines, ElementsAre(Pair("1", 6), Pair("2", 1)));
  const std::vector<Fulfilment> both = {first[0], {"f2", "S-2", {{"A", 6}, {"B", 1}}, true}};
  const auto done = plan_fulfilment("X", kTwo, ordered(10, 1), both);
  EXPECT_EQ(done.shipment, nullptr);
  EXPECT_THAT(done.problems, IsEmpty());
}

TEST(Fulfilment, TakesSeveralLinesOfOneSkuInTurn) {
  const std::vector<OrderedLine> lines = {{"1", "A", 3, 1}, {"2", "A", 5, 0}};
  EXPECT_THAT(plan_fulfilment("X", kOne, lines, {}).lines, ElementsAre(Pair("1", 2), Pair("2", 2)));
}

TEST(Fulfilment, OfWhichAPartIsThereIsCompleted) {
  const std::vector<Fulfilment> part = {{"f1", "S-1", {{"A", 1}}, true}};
  EXPECT_THAT(plan_fulfilment("X", kOne, ordered(1), part).lines, ElementsAre(Pair("1", 3)));
}

// A request that was given up, and was applied after the next one.
TEST(Fulfilment, ThatIsThereTwiceIsTakenBackOnce) {
  const std::vector<Fulfilment> twice = {{"f1", "S-1", {{"A", 4}}, false}, {"f2", "S-1", {{"A", 4}}, true}};
  const auto plan = plan_fulfilment("X", kOne, ordered(8), twice);
  EXPECT_EQ(plan.taken_back, "f1") << "the other one has left";
  const std::vector<Fulfilment> gone = {{"f1", "S-1", {{"A", 4}}, true}, {"f2", "S-1", {{"A", 4}}, true}};
  EXPECT_EQ(plan_fulfilment("X", kOne, ordered(8), gone).taken_back, "f2");
  const std::vector<Fulfilment> parts = {{"f1", "S-1", {{"A", 1}}, true}, {"f2", "S-1", {{"A", 3}}, false}};
  EXPECT_EQ(plan_fulfilment("X", kOne, ordered(4), parts).taken_back, "");
}

TEST(Fulfilment, ThatLeavesTooLittleForAnotherIsTakenBackFirst) {
  const std::vector<Fulfilment> twice = {{"f1", "S-1", {{"A", 4}}, true}, {"f2", "S-1", {{"A", 4}}, false}};
  EXPECT_EQ(plan_fulfilment("X", kTwo, ordered(8), twice).taken_back, "f2");
}

TEST(Fulfilment, EnteredByHandWithTheSamePiecesIsThatParcel) {
  const std::vector<Fulfilment> by_hand = {{"f1", "", {{"A", 4}}, true}};
  const auto plan = plan_fulfilment("X", kOne, ordered(4), by_hand);
  EXPECT_EQ(plan.shipment, nullptr);
  EXPECT_THAT(plan.problems, IsEmpty());
  const std::vector<Shipment> alike = {{"S-1", "", "", {{"A", 4}}}, {"S-2", "", "", {{"A", 4}}}};
  EXPECT_EQ(plan_fulfilment("X", alike, ordered(4), by_hand).shipment, &alike[1]) << "one parcel is one shipment";
}

TEST(Fulfilment, WithANumberThatTheErpDoesNotKnowIsAnothers) {
  const std::vector<Fulfilment> other = {{"f1", "DE", {{"A", 4}}, true}};
  EXPECT_EQ(plan_fulfilment("X", kOne, ordered(4), other).shipment, nullptr);
}

TEST(Fulfilment, OfMoreThanIsLeftIsNotMadeAndSaysWhy) {
  const std::vector<Fulfilment> by_hand = {{"f1", "", {{"A", 8}}, true}};
  const auto plan = plan_fulfilment("X", kOne, ordered(8), by_hand);
  EXPECT_EQ(plan.shipment, nullptr);
  EXPECT_THAT(plan.problems,
              ElementsAre("portal order \"X\": shipment \"S-1\" sent 4 of SKU \"A\", and the portal has 2 left to fulfil: of "
                          "10, 8 are fulfilled there already; correct its fulfilments and replay this, or discard it"));
}

TEST(Fulfilment, OneThatCannotBeMadeStopsOnlyItself) {
  const std::vector<Shipment> shipments = {{"S-1", "", "", {{"A", 4}, {"Z", 1}}}, {"S-2", "", "", {{"B", 1}}}};
  const auto plan = plan_fulfilment("X", shipments, ordered(), {});
  EXPECT_EQ(plan.shipment, &shipments[1]);
  const std::vector<Fulfilment> second = {{"f1", "S-2", {{"B", 1}}, true}};
  const auto rest = plan_fulfilment("X", shipments, ordered(0, 1), second);
  EXPECT_EQ(rest.shipment, nullptr);
  EXPECT_THAT(rest.problems, ElementsAre(HasSubstr("1 of SKU \"Z\", which is not on the order")));
}

// The product has another SKU now than when its parcel was told.
TEST(Fulfilment, OfAProductThatWasRenamedSinceIsLeftAlone) {
  const std::vector<Shipment> renamed = {{"S-1", "", "", {{"A2", 4}}}};
  const std::vector<Fulfilment> told = {{"f1", "S-1", {{"A", 4}}, true}};
  const auto plan = plan_fulfilment("X", renamed, ordered(4), told);
  EXPECT_EQ(plan.shipment, nullptr);
  EXPECT_EQ(plan.taken_back, "");
  EXPECT_THAT(plan.problems, IsEmpty());
}

TEST(Fulfilment, OfThousandsOfLinesIsMadeInParts) {
  std::vector<OrderedLine> lines;
  std::vector<Shipment> large = {{"S-1", "", "", {}}};
  for (int i = 0; i < 1200; ++i) {
    const auto name = std::to_string(i);
    lines.push_back({name, "SKU" + name, 1, 0});
    large[0].pieces["SKU" + name] = 1;
  }
  std::vector<Fulfilment> known;
  std::vector<std::size_t> sizes;
  for (;;) {
    const auto plan = plan_fulfilment("X", large, lines, known);
    if (plan.shipment == nullptr) break;
    ASSERT_LT(sizes.size(), 10U);
    sizes.push_back(plan.lines.size());
    Fulfilment made{"f" + std::to_string(sizes.size()), "S-1", {}, true};
    for (const auto& [id, pieces] : plan.lines) {
      made.pieces["SKU" + id] += pieces;
      lines[std::stoul(id)].fulfilled += pieces;
    }
    known.push_back(made);
  }
  EXPECT_THAT(sizes, ElementsAre(500U, 500U, 200U));
}

}  // namespace
}  // namespace ferry
