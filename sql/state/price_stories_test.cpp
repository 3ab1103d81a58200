// Failure stories of other connectors about prices, as far as the profile and the tables decide them.
#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;
using testing::PriceTest;
using testing::PrivateCluster;

class PriceStories : public PriceTest {
 protected:
  PriceStories() : PriceTest(Feed::list_price) {}

  // For connections from now on it is the moment that set_clock() says: nothing is written to the ERP's tables.
  void replace_clock() {
    sql("CREATE SCHEMA clock; CREATE TABLE clock.moment (at timestamptz); INSERT INTO clock.moment VALUES (NULL); CREATE "
        "FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.moment'; ALTER DATABASE " +
        database_ + " SET search_path = clock, pg_catalog, public");
  }
  void set_clock(const std::string& moment) { sql("UPDATE clock.moment SET at = '" + moment + "'"); }
  std::string amounts() {
    return value("SELECT string_agg(desired::json->>'amount', ' ' ORDER BY label) FROM ferry.publication");
  }
};

TEST_F(PriceStories, A6_APriceGoesOutAtTheMidnightOfTheCompanyWithNoWriteAtAll) {
  struct Case {
    std::string zone, day, before, at;
  };
  const Case cases[] = {{"Asia/Kolkata", "2096-06-01", "2096-05-31T18:29:59Z", "2096-05-31T18:30:00Z"},
                        {"America/St_Johns", "2096-03-11", "2096-03-11T03:29:59Z", "2096-03-11T03:30:00Z"},
                        // clocks went forward on the 11th
                        {"America/St_Johns", "2096-03-12", "2096-03-12T02:29:59Z", "2096-03-12T02:30:00Z"}};
  priced("A", "10");
  sql("UPDATE web_shop SET currency = 2 WHERE id = 1");
  replace_clock();
  OdbcStore store(PrivateCluster::instance().settings(database_));
  const auto held = must(store.acquire({1, "list_price"}, "one", kTtl)).lease;
  const auto compared = [&] { return must(store.run_feed(run_of(held, RunMode::full, Feed::list_price))); };
  for (const Case& each : cases) {
    sql("DELETE FROM currency_currency_rate WHERE rate = 150; INSERT INTO currency_currency_rate (currency, date, rate) "
        "VALUES (2, '" + each.day + "', 150); UPDATE company_company SET timezone = '" + each.zone + "'");
    set_clock(each.before);
    EXPECT_EQ(to_iso8601(compared().next_boundary).substr(0, 19) + "Z", each.at);
    EXPECT_EQ(amounts(), "1300");
    set_clock(each.at);
    EXPECT_EQ(compared().counts.changed, 1) << each.day;
    EXPECT_EQ(amounts(), "1500");
  }
}

TEST_F(PriceStories, A6_AWindowBeginsAndEndsAtTheMidnightOfTheCompanyWithNoWriteAtAll) {
  priced("A", "10");
  sql("UPDATE company_company SET timezone = 'America/St_Johns'; INSERT INTO product_price_list (id, name) VALUES (7, 'L'); "
      "INSERT INTO product_price_list_line (price_list, formula, start_date, end_date) VALUES (7, 'unit_price * 0.5', "
      "'2096-03-11', '2096-03-11')");
  replace_clock();
  OdbcStore store(PrivateCluster::instance().settings(database_));
  const auto held = must(store.acquire({1, "discount"}, "one", kTtl)).lease;
  const auto tiers_at = [&](const std::string& moment) {
    set_clock(moment);
    const auto report = must(store.run_feed(run_of(held, RunMode::full, Feed::discount)));
    return value("SELECT coalesce((SELECT desired::json->>'tiers' FROM ferry.publication), 'withdrawn')") + " " +
           (report.next_boundary == Instant{} ? "for ever" : to_iso8601(report.next_boundary).substr(0, 16));
  };
  EXPECT_EQ(tiers_at("2096-03-11T03:29:59Z"), R"([{"quantity":"0","percent":"50","from":"2096-03-11T03:30:00Z",)"
                                              R"("until":"2096-03-12T02:30:00Z"}] 2096-03-11T03:30)");
  EXPECT_EQ(tiers_at("2096-03-11T03:30:00Z"),
            R"([{"quantity":"0","percent":"50","from":null,"until":"2096-03-12T02:30:00Z"}] 2096-03-12T02:30)");
  EXPECT_EQ(tiers_at("2096-03-12T02:29:59Z"),
            R"([{"quantity":"0","percent":"50","from":null,"until":"2096-03-12T02:30:00Z"}] 2096-03-12T02:30)");
  EXPECT_EQ(tiers_at("2096-03-12T02:30:00Z"), "withdrawn for ever");
}

