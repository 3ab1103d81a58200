// The logic of discount.sql and fixed_net_price.sql of sql/profiles/tryton-6.0 on its fixture. That the figures are
// Tryton's own is shown on a real database by compare_with_tryton.py there.
#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;
using testing::PriceTest;

class Conditions : public PriceTest {
 protected:
  explicit Conditions(Feed feed) : PriceTest(feed) {}
  void SetUp() override { sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Trade \"A\"')"); }

  // A line of list 7: its columns besides, and their values.
  void line(const std::string& formula, const std::string& columns = "", const std::string& values = "") {
    sql("INSERT INTO product_price_list_line (price_list, formula" + (columns.empty() ? "" : ", " + columns) +
        ") VALUES (7, '" + formula + "'" + (values.empty() ? "" : ", " + values) + ")");
  }
  void only(const std::string& formula) {
    sql("DELETE FROM product_price_list_line");
    line(formula);
  }
  std::vector<std::string> findings() { return must(store_.feed_findings(must(store_.channels()).at(0), feed_)); }
  // "quantity: figure", with the days of the window where it has bounds; or "withdrawn".
  std::string tiers(const std::string& sku = "A", int list = 7) {
    const auto found = document(sku, list);
    if (found == "withdrawn") return found;
    return value(
        "SELECT string_agg((t->>'quantity') || ': ' || coalesce(t->>'percent', t->>'amount') || coalesce(' from ' || "
        "left(t->>'from', 10), '') || coalesce(' until ' || left(t->>'until', 10), ''), ', ' ORDER BY n) FROM "
        "jsonb_array_elements($ferry$" + found + "$ferry$::jsonb->'tiers') WITH ORDINALITY e(t, n)");
  }
};

class Discount : public Conditions {
 protected:
  Discount() : Conditions(Feed::discount) {}
};

class FixedNetPrice : public Conditions {
 protected:
  FixedNetPrice() : Conditions(Feed::fixed_net_price) {}
  std::string made_of(const std::string& formula) {
    only(formula);
    return tiers();
  }
};

