// What the profile makes of a sale's shipments, and which rows lead to it.
#include <gmock/gmock.h>

#include <algorithm>

#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;

class OrderStatusProfile : public testing::StoreTest {
 protected:
  void SetUp() override {
    a_ = product("A", 100);
    b_ = product("B", 100);
    sql("INSERT INTO sale_sale (id, number, state, web_id) VALUES (7, 'SO-7', 'processing', '1:R1')");
    portal_order("R1", "A", 10, 10);
    link("R1", 7);
    sale_line(70, 7, a_, 10);
    sale_line(71, 7, b_, 2);
    status_ = lease(1, "order_status");
  }
  void link(const std::string& reference, int sale) {
    sql("UPDATE ferry.portal_order SET state = 'linked', next_attempt_at = NULL, erp_id = " + std::to_string(sale) + ", erp_number = 'SO-" +
        std::to_string(sale) + "', txid = pg_current_xact_id() WHERE reference = '" + reference + "'");
  }
  void sale_line(int id, int sale, std::int64_t product, int quantity) {
    sql("INSERT INTO sale_line (id, sale, product, quantity) VALUES (" + std::to_string(id) + ", " + std::to_string(sale) +
        ", " + std::to_string(product) + ", " + std::to_string(quantity) + ")");
  }
  void shipment(int id, const std::string& state = "done") {
    const auto text = std::to_string(id);
    sql("INSERT INTO stock_shipment_out (id, number, state) VALUES (" + text + ", 'OUT-" + text + "', '" + state + "')");
  }
  // Of a shipment: to the customer, or as `to` says.
  void move_of(int shipment, const std::string& origin, std::int64_t product, const std::string& quantity,
               const std::string& state = "done", int to = 8) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, origin, shipment) VALUES (" +
        std::to_string(product) + ", 3, " + std::to_string(to) + ", '" + state + "', " + quantity + ", '" + origin +
        "', 'stock.shipment.out," + std::to_string(shipment) + "')");
  }
  // The member `shipments` that a full run wants of the sale.
  std::string shipments(int sale = 7) {
    run(status_, RunMode::full, Feed::order_status);
    return value("SELECT desired::json->>'shipments' FROM ferry.publication WHERE feed = 'order_status' AND key = " +
                 std::to_string(sale));
  }
  // A member of the document that a full run wants of sale 7; "": it has none.
  std::string member(const std::string& name) {
    run(status_, RunMode::full, Feed::order_status);
    return value("SELECT coalesce(desired::json->>'" + name + "', '') FROM ferry.publication WHERE feed = 'order_status' AND key = 7");
  }
  // Of a line of a sale, with what it comes to.
  void invoice(int id, const std::string& origin, const std::string& state = "posted", const std::string& amount = "10") {
    const auto text = std::to_string(id);
    sql("INSERT INTO account_invoice (id, number, state, invoice_date) VALUES (" + text + ", 'INV-" + text + "', '" + state +
        "', DATE '2026-11-30')");
    sql("INSERT INTO account_invoice_line (id, invoice, origin, quantity, unit_price) VALUES (" + std::to_string(id * 10) + ", " + text +
        ", '" + origin + "', 1, " + amount + ")");
  }
  // A move of a line, or of a component, that was cancelled and that a person has ignored.
  void ignored(const std::string& origin, std::int64_t product, const std::string& quantity) {
    sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, origin) VALUES (" +
        std::to_string(product) + ", 3, 8, 'cancelled', " + quantity + ", '" + origin + "')");
    const auto id = origin.substr(origin.rfind(',') + 1);
    sql(origin.starts_with("sale.line.component")
            ? "INSERT INTO \"sale_line_component-ignored-stock_move\" (component, move) SELECT " + id + ", max(id) FROM stock_move"
            : "INSERT INTO sale_line_moves_ignored_rel (sale_line, move) SELECT " + id + ", max(id) FROM stock_move");
  }
  std::string documents() {
    return value("SELECT string_agg(key || desired, ' ' ORDER BY key) FROM ferry.publication WHERE feed = 'order_status'");
  }

  std::int64_t a_ = 0, b_ = 0;
  engine::Lease status_;
};

