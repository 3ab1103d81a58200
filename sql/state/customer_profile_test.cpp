// The logic of customer.sql of sql/profiles/tryton-6.0 on its fixture. That the figures are Tryton's own is shown on a real
// database by compare_masters_with_tryton.py there.
#include <functional>
#include <iterator>
#include <random>

#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;

class Customer : public testing::PriceTest {
 protected:
  Customer() : PriceTest(Feed::customer) { settings(R"({"customers":"all"})"); }

  int party(const std::string& code, const std::string& name = "Ada") {
    sql("INSERT INTO party_party (code, name) VALUES ('" + code + "', '" + name + "')");
    return std::stoi(value("SELECT max(id) FROM party_party"));
  }
  void add(const std::string& table, const std::string& columns, int party, const std::string& values) {
    sql("INSERT INTO party_" + table + " (party, " + columns + ") VALUES (" + std::to_string(party) + ", " + values + ")");
  }
  std::string member(const std::string& code, const std::string& name) {
    const auto found = document(code);
    return found == "withdrawn" ? found : value("SELECT ('" + found + "')::json->>'" + name + "'");
  }
  std::string published() {
    compare_everything();
    return value("SELECT coalesce(string_agg(label, ' ' ORDER BY label), '') FROM ferry.publication WHERE desired IS NOT NULL");
  }
  std::vector<std::string> findings() { return must(store_.feed_findings(must(store_.channels()).at(0), feed_)); }
};

TEST_F(Customer, IsOneCanonicalDocument) {
  const int ada = party("A1", "Ada \"B\" Byron");
  add("contact_mechanism", "type, value", ada, "'email', 'Ada@Example.COM'");
  add("contact_mechanism", "type, value", ada, "'phone', '+49 89 1234'");
  add("identifier", "type, code", ada, "'eu_vat', 'DE123456789'");
  add("address", "sequence, name, street, postal_code, city, country, subdivision, invoice", ada,
      "2, 'Tower', E'Gasse 1\\n Hof 2 \\r\\n\\n', '80331', 'München', 1, 1, true");
  add("address", "sequence, party_name, street, country, delivery", ada, "1, 'Bob', 'Weg 3', 2, true");
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Trade \"A\"'); INSERT INTO party_party_sale_price_list (party, "
      "company, sale_price_list) VALUES (2, 1, 7)");
  EXPECT_EQ(document("A1"),
            R"({"code":"A1","name":"Ada \"B\" Byron","email":"ada@example.com","phone":"+49 89 1234","tax_identifier":)"
            R"("DE123456789","list":"7","list_name":"Trade \"A\"","credit_hold":false,"addresses":[{"name":"Bob","street":)"
            R"("Weg 3","postal_code":"","city":"","subdivision":"","country":"AT","invoice":false,"delivery":true},)"
            R"({"name":"Ada \"B\" Byron","street":"Tower\nGasse 1\nHof 2","postal_code":"80331","city":"München",)"
            R"("subdivision":"DE-BY","country":"DE","invoice":true,"delivery":false}]})");
  party("B2", "");
  EXPECT_EQ(document("B2"), R"({"code":"B2","name":"[B2]","email":"","phone":"","tax_identifier":"","list":"","list_name":"",)"
                            R"("credit_hold":false,"addresses":[]})");
}

TEST_F(Customer, WhoIsNoneIsNotPublished) {
  for (const char* code : {"A", "B", "G", "R"}) party(code);
  EXPECT_EQ(published(), "A B G R") << "the company is none";
  sql("UPDATE web_shop SET guest_party = (SELECT id FROM party_party WHERE code = 'G')");
  sql("UPDATE party_party SET replaced_by = 2, active = false WHERE code = 'R'");
  EXPECT_EQ(published(), "A B");
  EXPECT_EQ(document("R"), "withdrawn");
  sql("UPDATE party_party SET active = false WHERE code = 'A'; DELETE FROM party_party WHERE code = 'B'");
  EXPECT_EQ(published(), "");
}