TEST_F(Discount, IsOneCanonicalDocument) {
  priced("A", "10");
  line("unit_price * 0.9", "sequence", "2");
  line("unit_price * (1 - 12.5/100)", "quantity, sequence", "10, 1");
  EXPECT_EQ(document("A", 7),
            R"({"sku":"A","list":"7","list_name":"Trade \"A\"","tiers":[{"quantity":"0","percent":"10","from":null,)"
            R"("until":null},{"quantity":"10","percent":"12.5","from":null,"until":null}]})");
}

TEST_F(Discount, PercentagesInAnyOfTheFormsThatPeopleWrite) {
  priced("A", "10");
  const std::pair<const char*, const char*> forms[] = {
      {"unit_price * 0.9", "0: 10"},
      {"0.9*list_price", "0: 10"},
      {"unit_price * (1 - 10/100)", "0: 10"},
      {"unit_price*(100-10)/100", "0: 10"},
      {"unit_price / 1.25", "0: 20"},
      {"unit_price * Decimal(''0.95'') * Decimal(\"0.5\")", "0: 52.5"},
      {" ( ( unit_price ) ) * .5 ", "0: 50"},
      {"unit_price * -1 * -0.5", "0: 50"},
      {"unit_price * 0", "0: 100"},
      {"unit_price * 0.999999", "0: 0.0001"},
      {"unit_price", "withdrawn"},
      {"unit_price * 0.9999999", "withdrawn"},
      {"unit_price * 1.1", "withdrawn"},
      {"unit_price * -0.5", "withdrawn"},
      {"unit_price / 3", "withdrawn"},
      {"unit_price - 1", "withdrawn"},
      {"5", "withdrawn"},
      {"cost_price * 0.5", "withdrawn"},
      {"unit_price * 0.5 if cost_price else 0", "withdrawn"},
  };
  for (const auto& [formula, expected] : forms) {
    only(formula);
    EXPECT_EQ(tiers(), expected) << formula;
  }
}

TEST_F(Discount, TheFirstLineThatMatchesWins) {
  priced("A", "10");
  const auto b = std::to_string(priced("B", "10"));
  sql("INSERT INTO product_category (id, parent) VALUES (1, NULL), (2, 1), (3, NULL); INSERT INTO "
      "\"product_template-product_category\" (template, category) VALUES (1, 2)");
  line("unit_price * 0.99", "sequence", "9");
  line("unit_price * 0.8", "sequence, category", "5, 1");
  line("unit_price * 0.7", "sequence, category", "6, 2");
  line("unit_price * 0.1", "sequence, category", "1, 3");
  line("unit_price * 0.6", "sequence, product", "8, " + b);
  EXPECT_EQ(tiers("A"), "0: 20") << "the category above its own";
  EXPECT_EQ(tiers("B"), "0: 40");
  sql("UPDATE product_template SET account_category = 3 WHERE id = 2");
  EXPECT_EQ(tiers("B"), "0: 90") << "an accounting category is one of the product's";
  sql("UPDATE product_price_list_line SET product = 1 WHERE category = 3");
  EXPECT_EQ(tiers("B"), "0: 40") << "category and product must both match";
  line("unit_price * 0.5");
  EXPECT_EQ(tiers("A"), "0: 50") << "no sequence goes first";
}

TEST_F(Discount, QuantityBreaksAreOfTheSaleUnitAndWhatChangesNothingIsLeftOut) {
  priced("A", "10");
  line("unit_price * 0.7", "sequence, quantity", "1, 30");
  line("unit_price * 0.8", "sequence, quantity", "2, 24");
  line("unit_price * 0.8", "sequence, quantity", "3, 7.5");
  line("unit_price", "sequence, quantity", "4, 0");
  EXPECT_EQ(tiers(), "8: 20, 30: 30");
  sql("UPDATE product_template SET sale_uom = 2");  // 24 pieces are two dozen, 30 are not yet three
  EXPECT_EQ(tiers(), "1: 20, 3: 30");
  sql("UPDATE product_price_list SET unit = 'product_sale'");
  EXPECT_EQ(tiers(), "8: 20, 30: 30");
  sql("UPDATE product_template SET default_uom = 4, sale_uom = 3; UPDATE product_price_list SET unit = 'product_default'");
  EXPECT_EQ(tiers(), "0.008: 20, 0.03: 30");
}

TEST_F(Discount, WhatGoesBackToTheListPriceIsAFixedPrice) {
  priced("A", "10");
  line("unit_price", "sequence, quantity", "1, 10");
  line("unit_price * 0.9", "sequence", "2");
  EXPECT_EQ(tiers(), "withdrawn");
}

TEST_F(Discount, WindowsAreDaysOfTheCompanyAndFutureOnesAreSentAhead) {
  priced("A", "10");
  line("unit_price * 0.5", "sequence, start_date, end_date", "1, '2096-03-10', '2096-03-11'");
  line("unit_price * 0.9", "sequence", "2");
  line("unit_price * 0.8", "sequence, quantity", "0, 5");
  sql("UPDATE company_company SET timezone = 'America/St_Johns'");
  EXPECT_EQ(document("A", 7),
            R"({"sku":"A","list":"7","list_name":"Trade \"A\"","tiers":[{"quantity":"0","percent":"10","from":null,)"
            R"("until":"2096-03-10T03:30:00Z"},{"quantity":"0","percent":"50","from":"2096-03-10T03:30:00Z",)"
            R"("until":"2096-03-12T02:30:00Z"},{"quantity":"0","percent":"10","from":"2096-03-12T02:30:00Z",)"
            R"("until":null},{"quantity":"5","percent":"20","from":null,"until":null}]})");
  EXPECT_EQ(value("SELECT to_char(next_boundary AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM ferry.job WHERE job = "
                  "'discount'"),
            "2096-03-10 03:30");
  sql("UPDATE company_company SET timezone = 'Asia/Kolkata'");
  EXPECT_THAT(document("A", 7), ::testing::HasSubstr(R"("until":"2096-03-09T18:30:00Z")"));
}

TEST_F(Discount, AWindowThatHasBegunHasNoBeginningAndOneThatIsOverIsLeftOut) {
  priced("A", "10");
  const std::string today = "(now() AT TIME ZONE 'Europe/Berlin')::date";
  line("unit_price * 0.5", "sequence, start_date, end_date", "1, " + today + ", " + today);
  line("unit_price * 0.4", "sequence, start_date, end_date", "2, " + today + " - 9, " + today + " - 1");
  const auto tomorrow = value("SELECT to_char((" + today +
                              " + 1)::timestamp AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC', 'YYYY-MM-DD')");
  EXPECT_EQ(tiers(), "0: 50 until " + tomorrow);
  sql("UPDATE product_price_list_line SET start_date = " + today + " + 1, end_date = NULL WHERE sequence = 1");
  EXPECT_EQ(tiers(), "0: 50 from " + tomorrow);
}

TEST_F(Discount, MoreThanAHundredTiersAreNamedAndNotPublished) {
  priced("A", "10");
  sql("INSERT INTO product_price_list_line (price_list, formula, quantity, sequence) SELECT 7, 'unit_price * 0.' || 999 - n, "
      "n, -n FROM generate_series(1, 100) n");
  EXPECT_THAT(tiers(), ::testing::StartsWith("1: 0.2, 2: 0.3, "));
  EXPECT_THAT(findings(), ::testing::IsEmpty());
  line("unit_price * 0.5", "quantity, sequence", "101, -101");
  EXPECT_EQ(tiers(), "withdrawn");
  EXPECT_THAT(findings(), ::testing::ElementsAre("price list 7 (Trade \"A\"): more than 100 tiers for 1 products, one of "
                                                 "them A, which are not published"));
}

TEST_F(Discount, OnlyListsOfTheChannelAreSent) {
  priced("A", "10");
  line("unit_price * 0.9");
  sql("INSERT INTO product_price_list (id, name) VALUES (8, 'Retail'), (9, 'Other company'), (10, 'Gone'); INSERT INTO "
      "product_price_list_line (price_list, formula) SELECT id, 'unit_price * 0.5' FROM product_price_list WHERE id > 7; "
      "UPDATE product_price_list SET company = 2 WHERE id = 9; UPDATE product_price_list SET active = false WHERE id = 10");
  EXPECT_EQ(tiers("A", 7) + " " + tiers("A", 8) + " " + tiers("A", 9) + " " + tiers("A", 10),
            "0: 10 0: 50 withdrawn withdrawn");
  settings(R"({"price_lists": ["8"]})");
  EXPECT_EQ(tiers("A", 7) + " " + tiers("A", 8), "withdrawn 0: 50");
  settings(R"({"price_lists": "7, 8"})");
  EXPECT_EQ(tiers("A", 7) + " " + tiers("A", 8), "0: 10 0: 50");
}

TEST_F(Discount, WatchesItsTables) {
  priced("A", "10");
  const auto b = std::to_string(priced("B", "10"));
  line("unit_price * 0.9", "product", "1");
  line("unit_price * 0.8", "category", "1");
  sql("INSERT INTO product_category (id) VALUES (1), (2)");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_price_list_line SET quantity = 2 WHERE product = 1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO \"product_template-product_category\" (template, category) VALUES (2, 2)"), "");
  EXPECT_EQ(changed_by("UPDATE product_category SET parent = 1 WHERE id = 2"), "B");
  EXPECT_EQ(changed_by("UPDATE product_price_list_line SET formula = 'unit_price * 0.7' WHERE category = 1"), "B");
  EXPECT_EQ(changed_by("UPDATE product_price_list SET name = 'New'"), "A B");
  EXPECT_EQ(changed_by("UPDATE product_list_price SET list_price = 11"), "");
  EXPECT_EQ(changed_by("UPDATE product_product SET code = 'C' WHERE id = " + b), "C");
}