std::string entry(const std::string& number, const std::string& lines, const std::string& carrier = "",
                  const std::string& tracking = "") {
  return R"({"number":")" + number + R"(","carrier":")" + carrier + R"(","tracking":")" + tracking + R"(","lines":[)" + lines + "]}";
}
std::string line(const std::string& sku, const std::string& quantity) {
  return R"({"sku":")" + sku + R"(","quantity":")" + quantity + "\"}";
}

TEST_F(OrderStatusProfile, WithoutShipmentsTheDocumentHasAnEmptyList) {
  EXPECT_EQ(shipments(), "[]");
  EXPECT_EQ(documents(), R"(7{"order":"id-R1","reference":"R1","number":"SO-7","state":"processing","shipments":[]})");
}

TEST_F(OrderStatusProfile, E3_EachParcelIsAnEntryWithWhatItTookInOrderOfId) {
  shipment(2);
  shipment(1);
  move_of(2, "sale.line,71", b_, "2");
  move_of(2, "sale.line,70", a_, "3");
  move_of(1, "sale.line,70", a_, "4");
  move_of(2, "sale.line,70", a_, "1");
  EXPECT_EQ(shipments(), "[" + entry("OUT-1", line("A", "4")) + "," + entry("OUT-2", line("A", "4") + "," + line("B", "2")) + "]");
}

TEST_F(OrderStatusProfile, OnlyWhatHasLeftForTheCustomerCounts) {
  shipment(1, "packed");
  move_of(1, "sale.line,70", a_, "4");
  shipment(2);
  move_of(2, "sale.line,70", a_, "2", "cancelled");
  move_of(2, "sale.line,70", a_, "2", "done", 2);  // within the warehouse
  move_of(2, "sale.line,999", a_, "2");            // another sale's
  sql("UPDATE stock_move SET shipment = 'stock.shipment.out.return,2' WHERE origin = 'sale.line,999'");
  move_of(2, "sale.line,70", a_, "2");
  sql("UPDATE stock_move SET shipment = 'stock.shipment.out.return,2' WHERE id = (SELECT max(id) FROM stock_move)");
  EXPECT_EQ(shipments(), "[]");
  shipment(3);
  move_of(3, "sale.line,70", a_, "1");
  EXPECT_EQ(shipments(), "[" + entry("OUT-3", line("A", "1")) + "]");
}

TEST_F(OrderStatusProfile, QuantitiesAreInTheSaleUnit) {
  sql("UPDATE product_template t SET sale_uom = 2 FROM product_product p WHERE p.template = t.id AND p.code = 'A'");
  shipment(1);
  move_of(1, "sale.line,70", a_, "24");
  EXPECT_EQ(shipments(), "[" + entry("OUT-1", line("A", "2")) + "]");
}

TEST_F(OrderStatusProfile, NamesCarrierAndTrackingWhereTheErpHasThem) {
  sql("INSERT INTO party_party (id, code, name) VALUES (50, '50', 'D\"HL')");
  sql("INSERT INTO carrier (id, party) VALUES (5, 50)");
  shipment(1);
  move_of(1, "sale.line,70", a_, "4");
  sql("UPDATE stock_shipment_out SET carrier = 5, reference = 'REF-1', number = NULL");
  EXPECT_EQ(shipments(), "[" + entry("1", line("A", "4"), R"(D\"HL)", "REF-1") + "]");
  sql("INSERT INTO stock_package (shipment, shipping_reference) VALUES ('stock.shipment.out,1', 'T2'), "
      "('stock.shipment.out,1', 'T1'), ('stock.shipment.out,1', NULL), ('stock.shipment.out,9', 'T9')");
  EXPECT_EQ(shipments(), "[" + entry("1", line("A", "4"), R"(D\"HL)", "T1 T2") + "]");
}