TEST_F(PriceStories, D10_CostAndPriceAreInTheShopsCurrency) {
  priced("A", "10");
  sql("UPDATE web_shop SET currency = 2 WHERE id = 1; INSERT INTO product_cost_price (product, company, cost_price) VALUES "
      "(1, 1, 5)");
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"JPY","amount":"1300","tax":"excluded"})");
  run(lease(1, "cost"), RunMode::full, Feed::cost);
  EXPECT_EQ(value("SELECT desired FROM ferry.publication WHERE feed = 'cost'"),
            R"({"sku":"A","currency":"JPY","amount":"650"})");
}

TEST_F(PriceStories, D11_OfAPartlyRejectedBatchTheRejectedKeepTheirOldValueAndHaveAReason) {
  priced("A", "10");
  priced("B", "10");
  const auto held = lease(1, "list_price");
  const auto send = [&](Verdict verdict_of_b) {
    run(held, RunMode::watermark, Feed::list_price);
    std::vector<engine::SettledItem> items;
    for (const auto& item : must(store_.due(held, Feed::list_price, 100, {})).items) {
      const bool is_refused = item.item.label == "B" && verdict_of_b == Verdict::rejected;
      items.push_back(settled(item, is_refused ? Verdict::rejected : Verdict::delivered,
                              is_refused ? PublicationState::dead : PublicationState::settled,
                              is_refused ? "the portal says: price out of range" : ""));
    }
    const auto one = exchange(std::move(items));
    must(store_.settle(held, Feed::list_price, std::span(&one, 1)));
  };
  send(Verdict::delivered);
  sql("UPDATE product_list_price SET list_price = 12");
  send(Verdict::rejected);
  EXPECT_EQ(value("SELECT string_agg(label || ' ' || (acknowledged::json->>'amount') || ' ' || state, ', ' ORDER BY label) "
                  "FROM ferry.publication"),
            "A 12 settled, B 10 dead");
  EXPECT_EQ(value("SELECT reason FROM ferry.publication WHERE label = 'B'"), "the portal says: price out of range");
}

TEST_F(PriceStories, D13_AHundredCurrenciesMakeNoMoreRecords) {
  for (const auto* code : {"A", "B", "C"}) priced(code, "10");
  sql("INSERT INTO currency_currency (code, digits) SELECT 'X' || n, 2 FROM generate_series(10, 129) n; INSERT INTO "
      "currency_currency_rate (currency, date, rate) SELECT k.id, DATE '2020-01-01' + n, n + 1 FROM currency_currency k, "
      "generate_series(1, 100) n");
  EXPECT_EQ(compare(RunMode::full).counts.inbound, 3);
  sql("UPDATE currency_currency_rate SET rate = rate + 1 WHERE currency > 3");
  EXPECT_EQ(compare(RunMode::watermark).counts.inbound, 0) << "rates of other currencies concern nobody";
}

// What a comparison reads of the rates is what there is of them, a few times over, and not that for each product.
TEST_F(PriceStories, D13_AHundredCurrenciesAreReadOnceAndNotForEachProduct) {
  constexpr int kRates = 12'000, kProducts = 300;
  sql("INSERT INTO currency_currency (code, digits) SELECT 'X' || n, 2 FROM generate_series(10, 129) n; INSERT INTO "
      "currency_currency_rate (currency, date, rate) SELECT k.id, DATE '2020-01-01' + n, n + 1 FROM currency_currency k, "
      "generate_series(1, 100) n WHERE k.id > 3; UPDATE web_shop SET currency = 2 WHERE id = 1");
  for (int i = 0; i < kProducts; ++i) priced("P" + std::to_string(i), "10");
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'L'); INSERT INTO product_price_list_line (price_list, formula) "
      "VALUES (7, '9.5'); INSERT INTO product_cost_price (product, company, cost_price) SELECT id, 1, 5 FROM product_product; "
      "ANALYZE");
  const auto connections = [&] { return value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                        "backend_type = 'client backend'"); };
  const auto rows_read = [&] {
    return std::stoll(value("SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE "
                            "relname = 'currency_currency_rate'"));
  };
  for (const auto feed : {Feed::list_price, Feed::cost, Feed::fixed_net_price}) {
    const auto held = lease(1, std::string(name_of(feed)));
    for (const auto mode : {RunMode::full, RunMode::hints}) {
      const std::string name(name_of(feed));
      if (mode == RunMode::hints)
        sql("INSERT INTO ferry.change_hint (feed, key) SELECT '" + name + "', id FROM product_product WHERE id % 3 = 0");
      const auto before = rows_read();
      const auto others = connections();
      {
        OdbcStore store(PrivateCluster::instance().settings(database_));
        EXPECT_EQ(must(store.run_feed(run_of(held, mode, feed))).counts.inbound, mode == RunMode::full ? kProducts : 100);
      }
      while (connections() != others) sql("SELECT pg_sleep(0.01)");  // a session counts at its end
      EXPECT_GE(rows_read() - before, 100) << "or nothing was measured";
      EXPECT_LE(rows_read() - before, 10 * kRates) << name << ", " << (mode == RunMode::full ? "full" : "hints");
    }
  }
}

}  // namespace
}  // namespace ferry::sql