TEST_F(Customer, OfEverybodyTheScopeTakesThoseThatBoughtThoseWithAListOrAll) {
  const int a = party("A"), b = party("B");
  party("C");
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Trade'), (8, 'Retail'); INSERT INTO sale_sale (party, web_shop) "
      "VALUES (" + std::to_string(a) + ", 1), (" + std::to_string(b) + ", 2), (" + std::to_string(b) + ", NULL); INSERT INTO "
      "party_party_sale_price_list (party, company, sale_price_list) VALUES (" + std::to_string(b) + ", 1, 7)");
  EXPECT_EQ(published(), "A B C");
  settings("{}");
  EXPECT_EQ(published(), "A") << "a sale of this shop";
  settings(R"({"customers":"price_list"})");
  EXPECT_EQ(published(), "B");
  settings(R"({"customers":"price_list","price_lists":["8"]})");
  EXPECT_EQ(published(), "");
  sql("INSERT INTO sale_configuration_sale_price_list (company, sale_price_list) VALUES (1, 8)");
  EXPECT_EQ(published(), "") << "that of everybody is not their own";
  settings(R"({"customers":"price_list","price_lists":"8, 7"})");
  EXPECT_EQ(published(), "B");
  EXPECT_EQ(document("A"), "withdrawn");
  EXPECT_NE(document("B"), "withdrawn");
}

TEST_F(Customer, CategoriesAndCountriesNarrowTheScope) {
  const int a = party("A"), b = party("B");
  party("C");
  sql("INSERT INTO party_category (id, parent) VALUES (1, NULL), (2, 1), (3, NULL)");
  add("category_rel", "category", a, "2");
  add("category_rel", "category", b, "3");
  add("address", "country", a, "1");
  add("address", "country", b, "2");
  settings(R"({"customers":"all","customer_categories":["1"]})");
  EXPECT_EQ(published(), "A") << "and what is below";
  settings(R"({"customers":"all","customer_categories":"1, 3"})");
  EXPECT_EQ(published(), "A B");
  settings(R"({"customers":"all","customer_countries":["AT"]})");
  EXPECT_EQ(published(), "B");
  settings(R"({"customers":"all","customer_countries":"AT,DE","customer_categories":["1"]})");
  EXPECT_EQ(published(), "A") << "both";
  sql("UPDATE party_address SET active = false");
  EXPECT_EQ(published(), "");
}

TEST_F(Customer, ContactsAreTheFirstThatAreAny) {
  const int a = party("A");
  add("contact_mechanism", "sequence, type, value", a, "2, 'email', 'second@example.com'");
  add("contact_mechanism", "sequence, type, value, active", a, "1, 'email', 'old@example.com', false");
  add("contact_mechanism", "sequence, type, value", a, "1, 'email', 'none'");
  add("contact_mechanism", "sequence, type, value", a, "3, 'phone', '+49 1'");
  add("contact_mechanism", "sequence, type, value", a, "2, 'mobile', '+49 2'");
  add("contact_mechanism", "sequence, type, value", a, "1, 'fax', '+49 3'");
  EXPECT_EQ(member("A", "email") + member("A", "phone"), "second@example.com+49 2");
  add("contact_mechanism", "type, value", a, "'email', ' First@example.com '");
  EXPECT_EQ(member("A", "email"), "first@example.com") << "without a sequence goes first";
}

TEST_F(Customer, TaxIdentifiersBeginWithTheirCountry) {
  const int a = party("A");
  add("identifier", "type, code", a, "'de_stnr', '12345'");
  add("identifier", "type, code", a, "NULL, 'DE1'");
  EXPECT_EQ(member("A", "tax_identifier"), "") << "no identifier for taxes";
  const std::pair<const char*, const char*> cases[][1] = {
      {{"'eu_vat', 'ATU 12345675'", "ATU12345675"}}, {{"'de_vat', '136695976'", "DE136695976"}},
      {{"'de_vat', 'DE136695976'", "DE136695976"}},  {{"'gr_vat', '023456780'", "EL023456780"}},
      {{"'ch_vat', 'CHE-107.787.577 IVA'", "CHE107787577IVA"}}, {{"'mc_tva', '53000004605'", "FR53000004605"}},
      {{"'mx_rfc', 'MXNI800101AB1'", "MXMXNI800101AB1"}}, {{"'us_ein', '91-1144442'", "US911144442"}}};
  for (const auto& each : cases) {
    sql("DELETE FROM party_identifier WHERE type <> 'de_stnr'");
    add("identifier", "type, code", a, each[0].first);
    EXPECT_EQ(member("A", "tax_identifier"), each[0].second);
  }
  add("identifier", "sequence, type, code", a, "0, 'de_vat', '111111125'");
  EXPECT_EQ(member("A", "tax_identifier"), "US911144442") << "without a sequence goes first";
  sql("UPDATE party_identifier SET sequence = 1 WHERE type = 'us_ein'");
  EXPECT_EQ(member("A", "tax_identifier"), "DE111111125");
}