TEST_F(OrderStatusProfile, AKitGoesWithTheShipmentByWhichItIsWhole) {
  const auto kit = product("K", 0), c = product("C", 100), d = product("D", 100);
  sql("UPDATE product_template t SET type = 'kit' FROM product_product p WHERE p.template = t.id AND p.code = 'K'");
  sale_line(72, 7, kit, 3);
  sql("INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 72, " + std::to_string(c) + ", 6), (2, 72, " +
      std::to_string(d) + ", 3)");
  shipment(1);
  move_of(1, "sale.line.component,1", c, "4");
  EXPECT_EQ(shipments(), "[]") << "half of it";
  shipment(2);
  move_of(2, "sale.line.component,2", d, "3");
  shipment(3);
  move_of(3, "sale.line.component,1", c, "2");
  move_of(3, "sale.line,70", a_, "1");
  EXPECT_EQ(shipments(), "[" + entry("OUT-2", line("K", "2")) + "," + entry("OUT-3", line("A", "1") + "," + line("K", "1")) + "]");
}

TEST_F(OrderStatusProfile, IsReadByAnErpWithoutTheModulesThatItCanDoWithout) {
  sql("DROP TABLE carrier, stock_package, sale_line_component, product_component; "
      "ALTER TABLE stock_shipment_out DROP COLUMN carrier");
  shipment(1);
  move_of(1, "sale.line,70", a_, "4");
  EXPECT_EQ(shipments(), "[" + entry("OUT-1", line("A", "4")) + "]");
  sql("UPDATE stock_shipment_out SET reference = 'R'");
  EXPECT_EQ(run(status_, RunMode::watermark, Feed::order_status).counts.changed, 1);
}

TEST_F(OrderStatusProfile, ADeletedSaleReadsAsCancelled) {
  sql("DELETE FROM sale_sale");
  EXPECT_EQ(shipments(), "[]");
  EXPECT_THAT(documents(), ::testing::HasSubstr(R"("state":"cancelled")"));
}

TEST_F(OrderStatusProfile, OneShipmentOfSeveralSalesIsAnEntryOfEach) {
  sql("INSERT INTO sale_sale (id, number, state, web_id) VALUES (8, 'SO-8', 'processing', '1:R2')");
  portal_order("R2", "A", 1, 1);
  link("R2", 8);
  sale_line(80, 8, a_, 1);
  shipment(1);
  move_of(1, "sale.line,70", a_, "4");
  move_of(1, "sale.line,80", a_, "1");
  EXPECT_EQ(shipments(7), "[" + entry("OUT-1", line("A", "4")) + "]");
  EXPECT_EQ(shipments(8), "[" + entry("OUT-1", line("A", "1")) + "]");
}

TEST_F(OrderStatusProfile, OfThousandsOfLinesIsOneDocument) {
  sql("INSERT INTO sale_sale (id, number, state, web_id) VALUES (9, 'SO-9', 'processing', '1:R9');"
      "INSERT INTO product_product (id, code, template) SELECT 10000 + i, 'L' || lpad(i::text, 5, '0'), 1 FROM "
      "generate_series(1, 5000) i;"
      "INSERT INTO sale_line (id, sale, product, quantity) SELECT 10000 + i, 9, 10000 + i, 1 FROM generate_series(1, 5000) i;"
      "INSERT INTO stock_shipment_out (id, number, state) VALUES (1, 'OUT-1', 'done');"
      "INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, origin, shipment) SELECT "
      "10000 + i, 3, 8, 'done', 1, 'sale.line,' || 10000 + i, 'stock.shipment.out,1' FROM generate_series(1, 5000) i");
  portal_order("R9", "A", 1, 1);
  link("R9", 9);
  run(status_, RunMode::full, Feed::order_status);
  EXPECT_EQ(value("SELECT json_array_length(desired::json->'shipments'->0->'lines') FROM ferry.publication WHERE feed = "
                  "'order_status' AND key = 9"),
            "5000");
  const auto items = must(store_.due(status_, Feed::order_status, 10, {})).items;
  std::size_t longest = 0;
  for (const auto& item : items) longest = std::max(longest, item.item.document.size());
  EXPECT_GT(longest, 5000U * 30U) << "read whole";
}

// ---- invoices ---------------------------------------------------------------------------------------------------------

std::string invoiced(const std::string& number, const std::string& kind = "invoice") {
  return R"({"number":")" + number + R"(","date":"2026-11-30","kind":")" + kind + "\"}";
}

