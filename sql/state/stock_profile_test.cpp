// The logic of sql/profiles/tryton-6.0/stock.sql on its fixture. That on hand, assigned and forecast are Tryton's own
// figures is shown on a real database by sql/profiles/tryton-6.0/compare_with_tryton.py.
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using connector::StockMeaning;
using engine::RunMode;
using testing::must;

// locations of the fixture
constexpr int kStorage = 2, kOutput = 3, kInput = 4, kBin = 5, kQuarantine = 6, kBelowQuarantine = 7, kCustomer = 8,
              kSupplier = 9, kLost = 10, kOtherStorage = 12;

class StockProfile : public testing::StoreTest {
 protected:
  void SetUp() override { a_ = product("A", 100); }

  // What a portal of that meaning would be sent for the SKU; computed alone and with everything, which must agree.
  std::string quantity(const std::string& sku = "A", StockMeaning meaning = StockMeaning::saleable, int channel = 1) {
    auto feed_run = run_of(lease(channel, "stock"), RunMode::full);
    feed_run.stock_meaning = meaning;
    must(store_.run_feed(feed_run));
    const auto query =
        "SELECT coalesce(string_agg(desired::json->>'quantity', ' ' ORDER BY part), 'withdrawn') FROM "
        "ferry.publication "
        "WHERE label = '" +
        sku + "' AND channel = " + std::to_string(channel);
    const auto full = value(query);
    sql("UPDATE ferry.publication SET desired = '{}', fingerprint = 0 WHERE desired IS NOT NULL; INSERT INTO "
        "ferry.change_hint "
        "(feed, key) SELECT DISTINCT 'stock', key FROM ferry.publication");
    feed_run.mode = RunMode::hints;
    must(store_.run_feed(feed_run));
    EXPECT_EQ(value(query), full) << "keyed and full plans disagree";
    return full;
  }
  void draft(const std::string& origin, const std::string& shipment, int to = kCustomer,
             const std::string& state = "draft", int amount = 4) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, planned_date, origin, "
        "shipment) VALUES (" +
        std::to_string(a_) + ", " + std::to_string(kOutput) + ", " + std::to_string(to) + ", '" + state + "', " +
        std::to_string(amount) + ", DATE '2020-01-01', nullif('" + origin + "', ''), nullif('" + shipment + "', ''))");
  }
  // A sale with one line; ids are `id` for both.
  void sale(int id, const std::string& state, double amount, int unit = 1, const std::string& web_id = "") {
    sql("INSERT INTO sale_sale (id, state, web_id, number) VALUES (" + std::to_string(id) + ", '" + state +
        "', nullif('" + web_id + "', ''), 'S" + std::to_string(id) +
        "'); INSERT INTO sale_line (id, sale, product, quantity, unit) VALUES (" + std::to_string(id) + ", " +
        std::to_string(id) + ", " + std::to_string(a_) + ", " + std::to_string(amount) + ", " + std::to_string(unit) +
        ")");
  }
  void linked(const std::string& reference, int sale) {
    sql("UPDATE ferry.portal_order SET state = 'linked', next_attempt_at = NULL, reason = NULL, erp_id = " +
        std::to_string(sale) + " WHERE reference = '" + reference + "'");
  }
  void settings(const std::string& json) { add_channel(1, json); }

  std::int64_t a_ = 0;
};

TEST_F(StockProfile, StorageAndOutputCountTheOtherPlacesOfTheWarehouseDoNot) {
  move(a_, 1, kSupplier, kInput);
  move(a_, 2, kSupplier, kBin);
  move(a_, 4, kStorage, kOutput);
  move(a_, 8, kSupplier, kLost);
  move(a_, 16, kSupplier, kOtherStorage);
  EXPECT_EQ(quantity(), "102");
  move(a_, 32, kStorage, kInput);
  EXPECT_EQ(quantity(), "70");
}

TEST_F(StockProfile, QuarantineIsNamedByCodeAndIncludesWhatLiesBelow) {
  move(a_, 5, kSupplier, kBelowQuarantine);
  move(a_, 7, kStorage, kQuarantine);
  EXPECT_EQ(quantity(), "105");
  settings(R"({"quarantine_locations": ["QUA", "NOWHERE"]})");
  EXPECT_EQ(quantity(), "93");
  settings(R"({"quarantine_locations": "OTHER, QUA1"})");
  EXPECT_EQ(quantity(), "100");
}

