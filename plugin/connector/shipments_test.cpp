#include "plugin/connector/shipments.h"

#include <gmock/gmock.h>

namespace ferry::connector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(Shipments, AreReadInTheirOrderWithEqualSkusAddedUp) {
  std::string problem;
  const auto shipments = read_shipments(
      json::parse(R"({"shipments":[{"number":"S-2","carrier":"DHL","tracking":"T","lines":[{"sku":"A","quantity":"2"},)"
                  R"({"sku":"B","quantity":"1"},{"sku":"A","quantity":"3"}]},{"number":"S-1","lines":[]}]})"),
      problem);
  ASSERT_THAT(shipments, SizeIs(2));
  EXPECT_EQ(problem, "");
  EXPECT_EQ(shipments[0].number + shipments[0].carrier + shipments[0].tracking, "S-2DHLT");
  EXPECT_THAT(shipments[0].pieces, ElementsAre(Pair("A", 5), Pair("B", 1)));
  EXPECT_EQ(shipments[1].number, "S-1");
}

TEST(Shipments, OfAnOrderThatIsCancelledLeaveNothingToBeCancelled) {
  const auto is_it = [](const char* document) { return is_cancelled_unsent(json::parse(document)); };
  EXPECT_TRUE(is_it(R"({"state":"cancelled","shipments":[]})"));
  EXPECT_TRUE(is_it(R"({"state":"cancelled"})")) << "the portal owns the shipments";
  EXPECT_FALSE(is_it(R"({"state":"cancelled","shipments":[{"number":"S-1","lines":[]}]})"));
  EXPECT_FALSE(is_it(R"({"state":"processing","shipments":[]})"));
  EXPECT_FALSE(is_it(R"({"shipments":[]})")) << "the portal owns the state";
}

TEST(Shipments, ThatTheChannelDoesNotOwnAreNone) {
  std::string problem;
  EXPECT_THAT(read_shipments(json::parse(R"({"order":"1"})"), problem), IsEmpty());
  EXPECT_EQ(problem, "");
}

TEST(Shipments, OfPartsOfAPieceNameShipmentSkuAndRemedy) {
  for (const auto* quantity : {R"("2.5")", R"("0")", R"("x")", "2", R"("99999999999999999999")"}) {
    std::string problem;
    read_shipments(json::parse(R"({"shipments":[{"number":"S-1","lines":[{"sku":"A","quantity":)" + std::string(quantity) + "}]}]}"),
                   problem);
    EXPECT_THAT(problem, testing::StartsWith("shipment \"S-1\" sent ")) << quantity;
    EXPECT_THAT(problem, testing::HasSubstr("of SKU \"A\", and the portal counts whole pieces; enter")) << quantity;
  }
  std::string problem;
  read_shipments(json::parse(R"({"shipments":[{"lines":[]}]})"), problem);
  EXPECT_EQ(problem, "the order status document has a shipment without number");
}

TEST(Shipments, CarryTheirNumberWherePeopleReadIt) {
  EXPECT_EQ(with_shipment("DHL", "S-12"), "DHL [S-12]");
  EXPECT_EQ(shipment_in("DHL [S-12]"), "S-12");
  EXPECT_EQ(shipment_in("Post [old] [7/2026]"), "7/2026");
  for (const auto* text : {"", "DHL", "DHL [S-12] express", "[", "]", "S-12]"}) EXPECT_EQ(shipment_in(text), "") << text;
}

}  // namespace
}  // namespace ferry::connector
