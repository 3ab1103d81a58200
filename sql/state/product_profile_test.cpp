// The logic of product.sql of sql/profiles/tryton-6.0 on its fixture. That the texts are Tryton's own is shown on a real
// database by compare_masters_with_tryton.py there.
#include <functional>
#include <iterator>
#include <random>

#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;

class Product : public testing::PriceTest {
 protected:
  Product() : PriceTest(Feed::product) {
    sql("INSERT INTO ir_lang (id, code, parent) VALUES (1, 'en', NULL), (2, 'de', NULL), (3, 'de_AT', NULL), (4, 'nds', "
        "'de')");
  }
  std::string member(const std::string& sku, const std::string& name) {
    const auto found = document(sku);
    return found == "withdrawn" ? found : value("SELECT ('" + found + "')::json->>'" + name + "'");
  }
  void speak(int language) { sql("UPDATE web_shop SET language = " + std::to_string(language) + " WHERE id = 1"); }
  void translate(const std::string& field, int record, const std::string& language, const std::string& text) {
    sql("INSERT INTO ir_translation (name, res_id, lang, value) VALUES ('" + field + "', " + std::to_string(record) + ", '" +
        language + "', '" + text + "')");
  }
  void category(int id, const std::string& name, const std::string& parent = "NULL") {
    sql("INSERT INTO product_category (id, name, parent) VALUES (" + std::to_string(id) + ", '" + name + "', " + parent + ")");
  }
  void place(std::int64_t product, int category) {
    sql("INSERT INTO \"product_template-product_category\" (template, category) SELECT template, " +
        std::to_string(category) + " FROM product_product WHERE id = " + std::to_string(product));
  }
  void attach(const std::string& resource, const std::string& link, const std::string& type = "link") {
    sql("INSERT INTO ir_attachment (resource, link, type) VALUES ('" + resource + "', '" + link + "', '" + type + "')");
  }
  std::vector<std::string> findings() { return must(store_.feed_findings(must(store_.channels()).at(0), feed_)); }
};

TEST_F(Product, IsOneCanonicalDocument) {
  const auto a = product("A \"1\"", 0);
  sql("UPDATE product_template SET name = 'Cup \\ \"blue\"', sale_uom = 3; UPDATE product_product SET description = 'For\ntea'");
  category(7, "Kitchen");
  place(a, 7);
  attach("product.product," + std::to_string(a), "https://img.example/a.jpg");
  EXPECT_EQ(document("A \"1\""),
            R"({"sku":"A \"1\"","product":"1","name":"Cup \\ \"blue\"","description":"For\ntea","unit":"kg","digits":3,)"
            R"("categories":["Kitchen"],"attributes":{},"images":["https://img.example/a.jpg"]})");
  product("B", 0);
  EXPECT_EQ(document("B"), R"({"sku":"B","product":"2","name":"Thing","description":"","unit":"u","digits":0,)"
                           R"("categories":[],"attributes":{},"images":[]})");
}

TEST_F(Product, WhatIsNotPublishedIsWithdrawn) {
  const auto a = product("A", 0);
  product("B", 0);
  EXPECT_NE(document("A"), "withdrawn");
  sql("UPDATE product_product SET active = false WHERE code = 'A'");
  EXPECT_EQ(document("A"), "withdrawn");
  sql("UPDATE product_product SET active = true; UPDATE \"web_shop-product_product\" SET active = false WHERE product = " +
      std::to_string(a));
  EXPECT_EQ(document("A"), "withdrawn");
  sql("UPDATE \"web_shop-product_product\" SET active = true; UPDATE product_template SET active = false WHERE id = 1");
  EXPECT_EQ(document("A"), "withdrawn");
  EXPECT_NE(document("B"), "withdrawn");
}

TEST_F(Product, WhatHasNoCodeIsAFinding) {
  product("A", 0);
  EXPECT_THAT(findings(), ::testing::IsEmpty());
  product("", 0);
  EXPECT_THAT(findings(), ::testing::ElementsAre("1 products of the shop have no code, one of them called Thing; they are not "
                                                 "published"));
}

