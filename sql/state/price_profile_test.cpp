// The logic of list_price.sql and cost.sql of sql/profiles/tryton-6.0 on its fixture. That the figures are Tryton's own is
// shown on a real database by compare_with_tryton.py there.
#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;
using testing::PriceTest;

class ListPrice : public PriceTest {
 protected:
  ListPrice() : PriceTest(Feed::list_price) {}
};

class Cost : public PriceTest {
 protected:
  Cost() : PriceTest(Feed::cost) {}
  void cost(const std::string& sku, const std::string& price, const std::string& company = "1") {
    sql("INSERT INTO product_cost_price (product, company, cost_price) SELECT id, " + company + ", " + price +
        " FROM product_product WHERE code = '" + sku + "'");
  }
};

TEST_F(ListPrice, IsOneCanonicalDocument) {
  priced("A", "12.50");
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"EUR","amount":"12.5","tax":"excluded"})");
  priced("B \"2\"", "0");
  EXPECT_EQ(document("B \"2\""), R"({"sku":"B \"2\"","currency":"EUR","amount":"0","tax":"excluded"})");
}

TEST_F(ListPrice, TheCompanysOwnValueGoesBeforeTheOneOfNone) {
  priced("A", "10");
  sql("UPDATE product_list_price SET company = NULL; INSERT INTO product_list_price (template, company, list_price) "
      "SELECT template, 2, 77 FROM product_list_price");
  EXPECT_EQ(amount("A"), "10");
  sql("INSERT INTO product_list_price (template, company, list_price) SELECT id, 1, 12 FROM product_template");
  EXPECT_EQ(amount("A"), "12");
}

TEST_F(ListPrice, WhatHasNoPriceOrIsNotPublishedIsWithdrawn) {
  priced("A", "10");
  EXPECT_EQ(amount("A"), "10");
  sql("UPDATE product_list_price SET list_price = NULL");
  EXPECT_EQ(amount("A"), "withdrawn");
  sql("UPDATE product_list_price SET list_price = 10; UPDATE product_product SET active = false");
  EXPECT_EQ(amount("A"), "withdrawn");
  sql("UPDATE product_product SET active = true; UPDATE \"web_shop-product_product\" SET active = false");
  EXPECT_EQ(amount("A"), "withdrawn");
}

TEST_F(ListPrice, IsRoundedToTheDigitsOfTheCurrencyOrOfThePortal) {
  priced("A", "1.2345");
  EXPECT_EQ(amount("A"), "1.23");
  settings(R"({"price_digits": "4"})");
  EXPECT_EQ(amount("A"), "1.2345");
  settings(R"({"price_digits": 3})");
  EXPECT_EQ(amount("A"), "1.235") << "half away from zero";
  settings(R"({"price_digits": "0"})");
  EXPECT_EQ(amount("A"), "1");
  sql("INSERT INTO ir_configuration (product_price_decimal) VALUES (2)");  // of [product] in trytond.conf
  settings(R"({"price_digits": "3"})");
  EXPECT_EQ(amount("A"), "1.23");
}

TEST_F(ListPrice, IsConvertedByTheRateOfTheCompanysDay) {
  priced("A", "10");
  sql("UPDATE web_shop SET currency = 2");  // yen have no digits
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"JPY","amount":"1300","tax":"excluded"})");
  sql("INSERT INTO currency_currency_rate (currency, date, rate) VALUES (2, (now() AT TIME ZONE 'Europe/Berlin')::date, "
      "131.2345), (2, (now() AT TIME ZONE 'Europe/Berlin')::date + 1, 200)");
  EXPECT_EQ(amount("A"), "1312");
  settings(R"({"price_digits": "2"})");
  EXPECT_EQ(amount("A"), "1312.35") << "1312.345";
  sql("UPDATE web_shop SET currency = 3; INSERT INTO currency_currency_rate (currency, date, rate) VALUES (3, "
      "'2020-01-01', 0.335)");
  settings("{}");
  EXPECT_EQ(amount("A"), "3.35");
  sql("UPDATE product_list_price SET list_price = 9.9999");
  EXPECT_EQ(amount("A"), "3.35") << "3.34996650, to 4 digits as Tryton keeps it, to 3 as dinars have";
}