TEST_F(Customer, TheListIsTheOneThatApplies) {
  party("A");
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Seven'), (8, 'Eight'), (9, 'Nine')");
  EXPECT_EQ(member("A", "list"), "");
  sql("INSERT INTO sale_configuration_sale_price_list (company, sale_price_list) VALUES (2, 9), (1, 8)");
  EXPECT_EQ(member("A", "list") + member("A", "list_name"), "8Eight") << "that of everybody";
  sql("INSERT INTO party_party_sale_price_list (party, company, sale_price_list) VALUES (2, 2, 9), (2, NULL, 7)");
  EXPECT_EQ(member("A", "list"), "7");
  sql("INSERT INTO party_party_sale_price_list (party, company, sale_price_list) VALUES (2, 1, 9)");
  EXPECT_EQ(member("A", "list"), "9") << "the company's before that of none";
  sql("UPDATE party_party_sale_price_list SET sale_price_list = NULL");
  EXPECT_EQ(member("A", "list"), "8") << "as a sale takes it";
}

TEST_F(Customer, NobodyHasAListWithoutItsModule) {
  party("A");
  sql("DROP TABLE party_party_sale_price_list, sale_configuration_sale_price_list, product_price_list");
  EXPECT_EQ(member("A", "list") + member("A", "list_name"), "");
  EXPECT_EQ(changed_by("UPDATE party_party SET name = 'x' WHERE id = 2"), "A");
  settings(R"({"customers":"price_list"})");
  EXPECT_EQ(published(), "");
}

TEST_F(Customer, AnAddressWithNothingInItIsNone) {
  const int a = party("A");
  add("address", "city", a, "' '");
  add("address", "street, active", a, "'Weg 1', false");
  EXPECT_EQ(member("A", "addresses"), "[]");
  add("address", "country", a, "1");
  EXPECT_NE(member("A", "addresses"), "[]");
}

class Credit : public Customer {
 protected:
  void SetUp() override {
    party("A");
    sql("INSERT INTO account_account_type (id, receivable) VALUES (1, true), (2, false); INSERT INTO account_account (id, "
        "company, type) VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)");
  }
  void limit(const std::string& amount, const std::string& company = "1") {
    sql("INSERT INTO party_party_credit_limit_amount (party, company, credit_limit_amount) VALUES (2, " + company + ", " +
        amount + ")");
  }
  void owe(const std::string& debit, int account = 1, const std::string& reconciliation = "NULL") {
    sql("INSERT INTO account_move_line (party, account, debit, credit, reconciliation) VALUES (2, " + std::to_string(account) +
        ", " + debit + ", 0, " + reconciliation + ")");
  }
  std::string held() { return member("A", "credit_hold"); }
};

TEST_F(Credit, IsHeldWhereTheLimitIsReachedByWhatIsOwed) {
  owe("1000");
  EXPECT_EQ(held(), "false") << "without a limit";
  limit("1000.01");
  EXPECT_EQ(held(), "false");
  owe("7", 2);
  owe("7", 3);
  owe("7", 1, "1");
  EXPECT_EQ(held(), "false") << "not receivable, of another company, reconciled";
  owe("0.01");
  EXPECT_EQ(held(), "true");
  sql("INSERT INTO account_move_line (party, account, credit) VALUES (2, 1, 5)");
  EXPECT_EQ(held(), "false") << "paid";
  limit("0");
  EXPECT_EQ(held(), "false");
  sql("DELETE FROM party_party_credit_limit_amount WHERE credit_limit_amount > 0");
  EXPECT_EQ(held(), "true");
  sql("UPDATE party_party_credit_limit_amount SET credit_limit_amount = NULL");
  EXPECT_EQ(held(), "false");
}