TEST_F(OrderStatusProfile, PostedAndPaidInvoicesAreToldInOrder) {
  invoice(2, "sale.line,71", "paid");
  invoice(1, "sale.line,70");
  invoice(3, "sale.line,70", "draft");
  invoice(4, "sale.line,999");
  sql("INSERT INTO account_invoice_line (invoice, origin, quantity, unit_price) VALUES (1, 'sale.line,71', 1, 1)");
  EXPECT_EQ(member("invoices"), "[" + invoiced("INV-1") + "," + invoiced("INV-2") + "]");
  EXPECT_EQ(documents(), R"(7{"order":"id-R1","reference":"R1","number":"SO-7","state":"processing","shipments":[],"invoices":[)" +
                             invoiced("INV-1") + "," + invoiced("INV-2") + "]}");
}

TEST_F(OrderStatusProfile, ACreditNoteIsToldByWhatItTakesBackAndByAReturn) {
  invoice(1, "sale.line,70");
  invoice(2, "account.invoice.line,10", "posted", "-10");
  sql("INSERT INTO sale_sale (id, number, state, origin) VALUES (9, 'SO-9', 'done', 'sale.sale,7')");
  sale_line(90, 9, a_, -1);
  invoice(3, "sale.line,90", "posted", "-10");
  EXPECT_EQ(member("invoices"), "[" + invoiced("INV-1") + "," + invoiced("INV-2", "credit_note") + "," +
                                    invoiced("INV-3", "credit_note") + "]");
}

TEST_F(OrderStatusProfile, AnInvoiceThatWasPostedAndCancelledStaysAndOneThatNeverWasIsNone) {
  invoice(1, "sale.line,70", "cancelled");
  EXPECT_EQ(member("invoices"), "");
  sql("UPDATE account_invoice SET cancel_move = 5");
  EXPECT_EQ(member("invoices"), "[" + invoiced("INV-1") + "]");
  sql("UPDATE account_invoice SET type = 'in'");
  EXPECT_EQ(member("invoices"), "");
}

// ---- what will never be sent ------------------------------------------------------------------------------------------

TEST_F(OrderStatusProfile, WhatAPersonHasIgnoredWillNeverBeSent) {
  sql("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, origin) VALUES (" + std::to_string(a_) +
      ", 3, 8, 'cancelled', 5, 'sale.line,70')");
  EXPECT_EQ(member("cancelled"), "") << "it may be sent again";
  ignored("sale.line,70", a_, "3");
  ignored("sale.line,71", b_, "2");
  EXPECT_EQ(member("cancelled"), "[" + line("A", "3") + "," + line("B", "2") + "]");
  EXPECT_THAT(documents(), ::testing::HasSubstr(R"("shipments":[],"cancelled":[)"));
}

TEST_F(OrderStatusProfile, WhatIsIgnoredIsInTheSaleUnit) {
  sql("UPDATE product_template t SET sale_uom = 2 FROM product_product p WHERE p.template = t.id AND p.code = 'B'");
  ignored("sale.line,71", b_, "24");
  EXPECT_EQ(member("cancelled"), "[" + line("B", "2") + "]");
}

TEST_F(OrderStatusProfile, WhatAPersonTookOutOfTheSaleWillNeverBeSent) {
  sql("UPDATE sale_line SET quantity = 8 WHERE id = 70");
  EXPECT_EQ(member("cancelled"), "[" + line("A", "2") + "]");
  sql("UPDATE sale_line SET quantity = 12 WHERE id = 70");
  EXPECT_EQ(member("cancelled"), "") << "more than was ordered";
  ignored("sale.line,70", a_, "1");
  EXPECT_EQ(member("cancelled"), "") << "what the customer ordered is still to come";
  ignored("sale.line,70", a_, "4");
  EXPECT_EQ(member("cancelled"), "[" + line("A", "3") + "]");
}