TEST_F(ListPrice, ACurrencyWithoutARateFailsTheRunAndSaysHowToMendIt) {
  priced("A", "10");
  EXPECT_EQ(amount("A"), "10");
  sql("UPDATE web_shop SET currency = 3");
  const auto report = store_.run_feed(run_of(lease(1, "list_price"), RunMode::full, Feed::list_price));
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, ::testing::HasSubstr("currency KWD has no rate on 2"));
  EXPECT_THAT(report.error().message, ::testing::HasSubstr("add one to it in the ERP"));
  EXPECT_EQ(value("SELECT desired::json->>'amount' FROM ferry.publication"), "10") << "nothing is withdrawn";
}

TEST_F(ListPrice, IsOfOneSaleUnit) {
  priced("A", "1.5");
  sql("UPDATE product_template SET sale_uom = 2");  // a dozen
  EXPECT_EQ(amount("A"), "18");
  sql("UPDATE product_template SET default_uom = 2, sale_uom = 1");
  EXPECT_EQ(amount("A"), "0.13") << "0.125";
  sql("UPDATE product_template SET default_uom = 1, sale_uom = 5");
  EXPECT_EQ(amount("A"), "0.5") << "a third: the rate is exact, the factor is not";
  sql("UPDATE product_template SET default_uom = 5, sale_uom = 1; UPDATE product_list_price SET list_price = 0.0015");
  settings(R"({"price_digits": "4"})");
  EXPECT_EQ(amount("A"), "0.0045");
  sql("UPDATE product_template SET sale_uom = NULL");
  EXPECT_EQ(amount("A"), "0.0015");
}

TEST_F(ListPrice, DecimalsHaveTheErpsDigitsAndItsHalves) {
  EXPECT_EQ(value("SELECT ferry.half_even(0.00005, 4) || ' ' || ferry.half_even(0.00015, 4) || ' ' || "
                  "ferry.half_even(-2.5, 0) || ' ' || ferry.half_even(2.51, 0)"),
            "0.0000 0.0002 -2 3");
  EXPECT_EQ(value("SELECT ferry.divided(1, 3)"), "0.3333333333333333333333333333");
  EXPECT_EQ(value("SELECT ferry.divided(200, 3)"), "66.66666666666666666666666667");
  EXPECT_EQ(value("SELECT ferry.divided(1, 700)"), "0.001428571428571428571428571429");
  EXPECT_EQ(value("SELECT ferry.divided(10, 4)"), "2.5");
  EXPECT_EQ(value("SELECT ferry.significant(1234567890123456789012345678.5)"), "1234567890123456789012345678");
  EXPECT_EQ(value("SELECT ferry.significant(-0.12345678901234567890123456785)"), "-0.1234567890123456789012345678");
}

class GrossPrice : public ListPrice {
 protected:
  void SetUp() override {
    settings(R"({"price_tax": "included"})");
    sql("INSERT INTO account_tax (id, type, rate) VALUES (1, 'percentage', 0.19), (2, 'percentage', 0.07); INSERT INTO "
        "product_category (id, accounting) VALUES (1, true), (2, true); INSERT INTO "
        "product_category_customer_taxes_rel (category, tax) VALUES (1, 1), (2, 2)");
    priced("A", "10");
    category("A", 1);
  }
  void category(const std::string& sku, int id) {
    sql("UPDATE product_template t SET account_category = " + std::to_string(id) +
        " FROM product_product p WHERE p.template = t.id AND p.code = '" + sku + "'");
  }
  const std::string today_ = "(now() AT TIME ZONE 'Europe/Berlin')::date";
};

TEST_F(GrossPrice, HoldsTheTaxOfTheProductsAccountingCategory) {
  priced("B", "10");
  category("B", 2);
  priced("C", "10");
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"EUR","amount":"11.9","tax":"included"})");
  EXPECT_EQ(amount("B"), "10.7");
  EXPECT_EQ(amount("C"), "10") << "without a category there is no tax";
  sql("UPDATE account_tax SET company = 2 WHERE id = 2");
  EXPECT_EQ(amount("B"), "10") << "the tax of another company";
}