TEST_F(Product, VariantsOfOneTemplateNameIt) {
  const auto a = product("A", 0);
  sql("INSERT INTO product_product (code, template, description) SELECT 'A2', template, 'second' FROM product_product; INSERT "
      "INTO \"web_shop-product_product\" (shop, product) SELECT 1, max(id) FROM product_product");
  EXPECT_EQ(member("A", "product") + member("A2", "product"), "11");
  EXPECT_EQ(member("A", "description") + "|" + member("A2", "description"), "|second");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_template SET name = 'New'"), "A A2");
  EXPECT_EQ(changed_by("UPDATE product_product SET description = 'x' WHERE id = " + std::to_string(a)), "A");
}

TEST_F(Product, TextsAreInTheShopsLanguageOrWhatItIsAKindOf) {
  const auto a = static_cast<int>(product("A", 0));
  EXPECT_EQ(member("A", "name"), "Thing");
  speak(3);
  EXPECT_EQ(member("A", "name"), "Thing") << "nobody has translated it";
  translate("product.template,name", 1, "en", "English thing");
  EXPECT_EQ(member("A", "name"), "Thing") << "de_AT is no kind of English";
  translate("product.template,name", 1, "de", "Ding");
  EXPECT_EQ(member("A", "name"), "Ding");
  translate("product.template,name", 1, "de_AT", "Dings");
  EXPECT_EQ(member("A", "name"), "Dings");
  sql("UPDATE ir_translation SET fuzzy = true WHERE value = 'Dings'");
  EXPECT_EQ(member("A", "name"), "Ding") << "the original has changed since";
  sql("UPDATE ir_translation SET value = '', fuzzy = false WHERE value = 'Dings'");
  EXPECT_EQ(member("A", "name"), "Ding");
  speak(4);
  EXPECT_EQ(member("A", "name"), "Ding") << "the parent that ir_lang names";
  translate("product.product,description", a, "de", "Beschreibung");
  translate("product.uom,symbol", 1, "nds", "Stk");
  EXPECT_EQ(member("A", "description") + member("A", "unit"), "BeschreibungStk");
  speak(1);
  EXPECT_EQ(member("A", "name"), "English thing");
  sql("UPDATE web_shop SET language = NULL; INSERT INTO ir_configuration (language) VALUES ('de')");
  EXPECT_EQ(member("A", "name"), "Ding") << "that of the database";
}

TEST_F(Product, CategoriesArePathsInOrder) {
  const auto a = product("A", 0);
  category(1, "Tools");
  category(2, "Hammers", "1");
  category(3, "Ärzte");
  category(4, "Claw \"A\"", "2");
  for (const int id : {4, 1, 3}) place(a, id);
  place(a, 4);  // twice
  EXPECT_EQ(member("A", "categories"), R"(["Tools","Tools / Hammers / Claw \"A\"","Ärzte"])");
  speak(2);
  translate("product.category,name", 1, "de", "Werkzeug");
  EXPECT_EQ(member("A", "categories"), R"(["Werkzeug","Werkzeug / Hammers / Claw \"A\"","Ärzte"])");
  sql("INSERT INTO \"web_shop-product_category\" (shop, category, active) VALUES (1, 3, false), (2, 1, true)");
  EXPECT_EQ(member("A", "categories"), R"(["Werkzeug","Werkzeug / Hammers / Claw \"A\"","Ärzte"])");
  sql("INSERT INTO \"web_shop-product_category\" (shop, category) VALUES (1, 4)");
  EXPECT_EQ(member("A", "categories"), R"(["Werkzeug / Hammers / Claw \"A\""])") << "the shop says which";
}