TEST_F(Credit, TheLimitIsTheCompanysOrThatOfEverybody) {
  sql("INSERT INTO account_configuration_default_credit_limit_amount (company, default_credit_limit_amount) VALUES (2, 0), "
      "(1, 10)");
  EXPECT_EQ(held(), "false");
  owe("10");
  EXPECT_EQ(held(), "true");
  limit("20", "NULL");
  EXPECT_EQ(held(), "false");
  limit("5");
  EXPECT_EQ(held(), "true");
}

TEST_F(Credit, NobodyIsHeldWithoutTheModules) {
  owe("10");
  limit("0");
  sql("DROP TABLE party_party_credit_limit_amount, account_configuration_default_credit_limit_amount, account_dunning, "
      "account_dunning_level, account_move_line");
  EXPECT_EQ(held(), "false");
  EXPECT_EQ(changed_by("UPDATE party_party SET name = 'x' WHERE id = 2"), "A");
}

TEST_F(Credit, WhatIsSoldAndNotInvoicedCountsWithItsModule) {
  limit("100");
  sql("INSERT INTO sale_sale (id, party, state) VALUES (5, 2, 'processing'), (6, 2, 'quotation'); INSERT INTO sale_line (id, "
      "sale, quantity, unit, unit_price) VALUES (1, 5, 2, 2, 60), (2, 6, 9, 1, 99)");
  EXPECT_EQ(held(), "false");
  sql("INSERT INTO ir_module (name, state) VALUES ('sale_credit_limit', 'activated')");
  EXPECT_EQ(held(), "true") << "2 dozen at 60";
  sql("INSERT INTO account_invoice (id, move) VALUES (1, 7); INSERT INTO account_invoice_line (invoice, origin, quantity, "
      "unit) VALUES (1, 'sale.line,1', 4, 1)");
  EXPECT_EQ(held(), "true") << "a third of a dozen is invoiced, and owed there: 100.00 are left";
  sql("UPDATE account_invoice_line SET quantity = 5");
  EXPECT_EQ(held(), "false");
  sql("UPDATE account_invoice SET move = NULL");
  EXPECT_EQ(held(), "true") << "not posted yet";
}

TEST_F(Credit, WhoIsDunnedForItIsHeld) {
  owe("1");
  limit("100");
  sql("INSERT INTO account_dunning_level (id, credit_limit) VALUES (1, true), (2, false); INSERT INTO account_dunning (line, "
      "level) VALUES (1, 2)");
  EXPECT_EQ(held(), "false");
  sql("UPDATE account_dunning SET level = 1");
  EXPECT_EQ(held(), "true");
  sql("UPDATE account_dunning SET blocked = true");
  EXPECT_EQ(held(), "false");
}