TEST_F(FixedNetPrice, IsOneCanonicalDocument) {
  priced("A", "10");
  line("9.5", "sequence", "2");
  line("unit_price - 1", "quantity, sequence", "10, 1");
  EXPECT_EQ(document("A", 7),
            R"({"sku":"A","list":"7","list_name":"Trade \"A\"","currency":"EUR","tiers":[{"quantity":"0","amount":"9.5",)"
            R"("from":null,"until":null},{"quantity":"10","amount":"9","from":null,"until":null}]})");
}

TEST_F(FixedNetPrice, FormulasAreWorkedOutStepByStepAsTheErpDoes) {
  priced("A", "10");
  sql("INSERT INTO product_cost_price (product, company, cost_price) VALUES (1, 1, 6.5)");
  EXPECT_EQ(made_of("12.345"), "0: 12.35");
  EXPECT_EQ(made_of("cost_price * 1.3"), "0: 8.45");
  EXPECT_EQ(made_of("unit_price * 1.1"), "0: 11");
  EXPECT_EQ(made_of("unit_price / 3"), "0: 3.33");
  EXPECT_EQ(made_of("20 - unit_price"), "0: 10");
  EXPECT_EQ(made_of("100 / unit_price / 4"), "0: 2.5");
  EXPECT_EQ(made_of("(unit_price - 5) * 0.9 + 0.5"), "0: 5");
  EXPECT_EQ(made_of("-(1 - unit_price)"), "0: 9");
  EXPECT_EQ(made_of("2 + 3 * 4 - 6 / 4"), "0: 12.5");
  EXPECT_EQ(made_of("unit_price * 0.9"), "withdrawn") << "a discount";
  EXPECT_EQ(made_of("unit_price"), "withdrawn") << "nothing at all";
  sql("UPDATE product_list_price SET list_price = 0");
  EXPECT_EQ(made_of("100 / unit_price"), "withdrawn");
  sql("UPDATE product_list_price SET list_price = NULL");
  EXPECT_EQ(made_of("7"), "0: 7") << "whatever the list price is";
  EXPECT_EQ(made_of("unit_price + 1"), "withdrawn");
}

TEST_F(FixedNetPrice, WhatTheErpAloneCanEvaluateOrIsBelowZeroIsNamedAndNotPublished) {
  priced("A", "10");
  for (const auto* formula : {"unit_price * 0.9 if cost_price else 1", "max(1, 2)", "unit_price ** 2", "unit_price // 3",
                              "unit_price + cost_price", "1 / 0", "unit_price / 0", "unit_price 2", "2 unit_price", "(1",
                              "1)", "()", "", "*", "010", "unit_prices", "1e3", "Decimal(''x'')", "unit_price - 11"}) {
    EXPECT_EQ(made_of(formula), "withdrawn") << formula;
    EXPECT_EQ(findings().size(), 1U) << formula;
  }
  EXPECT_THAT(findings(),
              ::testing::ElementsAre("price list 7 (Trade \"A\"): the formula \"unit_price - 11\" comes to less than zero; "
                                     "this list's prices of 1 products, one of them A, are not published"));
  only("min(unit_price, 3)");
  EXPECT_THAT(findings(),
              ::testing::ElementsAre(::testing::HasSubstr("\"min(unit_price, 3)\" can only be evaluated by the ERP")));
  only("unit_price * 0.5");
  EXPECT_THAT(findings(), ::testing::IsEmpty());
}

TEST_F(FixedNetPrice, IsOfOneSaleUnitInTheShopsCurrency) {
  priced("A", "10");
  line("1.5");
  sql("UPDATE product_template SET sale_uom = 2; UPDATE web_shop SET currency = 2 WHERE id = 1");
  EXPECT_EQ(document("A", 7), R"({"sku":"A","list":"7","list_name":"Trade \"A\"","currency":"JPY","tiers":[{"quantity":)"
                              R"("0","amount":"2340","from":null,"until":null}]})");
}

TEST_F(FixedNetPrice, OfAListWithTaxTheTaxIsTakenOff) {
  priced("A", "10");
  line("11.9");
  sql("UPDATE product_price_list SET tax_included = true; INSERT INTO account_tax (id, type, rate) VALUES (1, "
      "'percentage', 0.19); INSERT INTO product_category (id) VALUES (1); INSERT INTO product_category_customer_taxes_rel "
      "(category, tax) VALUES (1, 1)");
  EXPECT_EQ(tiers(), "0: 11.9") << "there is no tax";
  sql("UPDATE product_template SET account_category = 1");
  EXPECT_EQ(tiers(), "0: 10");
  EXPECT_EQ(made_of("unit_price * 1.19 * 0.5"), "0: 5");
  EXPECT_EQ(made_of("unit_price * 0.5"), "0: 4.2") << "no percentage off the net list price";
  sql("UPDATE product_price_list_line SET quantity = 3");
  EXPECT_EQ(tiers(), "0: 8.4, 3: 4.2") << "nor is it the list price where no line matches";
}

TEST_F(FixedNetPrice, MixedWithPercentagesEverythingIsAPrice) {
  priced("A", "10");
  line("7", "sequence, quantity", "1, 10");
  line("unit_price * 0.9", "sequence, quantity", "2, 2");
  EXPECT_EQ(tiers(), "2: 9, 10: 7");
}

TEST_F(FixedNetPrice, WatchesItsTables) {
  priced("A", "10");
  priced("B", "20");
  line("unit_price - 1", "product", "1");
  line("cost_price + 1", "product", "2");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_list_price SET list_price = list_price + 1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO product_cost_price (product, company, cost_price) VALUES (1, 1, 3), (2, 1, 3)"), "B");
  EXPECT_EQ(changed_by("UPDATE ferry.channel SET settings = '{\"price_digits\": 0}' WHERE id = 1"), "");
  EXPECT_EQ(changed_by("INSERT INTO ir_configuration (product_price_decimal) VALUES (3)"), "");
  EXPECT_EQ(changed_by("UPDATE web_shop SET currency = 2 WHERE id = 1"), "A B");
  EXPECT_EQ(changed_by("UPDATE currency_currency_rate SET rate = 1 WHERE currency = 2"), "A B");
}

}  // namespace
}  // namespace ferry::sql