TEST_F(Product, ImagesAreLinksToImagesTheVariantsOwnFirst) {
  const auto a = std::to_string(product("A", 0));
  attach("product.template,1", "https://img.example/t.PNG?v=2");
  attach("product.product," + a, "http://img.example/1.jpeg");
  attach("product.product," + a, "https://img.example/2.webp");
  EXPECT_EQ(member("A", "images"),
            R"(["https://img.example/2.webp","http://img.example/1.jpeg","https://img.example/t.PNG?v=2"])");
  sql("DELETE FROM ir_attachment");
  attach("product.product," + a, "https://intra.example/contract.pdf");
  attach("product.product," + a, "https://intra.example/margin?for=a.jpg");
  attach("product.product," + a, "file:///home/a.jpg");
  attach("product.product," + a, "https://img.example/a b.jpg");
  attach("product.product," + a, "https://img.example/a.jpg", "data");
  attach("party.party," + a, "https://img.example/a.jpg");
  attach("product.product,9" + a, "https://img.example/a.jpg");
  EXPECT_EQ(member("A", "images"), "[]") << "what is no image may not be for everybody";
}

class Attributes : public Product {
 protected:
  void SetUp() override {
    a_ = std::to_string(product("A", 0));
    sql("UPDATE product_template SET attribute_set = 5");
    attribute(1, "colour", "selection", "r: Red\nb: Blue, dark\n");
    attribute(2, "made", "date");
  }
  void attribute(int id, const std::string& name, const std::string& type = "char", const std::string& selection = "",
                 int set = 5) {
    const auto number = std::to_string(id);
    sql("INSERT INTO product_attribute (id, name, type_, selection) VALUES (" + number + ", '" + name + "', '" + type +
        "', '" + selection + "'); INSERT INTO \"product_attribute-product_attribute-set\" (attribute, attribute_set) VALUES (" +
        number + ", " + std::to_string(set) + ")");
  }
  void give(const std::string& json) { sql("UPDATE product_product SET attributes = '" + json + "'"); }
  std::string a_;
};

TEST_F(Attributes, AreTextsSortedByNameWhateverTheirType) {
  for (int id = 3; const std::string name : {"weight", "ok", "count", "at", "sizes", "x", "Z"}) {
    attribute(id++, name, name == "sizes" ? "multiselection" : "char", name == "sizes" ? "s: Small\nl:Large" : "");
  }
  give(R"({"colour":"b","made":{"__class__":"date","year":2026,"month":1,"day":9},"weight":{"__class__":"Decimal",)"
       R"("decimal":"12.500"},"ok":true,"count":0.10,"at":{"__class__":"datetime","year":2026,"month":3,"day":4,"hour":5,)"
       R"("minute":6,"second":7,"microsecond":0},"sizes":["l","s","q"],"x":"a \"b\"","Z":"1E2"})");
  EXPECT_EQ(member("A", "attributes"),
            R"({"Z":"1E2","at":"2026-03-04T05:06:07Z","colour":"Blue, dark","count":"0.1","made":"2026-01-09","ok":"true",)"
            R"("sizes":"Large, Small, q","weight":"12.5","x":"a \"b\""})");
}

TEST_F(Attributes, LabelsOfSelectionsAreInTheShopsLanguageWhereItHasThem) {
  give(R"({"colour":"r"})");
  speak(2);
  translate("product.attribute,selection", 1, "de", "r: Rot");
  EXPECT_EQ(member("A", "attributes"), R"({"colour":"Rot"})");
  give(R"({"colour":"b"})");
  EXPECT_EQ(member("A", "attributes"), R"({"colour":"Blue, dark"})");
  give(R"({"colour":"g"})");
  EXPECT_EQ(member("A", "attributes"), R"({"colour":"g"})") << "no choice any more";
}

TEST_F(Attributes, OnlyThoseOfTheTemplatesSetAndOfTheShop) {
  attribute(3, "other", "char", "", 6);
  attribute(4, "size");
  give(R"({"other":"x","size":"9","gone":"y"})");
  EXPECT_EQ(member("A", "attributes"), R"({"size":"9"})");
  EXPECT_THAT(findings(), ::testing::ElementsAre("attribute gone of 1 products, one of them A, is not in the attribute set "
                                                 "of its product; it is not published",
                                                 ::testing::HasSubstr("attribute other of 1")));
  sql("INSERT INTO \"web_shop-product_attribute\" (shop, attribute) VALUES (1, 1)");
  EXPECT_EQ(member("A", "attributes"), "{}") << "the shop says which";
  sql("UPDATE product_template SET attribute_set = NULL");
  EXPECT_EQ(member("A", "attributes"), "{}");
  for (const char* nothing : {"", "null", "{}", R"({"size":null})"}) {
    give(nothing);
    EXPECT_EQ(member("A", "attributes"), "{}") << nothing;
  }
}

