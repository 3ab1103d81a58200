// Whatever a figure rests on leads to exactly the records whose figure changed, also when the product's own row was not
// touched, and also when nothing was written at all because only the day changed.
#include <algorithm>

#include "sql/state/catalogue.h"
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;

// A row of one table is written, by nobody who would report it; the labels whose value changed by that.
struct Source {
  Feed feed{};
  const char* table;
  const char* written;  // "{A}" stands for the id of product A
  const char* labels;
};

// Each is written after the ones before it. A feed that reads more tables adds its own.
constexpr Source kSources[] = {
    {Feed::stock, "stock_move", "UPDATE stock_move SET internal_quantity = 90 WHERE product = {A} AND state = 'done'", "A"},
    {Feed::stock, "stock_move", "INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, "
     "effective_date) VALUES ({C}, 2, 8, 'done', 2, DATE '2020-01-02')", "C K"},
    {Feed::stock, "stock_period_cache", "UPDATE stock_period_cache SET internal_quantity = 9 WHERE product = {D}", "D"},
    {Feed::stock, "stock_period", "UPDATE stock_period SET state = 'draft'", "D"},
    {Feed::stock, "stock_shipment_out", "UPDATE stock_shipment_out SET state = 'waiting'", "C K"},
    {Feed::stock, "sale_line", "UPDATE sale_line SET quantity = 6 WHERE id = 1", "A"},
    {Feed::stock, "sale_line_moves_ignored_rel", "INSERT INTO sale_line_moves_ignored_rel (sale_line, move) VALUES (1, 901)", "A"},
    {Feed::stock, "sale_sale", "UPDATE sale_sale SET state = 'cancelled' WHERE id = 1", "A"},
    {Feed::stock, "sale_line_component", "UPDATE sale_line_component SET quantity = 4", "C K"},
    {Feed::stock, "sale_line_component-ignored-stock_move",
     "INSERT INTO \"sale_line_component-ignored-stock_move\" (component, move) VALUES (1, 902)", "C K"},
    {Feed::stock, "product_component", "UPDATE product_component SET quantity = 3", "K"},
    {Feed::stock, "product_uom", "UPDATE product_uom SET factor = 6, rate = 0.16666666666666667 WHERE symbol = 'dz'", "B"},
    {Feed::stock, "stock_location", "UPDATE stock_location SET type = 'view' WHERE code = 'BIN'", "E"},
    {Feed::stock, "product_template", "UPDATE product_template t SET sale_uom = 1 FROM product_product p WHERE p.template = t.id "
     "AND p.id = {B}", "B"},
    {Feed::stock, "product_product", "UPDATE product_product SET code = 'A2' WHERE id = {A}", "A2"},
    {Feed::stock, "web_shop-product_product", "UPDATE \"web_shop-product_product\" SET active = false WHERE product = {A}", "A2"},
    {Feed::stock, "web_shop-stock_location", "INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11)", "E"},
    {Feed::stock, "company_company", "UPDATE company_company SET timezone = 'Etc/GMT-14'", "G"},
    {Feed::stock, "web_shop", "UPDATE web_shop SET company = company", ""},
    {Feed::stock, "ferry.channel", "UPDATE ferry.channel SET settings = '{\"quarantine_locations\": [\"STO2\"]}'", "E"},
};

