// Failure stories of other connectors about what goes out in bulk, as far as the profile and the tables decide them.
#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using ::testing::SizeIs;
using testing::must;

class OutboundStories : public testing::StoreTest {
 protected:
  std::vector<engine::DueItem> due_of(const engine::Lease& held, Feed feed, std::size_t most) {
    return must(store_.due(held, feed, most, {})).items;
  }
  // Sends what is due in batches; `refusal` is what the portal says of a record, empty: it takes it. How many batches.
  template <class Refusal>
  int send_all(const engine::Lease& held, Feed feed, std::size_t cap, Refusal refusal) {
    int batches = 0;
    for (auto items = due_of(held, feed, cap); !items.empty(); items = due_of(held, feed, cap), ++batches) {
      EXPECT_LE(items.size(), cap);
      std::vector<engine::SettledItem> answers;
      for (const auto& item : items) {
        const std::string reason = refusal(item);
        answers.push_back(reason.empty() ? settled(item, Verdict::delivered, PublicationState::settled)
                                         : settled(item, Verdict::rejected, PublicationState::dead, reason));
      }
      const auto one = exchange(std::move(answers));
      must(store_.settle(held, feed, std::span(&one, 1)));
    }
    return batches;
  }
  int send_all(const engine::Lease& held, Feed feed, std::size_t cap) {
    return send_all(held, feed, cap, [](const engine::DueItem&) { return std::string(); });
  }
  // So many more products with a list price and a cost, published in shop 1.
  void priced_products(int count) {
    sql("WITH t AS (INSERT INTO product_template (default_uom) SELECT 1 FROM generate_series(1, " + std::to_string(count) +
        ") RETURNING id), p AS (INSERT INTO product_product (code, template) SELECT 'P' || id, id FROM t RETURNING id), l AS "
        "(INSERT INTO product_list_price (template, company, list_price) SELECT id, 1, 10 FROM t), c AS (INSERT INTO "
        "product_cost_price (product, company, cost_price) SELECT id, 1, 5 FROM p) INSERT INTO "
        "\"web_shop-product_product\" (shop, product) SELECT 1, id FROM p");
  }
};

// The connector says `rejected` for a record at a location that the portal does not have (tests/conformance).
TEST_F(OutboundStories, C9_OfALocationThatThePortalDeletedOnlyItsOwnRecordsWaitForAPerson) {
  add_channel(1, R"({"locations": {"WH": "main", "WH2": "closed"}})");
  sql("INSERT INTO \"web_shop-stock_location\" (shop, warehouse) VALUES (1, 11)");
  const auto a = product("A", 5), b = product("B", 6);
  move(a, 7, 9, 12);
  move(b, 8, 9, 12);
  const auto held = lease(1, "stock");
  const auto portal = [](const engine::DueItem& item) {
    return item.item.document.find("closed") == std::string::npos ? "" : "the portal has no stock location \"closed\"";
  };
  const auto by_location = [&](const std::string& location) {
    return value("SELECT string_agg(label || ' ' || state || ' ' || coalesce(acknowledged::json->>'quantity', '-') || "
                 "coalesce(': ' || reason, ''), ', ' ORDER BY label) FROM ferry.publication WHERE desired::json->>'location' = '" +
                 location + "'");
  };
  const auto report = run(held, RunMode::full);
  send_all(held, Feed::stock, 100, portal);
  EXPECT_EQ(counts_of(report.run), "4/2/2/0");
  EXPECT_EQ(by_location("main"), "A settled 5, B settled 6");
  EXPECT_EQ(by_location("closed"), "A dead -: the portal has no stock location \"closed\", B dead -: the portal has no stock "
                                   "location \"closed\"");
  EXPECT_EQ(run(held, RunMode::full).counts.changed, 0) << "the next night takes them neither for done nor for new";
  EXPECT_EQ(send_all(held, Feed::stock, 100, portal), 0);
  move(a, 1);
  EXPECT_EQ(run(held, RunMode::watermark).counts.changed, 1) << "the other location goes on";
  send_all(held, Feed::stock, 100, portal);
  EXPECT_EQ(by_location("main"), "A settled 6, B settled 6");
  add_channel(1, R"({"locations": {"WH": "main", "WH2": "new"}})");
  EXPECT_EQ(run(held, RunMode::full).counts.changed, 2) << "and with the location mended they go out by themselves";
  send_all(held, Feed::stock, 100, portal);
  EXPECT_EQ(by_location("new"), "A settled 7, B settled 8");
}