TEST_F(Attributes, AreNoneWithoutTheModule) {
  give(R"({"colour":"b"})");
  sql("DROP TABLE product_attribute, \"product_attribute-product_attribute-set\", \"web_shop-product_attribute\"; ALTER TABLE "
      "product_product DROP attributes; ALTER TABLE product_template DROP attribute_set");
  EXPECT_EQ(member("A", "attributes"), "{}");
  EXPECT_THAT(findings(), ::testing::IsEmpty());
  EXPECT_EQ(changed_by("UPDATE product_template SET name = 'x'"), "A");
}

TEST_F(Attributes, A5_EveryContributingTableIsWatchedAndOnlyWhatItConcernsChanges) {
  const auto b = std::to_string(product("B", 0));
  category(1, "Tools");
  category(2, "Hammers", "1");
  place(std::stoll(b), 2);
  give(R"({"colour":"r"})");
  sql("UPDATE product_template SET attribute_set = NULL, sale_uom = 3 WHERE id = 2");
  compare_everything();
  EXPECT_EQ(changed_by("UPDATE product_template SET name = 'x' WHERE id = 2"), "B");
  EXPECT_EQ(changed_by("UPDATE product_template SET name = 'x' WHERE id = 2"), "") << "the same value";
  EXPECT_EQ(changed_by("UPDATE product_product SET description = 'x' WHERE id = " + a_), "A");
  EXPECT_EQ(changed_by("UPDATE product_uom SET symbol = 'kilo' WHERE id = 3"), "B");
  EXPECT_EQ(changed_by("UPDATE product_uom SET digits = 1 WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE product_category SET name = 'Tool' WHERE id = 1"), "B");
  EXPECT_EQ(changed_by("UPDATE product_category SET parent = NULL WHERE id = 2"), "B");
  EXPECT_EQ(changed_by("INSERT INTO \"product_template-product_category\" (template, category) VALUES (1, 1)"), "A");
  EXPECT_EQ(changed_by("INSERT INTO \"web_shop-product_category\" (shop, category) VALUES (1, 1)"), "B");
  EXPECT_EQ(changed_by("UPDATE product_attribute SET selection = 'r: Rosy' WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO \"web_shop-product_attribute\" (shop, attribute) VALUES (1, 2)"), "A");
  EXPECT_EQ(changed_by("UPDATE \"web_shop-product_attribute\" SET attribute = 1"), "A");
  EXPECT_EQ(changed_by("UPDATE \"product_attribute-product_attribute-set\" SET attribute_set = 9"), "A");
  EXPECT_EQ(changed_by("UPDATE product_template SET attribute_set = 9 WHERE id = 1"), "A");
  EXPECT_EQ(changed_by("INSERT INTO ir_attachment (resource, link) VALUES ('product.template,2', 'https://x.example/2.png'), "
                       "('product.product,77', 'https://x.example/3.png')"),
            "B");
  EXPECT_EQ(changed_by("INSERT INTO ir_attachment (resource, link) VALUES ('product.product," + a_ +
                       "', 'https://x.example/1.png')"),
            "A");
  EXPECT_EQ(changed_by("UPDATE ir_attachment SET link = 'https://x.example/4.png' WHERE resource = 'product.template,2'"), "B");
  EXPECT_EQ(changed_by("INSERT INTO ir_translation (name, res_id, lang, value) VALUES ('product.template,name', 1, 'de', 'D'), "
                       "('product.product,description', " + b + ", 'de', 'D'), ('product.uom,symbol', 3, 'de', 'D')"),
            "") << "the shop does not speak it";
  EXPECT_EQ(changed_by("UPDATE web_shop SET language = 2 WHERE id = 1"), "A B");
  EXPECT_EQ(changed_by("UPDATE ir_translation SET value = 'E' WHERE name = 'product.template,name'"), "A");
  EXPECT_EQ(changed_by("UPDATE ir_translation SET value = 'E' WHERE name = 'product.product,description'"), "B");
  EXPECT_EQ(changed_by("UPDATE ir_translation SET value = 'E' WHERE name = 'product.uom,symbol'"), "B");
  EXPECT_EQ(changed_by("UPDATE ir_lang SET parent = 'en' WHERE id = 2; UPDATE ir_translation SET value = '' WHERE name = "
                       "'product.template,name'"),
            "A");
  EXPECT_EQ(changed_by("UPDATE product_product SET active = false WHERE id = " + b), "B");
  EXPECT_EQ(changed_by("UPDATE product_product SET active = true WHERE id = " + b), "B");
  EXPECT_EQ(changed_by("UPDATE \"web_shop-product_product\" SET active = false WHERE product = " + b), "B");
  EXPECT_EQ(changed_by("UPDATE product_template SET type = 'service'"), "");
}