TEST_F(GrossPrice, ACategoryMayUseTheTaxesOfTheOneAbove) {
  sql("UPDATE product_category SET taxes_parent = true, parent = 1 WHERE id = 2");
  category("A", 2);
  EXPECT_EQ(amount("A"), "11.9");
}

TEST_F(GrossPrice, TaxesAreAddedChangedByOneAnotherFixedAndNested) {
  sql("INSERT INTO account_tax (id, type, rate, amount, sequence, update_unit_price) VALUES (3, 'percentage', 0.1, NULL, 0, "
      "true), (4, 'fixed', NULL, 0.25, 1, false); INSERT INTO product_category_customer_taxes_rel (category, tax) VALUES "
      "(1, 3), (1, 4); UPDATE account_tax SET sequence = 2 WHERE id = 1");
  EXPECT_EQ(amount("A"), "13.34") << "10 + 1 + 0.25 + 19 % of 11";
  sql("INSERT INTO account_tax (id, type, rate, parent) VALUES (5, 'percentage', 0.02, 3); INSERT INTO account_tax (id, type, "
      "rate, parent, active) VALUES (6, 'percentage', 0.5, 3, false)");
  EXPECT_EQ(amount("A"), "13.58") << "10 + 1 + 0.2 + 0.25 + 19 % of 11.2";
  sql("UPDATE account_tax SET type = 'none' WHERE id = 3");
  EXPECT_EQ(amount("A"), "12.39") << "10 + 0.2 + 0.25 + 19 % of 10.2: a tax of none, but its part counts";
}

TEST_F(GrossPrice, OnlyTaxesOfTheDayCount) {
  sql("UPDATE account_tax SET end_date = " + today_ + " WHERE id = 1");
  EXPECT_EQ(amount("A"), "11.9");
  sql("UPDATE account_tax SET end_date = " + today_ + " - 1 WHERE id = 1");
  EXPECT_EQ(amount("A"), "10");
  sql("UPDATE account_tax SET end_date = NULL, start_date = " + today_ + " + 1 WHERE id = 1");
  EXPECT_EQ(amount("A"), "10");
}

TEST_F(GrossPrice, TheShopsTaxRuleReplacesTaxes) {
  sql("INSERT INTO account_configuration_default_tax_rule (company, default_customer_tax_rule) VALUES (1, 1); INSERT INTO "
      "account_tax_rule_line (id, rule, origin_tax, tax) VALUES (1, 1, 1, 2)");
  EXPECT_EQ(amount("A"), "10.7");
  sql("UPDATE account_tax_rule_line SET keep_origin = true");
  EXPECT_EQ(amount("A"), "12.6");
  sql("UPDATE account_tax_rule_line SET origin_tax = NULL, keep_origin = false, tax = NULL");
  EXPECT_EQ(amount("A"), "10") << "replaced by nothing";
  sql("UPDATE account_tax SET \"group\" = 5 WHERE id = 1");
  EXPECT_EQ(amount("A"), "11.9") << "a line without a group is for taxes without one";
  sql("UPDATE account_tax_rule_line SET \"group\" = 5, tax = 2, end_date = " + today_ + " - 1");
  EXPECT_EQ(amount("A"), "11.9") << "the line has ended";
  sql("UPDATE account_tax_rule_line SET end_date = NULL");
  EXPECT_EQ(amount("A"), "10.7");
}