TEST_F(OrderStatusProfile, ALineThatIsGoneWillNeverBeSentWhereTheSaleSpeaksThePortalsWords) {
  sql("INSERT INTO ferry.portal_order_line (channel, reference, line, sku, quantity, open_quantity) VALUES (1, 'R1', '2', 'B', 2, 2)");
  EXPECT_EQ(member("cancelled"), "");
  sql("DELETE FROM sale_line WHERE id = 71");
  EXPECT_EQ(member("cancelled"), "[" + line("B", "2") + "]");
  sql("DELETE FROM sale_line WHERE id = 70");
  const auto other = product("OTHER", 5);
  sale_line(73, 7, other, 12);
  EXPECT_EQ(member("cancelled"), "") << "somebody keyed it with other products";
}

TEST_F(OrderStatusProfile, NothingIsCancelledBeforeItIsConfirmedNorWhatAPersonHasToDecideOf) {
  sql("UPDATE sale_line SET quantity = 8 WHERE id = 70; UPDATE sale_sale SET state = 'draft'");
  EXPECT_EQ(member("cancelled"), "");
  sql("UPDATE sale_sale SET state = 'cancelled'");
  EXPECT_EQ(member("cancelled"), "") << "the state says so";
  sql("UPDATE sale_sale SET state = 'confirmed'");
  EXPECT_EQ(member("cancelled"), "[" + line("A", "2") + "]");
  sql("UPDATE ferry.portal_order SET revision = 'due', revise_at = now()");
  EXPECT_EQ(member("cancelled"), "[" + line("A", "2") + "]") << "any change of the portal is due for a moment";
  sql("UPDATE ferry.portal_order SET revision = 'review', revise_at = NULL, reason = 'more of A'");
  EXPECT_EQ(member("cancelled"), "");
}

TEST_F(OrderStatusProfile, WhatThePortalItselfHasCancelledIsNoNews) {
  sql("UPDATE sale_line SET quantity = 8 WHERE id = 70; UPDATE ferry.portal_order_line SET quantity = 8, open_quantity = 8");
  EXPECT_EQ(member("cancelled"), "");
  // as a whole, of a sale that was processing: it ends with everything ignored
  sql("UPDATE ferry.portal_order_line SET quantity = 0, open_quantity = 0; UPDATE sale_sale SET state = 'done'");
  ignored("sale.line,70", a_, "8");
  EXPECT_EQ(member("cancelled"), "");
}

TEST_F(OrderStatusProfile, OfAKitAsManyAreLeftAsItsScarcestComponentLeaves) {
  const auto kit = product("K", 0), c = product("C", 100), d = product("D", 100);
  sale_line(72, 7, kit, 3);
  sql("INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 72, " + std::to_string(c) + ", 6), (2, 72, " +
      std::to_string(d) + ", 3)");
  ignored("sale.line.component,1", c, "3");
  EXPECT_EQ(member("cancelled"), "[" + line("K", "2") + "]") << "three of six: one whole one is left";
  ignored("sale.line.component,2", d, "3");
  EXPECT_EQ(member("cancelled"), "[" + line("K", "3") + "]");
}

// ---- which rows lead to it ------------------------------------------------------------------------------------------

struct Source {
  const char* table;
  const char* written;
  bool is_news = true;
};

// Each is written after the ones before it.
constexpr Source kSources[] = {
    {"sale_sale", "UPDATE sale_sale SET state = 'done' WHERE id = 7"},
    {"stock_shipment_out", "UPDATE stock_shipment_out SET state = 'done'"},
    {"stock_shipment_out", "UPDATE stock_shipment_out SET reference = 'T'"},
    {"stock_move", "UPDATE stock_move SET internal_quantity = 5 WHERE origin = 'sale.line,70'"},
    {"stock_package", "INSERT INTO stock_package (shipment, shipping_reference) VALUES ('stock.shipment.out,1', 'P')"},
    {"sale_line_component", "UPDATE sale_line_component SET quantity = 4"},
    {"stock_move", "UPDATE stock_move SET internal_quantity = 4 WHERE origin = 'sale.line.component,1'"},
    {"sale_line", "UPDATE sale_line SET quantity = 4 WHERE id = 72"},
    {"sale_line", "UPDATE sale_line SET quantity = quantity WHERE id = 70", false},
    {"sale_line", "UPDATE sale_line SET quantity = 9 WHERE id = 70"},
    {"account_invoice", "UPDATE account_invoice SET state = 'posted' WHERE id = 1"},
    {"account_invoice", "UPDATE account_invoice SET state = 'paid' WHERE id = 1", false},
    {"account_invoice", "UPDATE account_invoice SET state = 'posted' WHERE id = 2"},
    {"account_invoice", "UPDATE account_invoice SET state = 'posted' WHERE id = 3"},
    {"account_invoice", "UPDATE account_invoice SET invoice_date = DATE '2026-12-01' WHERE id = 3"},
    {"sale_line_moves_ignored_rel", "INSERT INTO sale_line_moves_ignored_rel (sale_line, move) SELECT 71, id FROM stock_move WHERE state = "
     "'cancelled' AND origin = 'sale.line,71'"},
    {"sale_line_component-ignored-stock_move", "INSERT INTO \"sale_line_component-ignored-stock_move\" (component, move) SELECT 1, id FROM "
     "stock_move WHERE state = 'cancelled' AND origin = 'sale.line.component,1'"},
    {"stock_move", "INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity) VALUES (1, 9, 2, "
     "'done', 5)", false},
};