// Whatever is written, the next look at what was written leaves nothing for a comparison of everything to find.
TEST_F(Attributes, RandomWritesAreAllFoundByTheNextLook) {
  std::mt19937 random(20260611);
  const auto pick = [&](int most) { return std::to_string(1 + random() % static_cast<unsigned>(most)); };
  for (int id = 2; id <= 12; ++id) product("P" + std::to_string(id), 0);
  for (int id = 1; id <= 6; ++id) category(id, "C" + std::to_string(id), id < 3 ? "NULL" : std::to_string(id - 2));
  const auto word = [&] { return "'w" + pick(4) + "'"; };
  const std::function<std::string()> writes[] = {
      [&] { return "UPDATE product_template SET name = " + word() + " WHERE id = " + pick(12); },
      [&] { return "UPDATE product_template SET sale_uom = " + pick(5) + ", attribute_set = " + pick(6) + " WHERE id = " + pick(12); },
      [&] { return "UPDATE product_template SET active = NOT active WHERE id = " + pick(12); },
      [&] { return "UPDATE product_product SET description = " + word() + ", attributes = '{\"colour\":\"" +
                   (random() % 2 ? "r" : "b") + "\"}' WHERE id = " + pick(12); },
      [&] { return "UPDATE product_product SET code = 'S" + pick(99) + pick(99) + "' WHERE id = " + pick(12); },
      [&] { return "UPDATE \"web_shop-product_product\" SET active = NOT active WHERE product = " + pick(12); },
      [&] { return "INSERT INTO \"product_template-product_category\" (template, category) VALUES (" + pick(12) + ", " + pick(6) + ")"; },
      [&] { return "UPDATE product_category SET name = " + word() + " WHERE id = " + pick(6); },
      [&] { return "UPDATE product_category SET parent = CASE WHEN random() < 0.5 THEN 1 END WHERE id = 6"; },
      [&] { return "UPDATE product_uom SET symbol = " + word() + " WHERE id = " + pick(5); },
      [&] { return "INSERT INTO \"web_shop-product_category\" (shop, category, active) VALUES (1, " + pick(6) + ", random() < 0.5)"; },
      [&] { return "UPDATE product_attribute SET selection = 'r: " + pick(3) + "' WHERE id = 1"; },
      [&] { return "INSERT INTO \"product_attribute-product_attribute-set\" (attribute, attribute_set) VALUES (1, " + pick(6) + ")"; },
      [&] { return "INSERT INTO \"web_shop-product_attribute\" (shop, attribute) VALUES (1, " + pick(2) + ")"; },
      [&] { return "INSERT INTO ir_attachment (resource, link) VALUES ('product." + std::string(random() % 2 ? "product," : "template,") +
                   pick(12) + "', 'https://x.example/" + pick(9) + ".png')"; },
      [&] { return "UPDATE ir_attachment SET link = replace(link, '.png', '.pdf') WHERE id = " + pick(9); },
      [&] { return "INSERT INTO ir_translation (name, res_id, lang, value) SELECT n, " + pick(12) + ", l, " + word() +
                   " FROM unnest(ARRAY['product.template,name', 'product.product,description', 'product.category,name', "
                   "'product.uom,symbol']) n, unnest(ARRAY['de', 'de_AT']) l WHERE random() < 0.3"; },
      [&] { return "UPDATE ir_translation SET fuzzy = NOT fuzzy WHERE id = " + pick(30); },
      [&] { return "UPDATE web_shop SET language = " + pick(4) + " WHERE id = 1"; }};
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

}  // namespace
}  // namespace ferry::sql