TEST_F(Credit, A5_EveryContributingTableIsWatchedAndOnlyWhatItConcernsChanges) {
  const int b = party("B");
  add("address", "country, subdivision", b, "1, 1");
  sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Seven'); INSERT INTO party_category (id) VALUES (1), (2)");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE party_party SET name = 'Bea' WHERE code = 'B'"), "B");
  EXPECT_EQ(changed_by("UPDATE party_party SET name = 'Bea' WHERE code = 'B'"), "") << "the same value";
  EXPECT_EQ(changed_by("UPDATE party_address SET street = 'Weg 1'"), "B");
  EXPECT_EQ(changed_by("UPDATE country_country SET code = 'DD' WHERE id = 1"), "B");
  EXPECT_EQ(changed_by("UPDATE country_subdivision SET code = 'DD-1'"), "B");
  EXPECT_EQ(changed_by("INSERT INTO party_contact_mechanism (party, type, value) VALUES (2, 'email', 'a@b.example')"), "A");
  EXPECT_EQ(changed_by("INSERT INTO party_identifier (party, type, code) VALUES (2, 'eu_vat', 'DE1')"), "A");
  EXPECT_EQ(changed_by("INSERT INTO party_party_sale_price_list (party, company, sale_price_list) VALUES (2, 1, 7)"), "A");
  EXPECT_EQ(changed_by("UPDATE product_price_list SET name = '7'"), "A");
  EXPECT_EQ(changed_by("INSERT INTO sale_configuration_sale_price_list (company, sale_price_list) VALUES (1, 7)"), "B");
  EXPECT_EQ(changed_by("INSERT INTO party_party_credit_limit_amount (party, company, credit_limit_amount) VALUES (2, 1, 5)"), "");
  EXPECT_EQ(changed_by("INSERT INTO account_move_line (party, account, debit) VALUES (2, 1, 9)"), "A");
  EXPECT_EQ(changed_by("UPDATE account_account_type SET receivable = false WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE account_account_type SET receivable = true WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE account_move_line SET reconciliation = 1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO account_configuration_default_credit_limit_amount (default_credit_limit_amount) VALUES (0)"),
            "B");
  EXPECT_EQ(changed_by("UPDATE account_move_line SET reconciliation = NULL, debit = 1; INSERT INTO account_dunning_level "
                       "(credit_limit) VALUES (true)"), "");
  EXPECT_EQ(changed_by("INSERT INTO account_dunning (line, level) VALUES (1, 1)"), "A");
  EXPECT_EQ(changed_by("UPDATE account_dunning_level SET credit_limit = false"), "A");
  EXPECT_EQ(changed_by("INSERT INTO ir_module (name, state) VALUES ('sale_credit_limit', 'activated'); INSERT INTO sale_sale "
                       "(id, party, state) VALUES (5, 2, 'confirmed')"), "");
  EXPECT_EQ(changed_by("INSERT INTO sale_line (sale, quantity, unit_price) VALUES (5, 1, 99)"), "A");
  EXPECT_EQ(changed_by("UPDATE sale_sale SET state = 'done'"), "A");
  EXPECT_EQ(changed_by("UPDATE ferry.channel SET settings = '{}' WHERE id = 1"), "A B");
  EXPECT_EQ(changed_by("INSERT INTO sale_sale (party, web_shop) VALUES (2, 1)"), "A");
  EXPECT_EQ(changed_by("UPDATE ferry.channel SET settings = '{\"customers\":\"all\",\"customer_categories\":[\"1\"]}' WHERE id = "
                       "1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO party_category_rel (party, category) VALUES (2, 2)"), "");
  EXPECT_EQ(changed_by("UPDATE party_category SET parent = 1 WHERE id = 2"), "A");
  EXPECT_EQ(changed_by("UPDATE web_shop SET guest_party = 2 WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE company_company SET party = 2; UPDATE web_shop SET guest_party = NULL"), "");
  EXPECT_EQ(changed_by("UPDATE company_company SET party = 1"), "A");
}