TEST_F(GrossPrice, WhatChangesATaxChangesThePricesThatHoldIt) {
  priced("B", "10");
  category("B", 2);
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_category_customer_taxes_rel SET tax = 1 WHERE category = 2"), "B");
  EXPECT_EQ(changed_by("UPDATE account_tax SET rate = 0.2 WHERE id = 1"), "A B");
  EXPECT_EQ(changed_by("INSERT INTO product_category (id, accounting, taxes_parent, parent) VALUES (3, true, true, 1); "
                       "UPDATE product_template t SET account_category = 3 FROM product_product p WHERE p.template = "
                       "t.id AND p.code = 'A'"),
            "");
  EXPECT_EQ(changed_by("INSERT INTO product_category_customer_taxes_rel (category, tax) VALUES (1, 2)"), "A");
  EXPECT_EQ(changed_by("UPDATE product_category SET taxes_parent = false WHERE id = 3"), "A");
  EXPECT_EQ(changed_by("INSERT INTO account_configuration_default_tax_rule (default_customer_tax_rule) VALUES (1)"), "");
  EXPECT_EQ(changed_by("INSERT INTO account_tax_rule_line (rule, origin_tax, tax) VALUES (1, 1, 2)"), "B");
}

TEST_F(ListPrice, EveryContributingTableIsWatchedAndOnlyWhatItConcernsChanges) {
  priced("A", "10");
  const auto b = priced("B", "20");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_list_price SET list_price = 11 WHERE list_price = 10"), "A");
  EXPECT_EQ(changed_by("UPDATE product_list_price SET list_price = 11 WHERE list_price = 11"), "") << "the same value";
  EXPECT_EQ(changed_by("UPDATE product_template SET sale_uom = 2 WHERE id = 2"), "B");
  EXPECT_EQ(changed_by("UPDATE product_uom SET factor = 10, rate = 0.1 WHERE id = 2"), "B");
  EXPECT_EQ(changed_by("UPDATE product_product SET active = false WHERE id = " + std::to_string(b)), "B");
  EXPECT_EQ(changed_by("UPDATE product_product SET active = true WHERE id = " + std::to_string(b)), "B");
  EXPECT_EQ(changed_by("UPDATE \"web_shop-product_product\" SET active = false WHERE product = " + std::to_string(b)), "B");
  EXPECT_EQ(changed_by("UPDATE web_shop SET currency = 2 WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE currency_currency_rate SET rate = 140 WHERE currency = 2"), "A");
  EXPECT_EQ(changed_by("UPDATE currency_currency SET digits = 2 WHERE id = 2; UPDATE product_list_price SET list_price = "
                       "11.0001 WHERE list_price = 11"),
            "A");
  EXPECT_EQ(changed_by("UPDATE currency_currency SET digits = 0 WHERE id = 2"), "A");
  EXPECT_EQ(changed_by("UPDATE company_company SET currency = 2"), "A");
  EXPECT_EQ(changed_by("UPDATE ferry.channel SET settings = '{\"price_digits\": 1}' WHERE id = 1"), "");
  EXPECT_EQ(changed_by("UPDATE ferry.channel SET settings = '{\"price_digits\": 4}' WHERE id = 1"), "A");
}

TEST_F(ListPrice, ARiseGoesBeforeAFall) {
  priced("A", "10");
  priced("B", "10");
  compare_everything();
  sql("UPDATE ferry.publication SET acknowledged = desired, acknowledged_fingerprint = fingerprint, state = 'settled', "
      "next_attempt_at = NULL");
  changed_by("UPDATE product_list_price SET list_price = CASE template WHEN 1 THEN 9.5 ELSE 10.5 END");
  EXPECT_EQ(value("SELECT string_agg(label || priority, ' ' ORDER BY label) FROM ferry.publication"), "A1 B0");
}

// The moment at which something changes with no write is a midnight where the company is.
class PriceBoundary : public GrossPrice {
 protected:
  std::string boundary(const std::string& zone) {
    sql("UPDATE company_company SET timezone = '" + zone + "'");
    compare_everything();
    return value("SELECT coalesce(to_char(next_boundary AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'none') FROM ferry.job "
                 "WHERE job = 'list_price'");
  }
  void rate_from(const std::string& day) {
    sql("INSERT INTO currency_currency_rate (currency, date, rate) VALUES (2, '" + day + "', 150)");
  }
};