// Each variant is a record of its own: what is too many for the portal is refused by itself, whatever its limit is.
TEST_F(OutboundStories, C12_VariantsBeyondThePortalsLimitAreSkippedOneByOneWithTheirReason) {
  product("OTHER", 0);
  sql("WITH t AS (INSERT INTO product_template (default_uom, name) VALUES (1, 'Shirt') RETURNING id), p AS (INSERT INTO "
      "product_product (code, template) SELECT 'V' || lpad(n::text, 4, '0'), t.id FROM t, generate_series(1, 2100) n "
      "RETURNING id) INSERT INTO \"web_shop-product_product\" (shop, product) SELECT 1, id FROM p");
  int taken = 0;
  const auto portal = [&](const engine::DueItem& item) -> std::string {
    if (item.item.label == "OTHER") return "";
    return ++taken <= 2048 ? "" : "the portal takes 2048 variants of a product and no more";
  };
  const auto held = lease(1, "product");
  const auto report = run(held, RunMode::full, Feed::product);
  EXPECT_EQ(report.counts.changed, 2101);
  EXPECT_EQ(send_all(held, Feed::product, 100, portal), 22);
  EXPECT_EQ(value("SELECT count(*) FILTER (WHERE state = 'settled') || ' ' || count(*) FILTER (WHERE state = 'dead' AND reason "
                  "LIKE '%2048 variants%' AND acknowledged IS NULL) FROM ferry.publication"),
            "2049 52");
  EXPECT_EQ(state_of("OTHER"), "settled");
  EXPECT_EQ(counts_of(report.run), "2101/2049/52/0");
  EXPECT_EQ(run(held, RunMode::full, Feed::product).counts.changed, 0);
  EXPECT_EQ(send_all(held, Feed::product, 100, portal), 0) << "what was skipped is not tried again every night";
  sql("UPDATE product_product SET description = 'changed' WHERE code > 'V2090'");
  EXPECT_EQ(run(held, RunMode::watermark, Feed::product).counts.changed, 10) << "and one that changes is tried again";
}

TEST_F(OutboundStories, A12_EveryPriceFeedHasExactlyAsManyRecordsAndBatchesAsThereAreChanges) {
  constexpr std::size_t kCap = 10;
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'L'), (8, 'N'); INSERT INTO product_price_list_line (price_list, "
      "formula) VALUES (7, 'unit_price * 0.9'), (8, '9.5')");
  for (const auto feed : {Feed::product, Feed::list_price, Feed::cost, Feed::discount, Feed::fixed_net_price}) {
    const auto held = lease(1, std::string(name_of(feed)));
    run(held, RunMode::full, feed);
    send_all(held, feed, kCap);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, kCap - 1, kCap, kCap + 1, 2 * kCap}) {
      SCOPED_TRACE(std::string(name_of(feed)) + " of " + std::to_string(count));
      priced_products(static_cast<int>(count));
      const auto report = run(held, RunMode::watermark, feed);
      EXPECT_EQ(report.counts.changed, static_cast<std::int64_t>(count));
      EXPECT_EQ(send_all(held, feed, kCap), static_cast<int>((count + kCap - 1) / kCap));
      const auto n = std::to_string(count);
      if (count == 0) continue;
      EXPECT_EQ(counts_of(report.run), n + "/" + n + "/0/0");
    }
  }
}

TEST_F(OutboundStories, A10_TwoHundredAndFiftyAndAThousandAndOnePricesOfOneListAllGoOut) {
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Per cent'), (8, 'Net')");
  for (const int count : {250, 751}) {
    priced_products(count);
    sql("DELETE FROM product_price_list_line; INSERT INTO product_price_list_line (price_list, formula, product) SELECT 7, "
        "'unit_price * 0.9', id FROM product_product UNION ALL SELECT 8, (id + 0.25)::text, id FROM product_product");
    if (count > 250) sql("ANALYZE");  // as the database does by itself, some time after so many writes
    for (const auto feed : {Feed::discount, Feed::fixed_net_price}) {
      const auto held = lease(1, std::string(name_of(feed)));
      EXPECT_EQ(run(held, RunMode::full, feed).counts.changed, count);
      EXPECT_EQ(send_all(held, feed, 100), (count + 99) / 100);
    }
  }
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT acknowledged) FROM ferry.publication WHERE feed = 'discount' AND "
                  "part = 7 AND state = 'settled'"),
            "1001 1001");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.publication WHERE feed = 'fixed_net_price' AND part = 8 AND "
                  "(acknowledged::jsonb #>> '{tiers,0,amount}')::numeric = key + 0.25"),
            "1001")
      << "each with its own amount";
}

class NetPrice : public testing::PriceTest {
 protected:
  NetPrice() : PriceTest(Feed::fixed_net_price) { sql("INSERT INTO product_price_list (id, name) VALUES (7, 'L')"); }

  void only(const std::string& formula, const std::string& columns = "", const std::string& values = "") {
    sql("DELETE FROM product_price_list_line");
    line(formula, columns, values);
  }
  void line(const std::string& formula, const std::string& columns = "", const std::string& values = "") {
    sql("INSERT INTO product_price_list_line (price_list, formula" + (columns.empty() ? "" : ", " + columns) +
        ") VALUES (7, '" + formula + "'" + (values.empty() ? "" : ", " + values) + ")");
  }
  std::string tiers() {
    const auto found = document("A", 7);
    return found == "withdrawn" ? found : value("SELECT (($ferry$" + found + "$ferry$)::json->>'tiers')");
  }
  std::string first_amount() {
    const auto found = document("A", 7);
    return value("SELECT ($ferry$" + found + "$ferry$)::json->>'currency' || ' ' || (($ferry$" + found +
                 "$ferry$)::json #>> '{tiers,0,amount}')");
  }
};