TEST_F(StockProfile, OnlyWhatIsDoneUpToTodayIsOnHand) {
  move(a_, 1, kSupplier, kStorage, "draft");
  move(a_, 2, kSupplier, kStorage, "assigned");
  move(a_, 4, kSupplier, kStorage, "cancelled");
  move(a_, 8, kSupplier, kStorage, "staging");
  sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) VALUES "
      "(" +
      std::to_string(a_) + ", 9, 2, 'done', 16, (now() AT TIME ZONE 'Europe/Berlin')::date + 1)");
  EXPECT_EQ(quantity(), "100");
}

TEST_F(StockProfile, ClosedPeriodsComeFromTheirCache) {
  sql("INSERT INTO stock_period (id, company, date, state) VALUES (1, 1, DATE '2020-06-30', 'closed'), (2, 1, DATE "
      "'2020-12-31', 'closed'),"
      " (3, 1, DATE '2021-06-30', 'draft'); INSERT INTO stock_period_cache (period, location, product, "
      "internal_quantity) VALUES "
      "(1, 2, " +
      std::to_string(a_) + ", 1000), (2, 2, " + std::to_string(a_) + ", 40), (2, 8, " + std::to_string(a_) + ", 7)");
  sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) VALUES "
      "(" +
      std::to_string(a_) + ", 9, 2, 'done', 2, DATE '2021-01-01')");
  EXPECT_EQ(quantity(), "42");
}

TEST_F(StockProfile, ReservedIsEverythingPromisedAndNotOnlyWhatIsAssigned) {
  move(a_, 1, kStorage, kOutput, "assigned");  // picking: only changes the place
  EXPECT_EQ(quantity(), "100");
  move(a_, 2, kOutput, kCustomer, "assigned");
  EXPECT_EQ(quantity(), "98");
  move(a_, 4, kStorage, kQuarantine, "assigned");  // within the zones
  EXPECT_EQ(quantity(), "98");
  move(a_, 8, kStorage, kOtherStorage, "assigned");  // to another warehouse
  EXPECT_EQ(quantity(), "90");
}

TEST_F(StockProfile, DraftMovesCountWhenASaleOrAWaitingShipmentStandsBehindThem) {
  sql("INSERT INTO stock_shipment_out (id, state) VALUES (1, 'draft'), (2, 'waiting'), (3, 'picked'), (4, "
      "'cancelled')");
  draft("", "");
  draft("", "stock.shipment.out,1");
  draft("", "stock.shipment.out,4");
  draft("", "stock.shipment.internal,2", kOtherStorage);
  EXPECT_EQ(quantity(), "100");
  draft("", "stock.shipment.out,2");
  EXPECT_EQ(quantity(), "96");
  draft("", "stock.shipment.out,3");
  EXPECT_EQ(quantity(), "92");
  draft("sale.line,1", "stock.shipment.out,2");
  draft("sale.line.component,1", "");
  EXPECT_EQ(quantity(), "84");
}

TEST_F(StockProfile, ALineOfAConfirmedSaleCountsUntilItsMovesDo) {
  sale(1, "draft", 1);
  sale(2, "quotation", 2);
  sale(3, "cancelled", 4);
  sale(4, "done", 8);
  EXPECT_EQ(quantity(), "100");
  sale(5, "confirmed", 16);
  EXPECT_EQ(quantity(), "84");
  draft("sale.line,5", "", kCustomer, "draft", 10);  // part of it has its move: the sum stays
  EXPECT_EQ(quantity(), "84");
  sql("UPDATE stock_move SET state = 'cancelled' WHERE origin = 'sale.line,5'");
  EXPECT_EQ(quantity(), "84");
  sql("INSERT INTO sale_line_moves_ignored_rel (sale_line, move) SELECT 5, id FROM stock_move WHERE origin = "
      "'sale.line,5'");
  EXPECT_EQ(quantity(), "94");
}

TEST_F(StockProfile, LinesInOtherUnitsAreConverted) {
  sale(1, "processing", 2, 2);  // two dozen
  EXPECT_EQ(quantity(), "76");
}

TEST_F(StockProfile, TheFigureIsInTheSaleUnitRoundedDownToItsDigits) {
  sql("UPDATE product_template SET sale_uom = 2");
  EXPECT_EQ(quantity(), "8");
  sql("UPDATE product_template SET sale_uom = 5");  // thirds: no rest may appear by division
  EXPECT_EQ(quantity(), "300");
  sql("UPDATE product_template SET default_uom = 4, sale_uom = 3");
  EXPECT_EQ(quantity(), "0.1");
}