TEST_F(OrderStatusProfile, A5_WhateverAShipmentRestsOnLeadsToItsOrder) {
  const auto kit = product("K", 0), c = product("C", 100);
  sale_line(72, 7, kit, 2);
  sql("INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 72, " + std::to_string(c) + ", 2)");
  shipment(1, "packed");
  move_of(1, "sale.line,70", a_, "4");
  move_of(1, "sale.line.component,1", c, "2");
  move_of(1, "sale.line,71", b_, "1", "cancelled");
  move_of(1, "sale.line.component,1", c, "2", "cancelled");
  invoice(1, "sale.line,70", "draft");
  invoice(2, "account.invoice.line,10", "draft");
  sql("INSERT INTO sale_sale (id, number, state, origin) VALUES (9, 'SO-9', 'done', 'sale.sale,7')");
  sale_line(90, 9, a_, -1);
  invoice(3, "sale.line,90", "draft");
  run(status_, RunMode::full, Feed::order_status);
  for (const Source& source : kSources) {
    sql(source.written);
    EXPECT_EQ(run(status_, RunMode::watermark, Feed::order_status).counts.changed, source.is_news ? 1 : 0) << source.written;
    EXPECT_EQ(run(status_, RunMode::full, Feed::order_status).counts.changed, 0) << source.written;
  }
}

// A shipment is committed long after it was written, and a watermark has passed meanwhile.
TEST_F(OrderStatusProfile, AShipmentThatIsCommittedLateIsFound) {
  run(status_, RunMode::full, Feed::order_status);
  Connection late(testing::PrivateCluster::instance().settings(database_));
  late.run("BEGIN; INSERT INTO stock_shipment_out (id, number, state) VALUES (1, 'OUT-1', 'done'); INSERT INTO stock_move "
           "(product, from_location, to_location, state, internal_quantity, origin, shipment) VALUES (" + std::to_string(a_) +
           ", 3, 8, 'done', 4, 'sale.line,70', 'stock.shipment.out,1')");
  sql("UPDATE sale_sale SET state = 'done'");
  EXPECT_EQ(run(status_, RunMode::watermark, Feed::order_status).counts.changed, 1);
  late.run("COMMIT");
  EXPECT_EQ(run(status_, RunMode::watermark, Feed::order_status).counts.changed, 1);
  EXPECT_THAT(documents(), ::testing::HasSubstr("OUT-1"));
}

TEST_F(OrderStatusProfile, AHintOfTheSaleIsEnough) {
  run(status_, RunMode::full, Feed::order_status);
  shipment(1);
  move_of(1, "sale.line,70", a_, "4");
  EXPECT_EQ(run(status_, RunMode::hints, Feed::order_status).counts.changed, 0);
  hint(7, "order_status");
  EXPECT_EQ(run(status_, RunMode::hints, Feed::order_status).counts.changed, 1);
}

// ---- returns --------------------------------------------------------------------------------------------------------