TEST_F(PriceBoundary, IsNoneWhereNothingIsDated) {
  rate_from("2096-06-01");
  EXPECT_EQ(boundary("UTC"), "none") << "the shop's currency is the company's";
}

TEST_F(PriceBoundary, IsTheMidnightOfTheCompanyAlsoOverADaylightSavingChange) {
  sql("UPDATE web_shop SET currency = 2 WHERE id = 1");
  rate_from("2096-06-01");
  EXPECT_EQ(boundary("Asia/Kolkata"), "2096-05-31 18:30");
  rate_from("2096-03-12");  // clocks go forward on 11 March 2096
  EXPECT_EQ(boundary("America/St_Johns"), "2096-03-12 02:30");
  rate_from("2096-03-11");
  EXPECT_EQ(boundary("America/St_Johns"), "2096-03-11 03:30");
  EXPECT_EQ(boundary("Asia/Kolkata"), "2096-03-10 18:30");
}

TEST_F(PriceBoundary, ATaxBeginsWithItsFirstDayAndEndsAfterItsLast) {
  sql("UPDATE account_tax SET end_date = '2095-12-31' WHERE id = 1");
  EXPECT_EQ(boundary("UTC"), "2096-01-01 00:00");
  sql("UPDATE account_tax SET start_date = '2095-07-01' WHERE id = 2");
  EXPECT_EQ(boundary("UTC"), "2095-07-01 00:00");
  sql("INSERT INTO account_tax_rule_line (rule, end_date) VALUES (1, '2095-06-29')");
  EXPECT_EQ(boundary("Asia/Kolkata"), "2095-06-29 18:30");
}

TEST_F(Cost, IsTheCompanysAndOfOneSaleUnit) {
  priced("A", "10");
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"EUR","amount":"0"})") << "as Tryton takes it where none is set";
  cost("A", "5", "NULL");
  EXPECT_EQ(amount("A"), "5");
  cost("A", "6.5");
  EXPECT_EQ(amount("A"), "6.5");
  sql("UPDATE product_template SET sale_uom = 2; UPDATE web_shop SET currency = 2 WHERE id = 1");
  EXPECT_EQ(document("A"), R"({"sku":"A","currency":"JPY","amount":"10140"})");
  sql("UPDATE product_cost_price SET cost_price = NULL");
  EXPECT_EQ(amount("A"), "withdrawn");
}

TEST_F(Cost, OfAKitIsThatOfItsComponents) {
  const auto a = priced("A", "10");
  priced("K", "30");
  cost("A", "1.33333");
  sql("UPDATE product_template SET type = 'kit' WHERE id = 2; INSERT INTO product_component (parent_template, product, "
      "quantity, unit) VALUES (2, " +
      std::to_string(a) + ", 0.5, 2)");
  settings(R"({"price_digits": "4"})");
  EXPECT_EQ(amount("K"), "8") << "half a dozen, to 4 digits: 7.99998";
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_cost_price SET cost_price = 2"), "A K");
  EXPECT_EQ(changed_by("UPDATE product_component SET quantity = 1"), "K");
  sql("UPDATE product_cost_price SET cost_price = 3");
  hint(a, "cost");  // the ERP reports the component alone
  EXPECT_EQ(compare(RunMode::hints).counts.changed, 2);
}

TEST_F(Cost, IsNotSentUnlessAChannelIsToldTo) {
  std::string_view jobs;
  for (const auto& field : engine::common_fields()) {
    if (field.name == "jobs") jobs = field.fallback;
  }
  EXPECT_THAT(std::string(jobs), ::testing::Not(::testing::HasSubstr("cost")));
}

TEST_F(Cost, WatchesItsTables) {
  priced("A", "10");
  priced("B", "10");
  compare_everything();
  EXPECT_EQ(changed_by("INSERT INTO product_cost_price (product, company, cost_price) VALUES (1, 1, 3)"), "A");
  EXPECT_EQ(changed_by("UPDATE product_list_price SET list_price = 7"), "");
  EXPECT_EQ(changed_by("UPDATE product_template SET sale_uom = 2"), "A");
}

}  // namespace
}  // namespace ferry::sql