TEST_F(StockProfile, SafetyStockIsKeptBackAndNothingIsBelowZero) {
  settings(R"({"safety_stock": "30"})");
  EXPECT_EQ(quantity(), "70");
  settings(R"({"safety_stock": "100"})");
  EXPECT_EQ(quantity(), "0");
  settings(R"({"safety_stock": "101"})");
  EXPECT_EQ(quantity(), "0");
}

TEST_F(StockProfile, APortalOrderCountsFromTheMomentItIsSeenUntilTheErpHasReservedIt) {
  portal_order("R1", "A", 10, 10);
  EXPECT_EQ(quantity(), "90");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "100");
  sale(1, "quotation", 10, 1, "1:R1");
  EXPECT_EQ(quantity(), "90");
  linked("R1", 1);
  EXPECT_EQ(quantity(), "90");
  sql("UPDATE sale_sale SET state = 'confirmed'");
  EXPECT_EQ(quantity(), "90");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "100");
  sql("UPDATE sale_sale SET state = 'cancelled'");  // the ERP has released it, the portal not yet
  EXPECT_EQ(quantity(), "100");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "100");
}

TEST_F(StockProfile, PartlyAndFullyShippedOrdersHoldNothingTwice) {
  portal_order("R1", "A", 10, 10);
  sale(1, "processing", 10, 1, "1:R1");
  linked("R1", 1);
  draft("sale.line,1", "", kCustomer, "done", 4);
  sql("UPDATE stock_move SET effective_date = planned_date WHERE state = 'done' AND planned_date IS NOT NULL");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "100");  // the portal has not been told: it still subtracts ten
  portal_order("R1", "A", 10, 6);
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "96");
  EXPECT_EQ(quantity(), "90");
}

TEST_F(StockProfile, CancelledAndSkippedOrdersHoldNothing) {
  portal_order("R1", "A", 10, 0, true);
  EXPECT_EQ(quantity(), "100");
  portal_order("R2", "A", 10, 10);
  sql("UPDATE ferry.portal_order SET state = 'skipped', next_attempt_at = NULL WHERE reference = 'R2'");
  EXPECT_EQ(quantity(), "100");
}

TEST_F(StockProfile, OrdersOfOtherChannelsShareTheStockButTheirOpenQuantitiesAreTheirs) {
  add_channel(2);
  portal_order("R1", "A", 10, 10, false, 2);
  EXPECT_EQ(quantity(), "90");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "90");
}

TEST_F(StockProfile, OverpromisedStockIsZeroAndThePortalKeepsItsOwnOpenOrders) {
  portal_order("R1", "A", 130, 130);
  EXPECT_EQ(quantity(), "0");
  EXPECT_EQ(quantity("A", StockMeaning::on_hand), "130");
}

TEST_F(StockProfile, InactiveUncodedOrUnpublishedProductsAreWithdrawn) {
  EXPECT_EQ(quantity(), "100");
  sql("UPDATE product_product SET active = false");
  EXPECT_EQ(quantity(), "withdrawn");
  sql("UPDATE product_product SET active = true; UPDATE product_template SET type = 'service'");
  EXPECT_EQ(quantity(), "withdrawn");
  sql("UPDATE product_template SET type = 'goods'; UPDATE \"web_shop-product_product\" SET active = false");
  EXPECT_EQ(quantity(), "withdrawn");
}

TEST_F(StockProfile, AWarehousePerPortalLocationIsItsOwnPart) {
  sql("INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11)");
  move(a_, 7, kSupplier, kOtherStorage);
  EXPECT_EQ(quantity(), "107");
  settings(R"({"locations": {"WH": "main", "WH2": "second"}})");
  portal_order("R1", "A", 10, 10);
  EXPECT_EQ(quantity(), "90 7");
  EXPECT_EQ(
      value("SELECT string_agg(desired::json->>'location', ' ' ORDER BY part) FROM ferry.publication WHERE part > 0"),
      "main second");
  settings(R"({"locations": "{\"WH2\": \"second\"}"})");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.publication WHERE part = 11 AND desired IS NOT NULL"), "1");
}

TEST_F(StockProfile, WhatIsPromisedBeyondOneLocationsStockIsTakenOffTheOthers) {
  sql("INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11)");
  move(a_, 7, kSupplier, kOtherStorage);
  settings(R"({"locations": {"WH": "main", "WH2": "second"}})");
  portal_order("R1", "A", 105, 105);
  EXPECT_EQ(quantity(), "0 2");
  portal_order("R2", "A", 5, 5);
  EXPECT_EQ(quantity(), "0 0");
}