class OrderStatusReturns : public OrderStatusProfile {
 protected:
  void SetUp() override {
    OrderStatusProfile::SetUp();
    since("2026-12-01T00:00:00Z");
  }
  void since(const std::string& moment) {
    sql("UPDATE ferry.channel SET settings = settings || jsonb_build_object('order_refund_since', '" + moment + "') WHERE id = 1");
  }
  void returned(int id, const std::string& total, const std::string& more = "state = 'processing'") {
    const auto text = std::to_string(id);
    sql("INSERT INTO sale_sale (id, number, state, origin, total_amount_cache, create_date) VALUES (" + text + ", 'RET-" + text +
        "', 'processing', 'sale.sale,7', " + total + ", '2026-12-02 00:00:00')");
    sql("UPDATE sale_sale SET " + more + " WHERE id = " + text);
  }
  // The member `refunds` that a full run wants of the sale; "": there is none.
  std::string refunds() {
    run(status_, RunMode::full, Feed::order_status);
    return value("SELECT coalesce(desired::json->>'refunds', '') FROM ferry.publication WHERE feed = 'order_status' AND key = 7");
  }
  static std::string refund(int id, const std::string& total, const std::string& lines = "", const std::string& reason = "") {
    return R"({"number":"RET-)" + std::to_string(id) + R"(","total":")" + total + R"(","currency":"EUR","reason":")" + reason +
           R"(","lines":[)" + lines + "]}";
  }
};

TEST_F(OrderStatusReturns, StandInTheDocumentInOrderOfIdWithWhatComesBackInTheSaleUnit) {
  sql("UPDATE product_template t SET sale_uom = 2 FROM product_product p WHERE p.template = t.id AND p.code = 'A'");
  returned(9, "-12.50", "state = 'done', description = 'Came \"back\"'");
  returned(8, "-100.00", "number = NULL");
  sale_line(90, 9, a_, -24);
  sale_line(91, 9, b_, -1);
  sale_line(92, 9, b_, 1);
  EXPECT_EQ(refunds(), R"([{"number":"8","total":"100","currency":"EUR","reason":"","lines":[]},)" +
                           refund(9, "12.5", line("A", "2") + "," + line("B", "1"), R"(Came \"back\")") + "]");
}

TEST_F(OrderStatusReturns, OnlyThoseThatPeopleEnteredSinceAndTrytonProcesses) {
  returned(8, "-1", "state = 'confirmed'");
  returned(9, "-1", "state = 'cancelled'");
  returned(10, "-1", "web_id = 'refund:1:5:R1'");
  returned(11, "-1", "create_date = '2026-11-30 23:59:59'");
  returned(12, "1");
  returned(13, "-1", "origin = 'sale.sale,77'");
  returned(14, "-1", "origin = 'sale.line,7'");
  EXPECT_EQ(refunds(), "");
  returned(15, "-1", "web_id = ''");
  EXPECT_EQ(refunds(), "[" + refund(15, "1") + "]");
}

TEST_F(OrderStatusReturns, WithoutTheSettingOrWithoutReturnsTheDocumentIsTheOneOfBefore) {
  const auto before = R"(7{"order":"id-R1","reference":"R1","number":"SO-7","state":"processing","shipments":[]})";
  EXPECT_EQ(refunds(), "");
  EXPECT_EQ(documents(), before);
  returned(8, "-1");
  since("");
  EXPECT_EQ(refunds(), "");
  EXPECT_EQ(documents(), before);
}

TEST_F(OrderStatusReturns, TheDescriptionThatTheWizardCopiesIsNoReason) {
  sql("UPDATE sale_sale SET description = 'PO 4711' WHERE id = 7");
  returned(8, "-1", "description = 'PO 4711'");
  EXPECT_EQ(refunds(), "[" + refund(8, "1") + "]");
}

TEST_F(OrderStatusReturns, AWriteOfTheReturnLeadsToItsOrder) {
  returned(8, "-1", "state = 'confirmed'");
  run(status_, RunMode::full, Feed::order_status);
  sql("UPDATE sale_sale SET state = 'processing' WHERE id = 8");
  EXPECT_EQ(run(status_, RunMode::watermark, Feed::order_status).counts.changed, 1);
  EXPECT_EQ(run(status_, RunMode::full, Feed::order_status).counts.changed, 0);
}

}  // namespace
}  // namespace ferry::sql