class FeedSources : public testing::StoreTest {
 protected:
  void SetUp() override {
    // a zone in which today is still yesterday: 26 hours behind the one that a source moves the company to
    sql("UPDATE company_company SET timezone = 'Etc/GMT+12'");
    for (const auto& [code, quantity] : {std::pair{"A", 100}, {"B", 60}, {"C", 30}, {"D", 40}, {"E", 1}, {"G", 1}, {"K", 0}}) {
      ids_.emplace_back(code, product(code, quantity));
    }
    sql(filled("UPDATE product_template t SET sale_uom = 2 FROM product_product p WHERE p.template = t.id AND p.id = {B};"
               "INSERT INTO stock_period (id, company, date, state) VALUES (1, 1, DATE '2019-12-31', 'closed');"
               "INSERT INTO stock_period_cache (period, location, product, internal_quantity) VALUES (1, 2, {D}, 7);"));
    move(id_of("E"), 10, 9, 5);
    move(id_of("E"), 20, 9, 12);
    sql(filled("INSERT INTO stock_move (product, from_location, to_location, state, internal_quantity, effective_date) VALUES "
               "({G}, 9, 2, 'done', 5, (now() AT TIME ZONE 'Etc/GMT-14')::date)"));
    promise();
  }
  // A sale of A with a cancelled move, one of the kit K (two of C each), and a shipment of C that is a draft as yet.
  void promise() {
    sql(filled("UPDATE product_template t SET type = 'kit' FROM product_product p WHERE p.template = t.id AND p.id = {K};"
               "INSERT INTO product_component (parent_template, product, quantity, unit) SELECT template, {C}, 2, 1 FROM "
               "product_product WHERE id = {K};"
               "INSERT INTO sale_sale (id, state) VALUES (1, 'confirmed'), (2, 'confirmed');"
               "INSERT INTO sale_line (id, sale, product, quantity) VALUES (1, 1, {A}, 4), (2, 2, {K}, 1);"
               "INSERT INTO sale_line_component (id, line, product, quantity) VALUES (1, 2, {C}, 2);"
               "INSERT INTO stock_shipment_out (id, state) VALUES (1, 'draft');"
               "INSERT INTO stock_move (id, product, from_location, to_location, state, internal_quantity, origin, shipment) VALUES "
               "(901, {A}, 3, 8, 'cancelled', 3, 'sale.line,1', NULL), (902, {C}, 3, 8, 'cancelled', 2, "
               "'sale.line.component,1', NULL), (903, {C}, 3, 8, 'draft', 5, NULL, 'stock.shipment.out,1')"));
  }
  std::int64_t id_of(std::string_view code) const {
    return std::ranges::find(ids_, code, &std::pair<std::string, std::int64_t>::first)->second;
  }
  std::string filled(std::string text) const {
    for (const auto& one : ids_) {
      const std::string mark = "{" + one.first + "}";
      for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) text.replace(at, mark.size(), std::to_string(one.second));
    }
    return text;
  }
  std::string pending(Feed feed) {
    return value("SELECT coalesce(string_agg(label, ' ' ORDER BY label), '') FROM ferry.publication WHERE state = 'pending' AND feed = '" +
                 std::string(name_of(feed)) + "'");
  }
  std::vector<std::pair<std::string, std::int64_t>> ids_;
};

TEST_F(FeedSources, A5_WhateverAFigureRestsOnLeadsToExactlyTheRecordsItChanges) {
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  deliver_all(held);
  for (const Source& source : kSources) {
    sql(filled(source.written));
    run(held, RunMode::watermark, source.feed);
    EXPECT_EQ(pending(source.feed), source.labels) << source.table << ": " << source.written;
    deliver_all(held);
    // and a comparison of everything finds nothing that this one overlooked
    EXPECT_EQ(run(held, RunMode::full, source.feed).counts.changed, 0) << source.table;
  }
}

// A table that a feed reads and that nobody tries here would be the one whose changes are missed.
TEST_F(FeedSources, A5_EveryTableThatAFeedReadsIsTried) {
  for (const Feed feed : {Feed::stock}) {
    const auto& sections = profile_sections("tryton-6.0", name_of(feed));
    auto tables = optional_tables(sections);
    std::istringstream words(sections.find("tables")->second);
    for (std::string table; words >> table;) {
      std::erase(table, '"');
      tables.insert(table);
    }
    for (const auto& table : tables) {
      EXPECT_TRUE(std::ranges::any_of(kSources, [&](const Source& one) { return one.feed == feed && table == one.table; })) << table;
    }
  }
}

// What the new day brings is found by the run that the boundary causes. The day is changed here by moving the company to
// another zone, and the watermark past that write, so that no row is left that was written since.
TEST_F(FeedSources, A6_WhatIsDatedTomorrowCountsFromMidnightWithoutAnyWrite) {
  const auto held = lease(1, "stock");
  const auto boundary = run(held, RunMode::full).next_boundary;
  deliver_all(held);
  EXPECT_EQ(std::to_string(boundary.time_since_epoch().count()),
            value("SELECT ferry.micros(((now() AT TIME ZONE 'Etc/GMT+12')::date + 1)::timestamp AT TIME ZONE 'Etc/GMT+12')"));
  EXPECT_EQ(must(store_.acquire({1, "stock"}, "one", kTtl)).next_boundary, boundary) << "whoever takes over knows it too";

  sql("UPDATE company_company SET timezone = 'Etc/GMT-14'");
  sql("UPDATE ferry.job SET snapshot = pg_current_snapshot(), hint_snapshot = pg_current_snapshot()");
  EXPECT_EQ(run(held, RunMode::hints).counts.changed, 0);
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 0) << "no row says that the day changed";
  EXPECT_EQ(run(held, RunMode::full).counts.changed, 1);
  EXPECT_EQ(pending(Feed::stock), "G");
}

}  // namespace
}  // namespace ferry::sql