class Kits : public StockProfile {
 protected:
  // K: two of A and three of B
  void SetUp() override {
    StockProfile::SetUp();
    b_ = product("B", 30);
    k_ = product("K", 0);
    sql("UPDATE product_template t SET type = 'kit' FROM product_product p WHERE p.template = t.id AND p.code = 'K'");
    sql("INSERT INTO product_component (parent_template, product, quantity, unit) SELECT p.template, " +
        std::to_string(a_) + ", 2, 1 FROM product_product p WHERE p.code = 'K'");
    sql("INSERT INTO product_component (parent_template, product, quantity, unit) SELECT p.template, " +
        std::to_string(b_) + ", 3, 1 FROM product_product p WHERE p.code = 'K'");
  }
  std::int64_t b_ = 0, k_ = 0;
};

TEST_F(Kits, SellAsOftenAsTheirScarcestComponentAllows) {
  EXPECT_EQ(quantity("K"), "10");
  move(b_, 1, kStorage, kCustomer);
  EXPECT_EQ(quantity("K"), "9");
  sql("UPDATE product_component SET quantity = 0.5, unit = 2 WHERE product = " + std::to_string(b_));  // half a dozen
  EXPECT_EQ(quantity("K"), "4");
}

TEST_F(Kits, WithoutComponentsSellNothing) {
  sql("DELETE FROM product_component");
  EXPECT_EQ(quantity("K"), "0");
}

TEST_F(Kits, AFixedComponentIsNeededOncePerOrder) {
  sql("UPDATE product_component SET fixed = true, quantity = 31 WHERE product = " + std::to_string(b_));
  EXPECT_EQ(quantity("K"), "0");
  sql("UPDATE product_component SET quantity = 1 WHERE product = " + std::to_string(b_));
  EXPECT_EQ(quantity("K"), "30");
}

TEST_F(Kits, AnOrderForAKitHoldsItsComponents) {
  portal_order("R1", "K", 4, 4);
  EXPECT_EQ(quantity("K"), "6");
  EXPECT_EQ(quantity("A"), "92");
  EXPECT_EQ(quantity("B"), "18");
  EXPECT_EQ(quantity("K", StockMeaning::on_hand), "10");
}

TEST_F(Kits, AConfirmedSaleOfAKitHoldsItsComponents) {
  sql("INSERT INTO sale_sale (id, state) VALUES (1, 'confirmed'); INSERT INTO sale_line (id, sale, product, quantity) "
      "VALUES (1, 1, " +
      std::to_string(k_) + ", 4); INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 1, " +
      std::to_string(a_) + ", 8), (2, 1, " + std::to_string(b_) + ", 12)");
  EXPECT_EQ(quantity("K"), "6");
  EXPECT_EQ(quantity("B"), "18");
}

TEST_F(Kits, WhatAPersonTakesOutOfASaleIsNotHeldForThePortalEither) {
  portal_order("R1", "K", 4, 4);
  sale(1, "processing", 4, 1, "1:R1");
  sql("UPDATE sale_line SET product = " + std::to_string(k_) +
      "; INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 1, " + std::to_string(a_) +
      ", 8), (2, 1, " + std::to_string(b_) + ", 12)");
  linked("R1", 1);
  EXPECT_EQ(quantity("K", StockMeaning::on_hand), "10");
  // three of the four are cancelled in the ERP and will not be delivered, of one component already all four
  sql("INSERT INTO stock_move (id, product, from_location, to_location, state, internal_quantity, origin) VALUES "
      "(901, " +
      std::to_string(a_) + ", 3, 8, 'cancelled', 8, 'sale.line.component,1'), (902, " + std::to_string(b_) +
      ", 3, 8, 'cancelled', 9, 'sale.line.component,2'); INSERT INTO \"sale_line_component-ignored-stock_move\" "
      "(component, move) VALUES (1, 901), (2, 902)");
  EXPECT_EQ(quantity("K"), "9");
  EXPECT_EQ(quantity("K", StockMeaning::on_hand), "10");
}

TEST_F(Kits, AChangedComponentLeadsToItsKit) {
  quantity("K");
  const auto held = lease(1, "stock");
  deliver_all(held);
  move(b_, 3);
  hint(b_);
  EXPECT_EQ(run(held, RunMode::hints).counts.changed, 2);
}

TEST_F(Kits, ADatabaseWithoutTheKitModuleIsReadAllTheSame) {
  sql("DROP TABLE product_component, sale_line_component, \"sale_line_component-ignored-stock_move\"");
  sql("UPDATE product_template SET type = 'goods'");
  EXPECT_EQ(quantity("A"), "100");
  EXPECT_EQ(run(lease(1, "stock"), RunMode::watermark).mode, RunMode::watermark);
}

}  // namespace
}  // namespace ferry::sql