// Whatever is written, the next look at what was written leaves nothing for a comparison of everything to find.
TEST_F(Credit, RandomWritesAreAllFoundByTheNextLook) {
  std::mt19937 random(20260612);
  const auto pick = [&](int most) { return std::to_string(1 + random() % static_cast<unsigned>(most)); };
  const auto word = [&] { return "'w" + pick(4) + "'"; };
  for (int id = 3; id <= 12; ++id) party("P" + std::to_string(id));
  sql("INSERT INTO party_category (id, parent) VALUES (1, NULL), (2, 1), (3, NULL); INSERT INTO product_price_list (id, name) "
      "VALUES (1, 'One'), (2, 'Two'); INSERT INTO ir_module (name, state) VALUES ('sale_credit_limit', 'activated'); INSERT "
      "INTO account_dunning_level (credit_limit) VALUES (true), (false)");
  const std::function<std::string()> writes[] = {
      [&] { return "UPDATE party_party SET name = " + word() + " WHERE id = " + pick(12); },
      [&] { return "UPDATE party_party SET active = NOT active WHERE id = " + pick(12); },
      [&] { return "UPDATE party_party SET code = 'S" + pick(99) + pick(99) + "' WHERE id = " + pick(12); },
      [&] { return "INSERT INTO party_address (party, street, country, sequence) VALUES (" + pick(12) + ", " + word() + ", " +
                   pick(2) + ", " + pick(3) + ")"; },
      [&] { return "UPDATE party_address SET city = " + word() + ", active = random() < 0.8, subdivision = 1 WHERE id = " + pick(9); },
      [&] { return "INSERT INTO party_contact_mechanism (party, type, value) VALUES (" + pick(12) + ", 'email', 'a" + pick(9) +
                   "@x.example')"; },
      [&] { return "UPDATE party_contact_mechanism SET active = random() < 0.5, sequence = " + pick(3) + " WHERE id = " + pick(9); },
      [&] { return "INSERT INTO party_identifier (party, sequence, type, code) VALUES (" + pick(12) + ", " + pick(3) + ", 'eu_vat', 'DE" +
                   pick(99) + "')"; },
      [&] { return "INSERT INTO party_category_rel (party, category) VALUES (" + pick(12) + ", " + pick(3) + ")"; },
      [&] { return "UPDATE party_category SET parent = CASE WHEN random() < 0.5 THEN 1 END WHERE id = 3"; },
      [&] { return "UPDATE country_country SET code = 'D" + std::string(random() % 2 ? "E" : "D") + "' WHERE id = 1"; },
      [&] { return "UPDATE country_subdivision SET code = " + word(); },
      [&] { return "INSERT INTO party_party_sale_price_list (party, company, sale_price_list) VALUES (" + pick(12) + ", " + pick(2) +
                   ", " + pick(2) + ")"; },
      [&] { return "UPDATE party_party_sale_price_list SET sale_price_list = NULL WHERE id = " + pick(5); },
      [&] { return "INSERT INTO sale_configuration_sale_price_list (sale_price_list) VALUES (" + pick(2) + ")"; },
      [&] { return "UPDATE product_price_list SET name = " + word() + " WHERE id = " + pick(2); },
      [&] { return "INSERT INTO party_party_credit_limit_amount (party, company, credit_limit_amount) VALUES (" + pick(12) +
                   ", 1, " + pick(50) + ")"; },
      [&] { return "INSERT INTO account_move_line (party, account, debit) VALUES (" + pick(12) + ", " + pick(3) + ", " + pick(40) + ")"; },
      [&] { return "UPDATE account_move_line SET reconciliation = CASE WHEN random() < 0.5 THEN 1 END WHERE id = " + pick(20); },
      [&] { return "INSERT INTO account_dunning (line, level) SELECT id, " + pick(2) + " FROM account_move_line WHERE id = " + pick(20); },
      [&] { return "INSERT INTO sale_sale (party, web_shop, state) VALUES (" + pick(12) + ", " + pick(2) + ", 'confirmed')"; },
      [&] { return "INSERT INTO sale_line (sale, quantity, unit_price) SELECT id, 1, " + pick(40) + " FROM sale_sale WHERE id = " + pick(9); },
      [&] { return "UPDATE sale_sale SET state = 'done' WHERE id = " + pick(9); },
      [&] { return "UPDATE web_shop SET guest_party = " + pick(12) + " WHERE id = 1"; },
      [&] { return R"(UPDATE ferry.channel SET settings = '{"customers":")" + std::string(random() % 3 ? "all" : "orders") +
                   R"(","customer_categories":")" + (random() % 3 ? "" : "1") + R"("}' WHERE id = 1)"; }};
  compare_everything();
  std::int64_t changed = 0;
  for (int round = 0; round < 400; ++round) {
    std::string all;
    for (int write = 0; write < 3; ++write) all += writes[random() % std::size(writes)]() + "; ";
    sql(all);
    changed += compare(RunMode::watermark).counts.changed;
    ASSERT_EQ(compare(RunMode::full).counts.changed, 0) << all;
  }
  EXPECT_GT(changed, 300) << "the writes change something";
}

TEST_F(Customer, FindingsNameWhatAPortalMayRefuse) {
  EXPECT_THAT(findings(), ::testing::IsEmpty());
  for (const char* code : {"A", "B", "C"}) party(code);
  for (const int id : {2, 3}) add("contact_mechanism", "type, value", id, "'email', 'Same@example.com'");
  EXPECT_THAT(findings(), ::testing::UnorderedElementsAre(
                              "1 customers have no e-mail address, one of them party C",
                              "1 e-mail addresses are those of several customers, one of them of the parties A, B"));
  settings(R"({"customers":"all","customer_categories":["77"],"customer_countries":["DE","XX"]})");
  EXPECT_THAT(findings(),
              ::testing::UnorderedElementsAre("setting customer_categories names 77, which is no category of parties",
                                              "setting customer_countries names XX, which is no country's code"));
}

}  // namespace
}  // namespace ferry::sql