TEST_F(NetPrice, D10_IsInTheShopsCurrencyByTheErpsOwnRateAndNeverWithoutOne) {
  priced("A", "10");
  line("12.5");
  sql("UPDATE web_shop SET currency = 2 WHERE id = 1");
  EXPECT_EQ(first_amount(), "JPY 1625");
  sql("INSERT INTO currency_currency_rate (currency, date, rate) VALUES (2, (now() AT TIME ZONE 'Europe/Berlin')::date, 150)");
  EXPECT_EQ(first_amount(), "JPY 1875");
  sql("UPDATE web_shop SET currency = 3 WHERE id = 1");
  for (const auto feed : {Feed::fixed_net_price, Feed::list_price, Feed::cost}) {
    const auto report = store_.run_feed(run_of(lease(1, std::string(name_of(feed))), RunMode::full, feed));
    ASSERT_FALSE(report.has_value()) << name_of(feed);
    EXPECT_THAT(report.error().message, ::testing::HasSubstr("currency KWD has no rate")) << name_of(feed);
  }
  EXPECT_EQ(value("SELECT desired::jsonb ->> 'currency' FROM ferry.publication WHERE feed = 'fixed_net_price'"), "JPY")
      << "what was right stays";
}

TEST_F(NetPrice, HasTheDigitsOfTheCurrencyOrOfThePortalUpToFour) {
  priced("A", "10");
  line("1.23455");
  EXPECT_EQ(first_amount(), "EUR 1.23");
  settings(R"({"price_digits": "4"})");
  EXPECT_EQ(first_amount(), "EUR 1.2346") << "half to even, as the ERP keeps it";
  only("1.2345");
  EXPECT_EQ(first_amount(), "EUR 1.2345");
  settings("{}");
  sql("INSERT INTO currency_currency_rate (currency, date, rate) VALUES (3, '2020-01-01', 0.335); UPDATE web_shop SET currency "
      "= 3 WHERE id = 1");
  EXPECT_EQ(first_amount(), "KWD 0.414") << "0.4135575, to 4 digits and then to 3";
  sql("UPDATE web_shop SET currency = 2 WHERE id = 1");
  EXPECT_EQ(first_amount(), "JPY 160") << "160.485";
}

TEST_F(NetPrice, InBoxesAndInPiecesIsThatOfOneSaleUnitWithBreaksInSaleUnits) {
  priced("A", "10");
  line("8", "sequence, quantity", "1, 24");
  line("9", "sequence", "2");
  const auto tier = [](const std::string& quantity, const std::string& amount) {
    return R"({"quantity":")" + quantity + R"(","amount":")" + amount + R"(","from":null,"until":null})";
  };
  EXPECT_EQ(tiers(), "[" + tier("0", "9") + "," + tier("24", "8") + "]");
  sql("UPDATE product_template SET sale_uom = 2");  // by the dozen, and the list counts pieces
  EXPECT_EQ(tiers(), "[" + tier("0", "108") + "," + tier("2", "96") + "]");
  sql("UPDATE product_price_list SET unit = 'product_sale'");
  EXPECT_EQ(tiers(), "[" + tier("0", "108") + "," + tier("24", "96") + "]");
  sql("UPDATE product_template SET default_uom = 2, sale_uom = 1");
  EXPECT_EQ(tiers(), "[" + tier("0", "0.75") + "," + tier("24", "0.67") + "]");
}

TEST_F(NetPrice, A6_AWindowIsDaysOfTheCompanyAlsoOverADaylightSavingChange) {
  priced("A", "10");
  line("5", "sequence, start_date, end_date", "1, '2096-03-11', '2096-03-11'");
  line("9", "sequence", "2");
  const std::pair<const char*, std::pair<const char*, const char*>> zones[] = {
      {"America/St_Johns", {"2096-03-11T03:30:00Z", "2096-03-12T02:30:00Z"}},  // that day has 23 hours
      {"Asia/Kolkata", {"2096-03-10T18:30:00Z", "2096-03-11T18:30:00Z"}}};
  for (const auto& [zone, window] : zones) {
    sql(std::string("UPDATE company_company SET timezone = '") + zone + "'");
    EXPECT_EQ(tiers(), std::string(R"([{"quantity":"0","amount":"9","from":null,"until":")") + window.first +
                           R"("},{"quantity":"0","amount":"5","from":")" + window.first + R"(","until":")" + window.second +
                           R"("},{"quantity":"0","amount":"9","from":")" + window.second + R"(","until":null}])")
        << zone;
    EXPECT_EQ(value("SELECT ferry.iso(next_boundary) FROM ferry.job WHERE job = 'fixed_net_price'").substr(0, 19),
              std::string(window.first).substr(0, 19));
  }
}

}  // namespace
}  // namespace ferry::sql
