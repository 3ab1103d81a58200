// What comes from a portal or a person stays text, whatever it holds: against a real PostgreSQL, which would carry it out.
#include <random>

#include "sql/odbc/array.h"
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using testing::must;
using testing::unruled;
using ::testing::SizeIs;

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> all = {
      "'; DROP TABLE ferry.job; --",
      "\\'; DROP TABLE ferry.job; --",
      "$$; DROP TABLE ferry.job; $$",
      "\"; DROP SCHEMA ferry CASCADE; \"",
      "{\"a\",NULL,b}",
      "NULL",
      "",
      "?::text :name /* -- */",
      "line\r\nbreak\tand \x1b[2J escape",
      "=HYPERLINK(\"http://evil\")",
      "<script>alert(1)</script>&amp;",
      "../../etc/passwd",
      "%s%n%x %",
      "\xe2\x80\xae right to left",
      std::string("nul\0inside", 10),
      "bad \xff\xc3 utf-8 \xed\xa0\x80",
      std::string(5000, '\''),
  };
  return all;
}

class Hostile : public testing::StoreTest {
 protected:
  void TearDown() override {
    EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'ferry' AND tablename IN ('job', 'channel', "
                    "'publication', 'run', 'exchange', 'portal_order', 'portal_order_line', 'change_hint')"),
              "8");
  }
};

TEST_F(Hostile, EveryTextOfAnArrayIsReadBackTheSame) {
  std::mt19937 random(7);
  std::vector<std::string> given = hostile_texts();
  const std::string alphabet("\"\\{},'$;:?\0\n\x1b\xff\xc3\xbc \xe2\x82\xac" "aN", 22);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (auto length = random() % 20; length > 0; --length) text += alphabet[random() % alphabet.size()];
    given.push_back(std::move(text));
  }
  ArrayLiteral literal;
  for (const auto& text : given) literal.add_text(text);
  Statement statement(erp_, parse_sql("SELECT t FROM unnest(:texts::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n"), "test");
  statement.set("texts", literal.text()).execute();
  std::size_t read = 0;
  for (; statement.fetch(); ++read) {
    ASSERT_FALSE(statement.is_null(0)) << read;
    ASSERT_EQ(statement.text(0), storable(given.at(read))) << read;
  }
  EXPECT_EQ(read, given.size());
}

TEST_F(Hostile, AnOrdersTextsStayText) {
  const auto held = lease(1, "intake");
  const auto run = must(store_.begin_intake(held));
  std::vector<connector::PulledOrder> orders;
  for (std::size_t i = 0; i < hostile_texts().size(); ++i) {
    const auto& text = hostile_texts()[i];
    orders.push_back({std::to_string(i) + text, text + std::to_string(i), text, Instant{}, true, true, false, {}});
    orders.back().document = R"({"lines":[{"line":"1","sku":"'; DROP TABLE ferry.job; --","quantity":"1","open_quantity":"1"}]})";
  }
  EXPECT_EQ(must(store_.store_orders(held, run, unruled(orders))).changed, static_cast<std::int64_t>(orders.size()));
  const auto ready = must(store_.ready_orders(held, 100));
  ASSERT_THAT(ready, SizeIs(orders.size()));
  std::vector<engine::OrderOutcome> outcomes;
  for (const auto& order : orders)
    outcomes.push_back({storable(order.reference), engine::OrderState::review, order.state, 0, {}, 0, order.portal_id});
  must(store_.record_orders(held, run, outcomes));
  for (const auto& order : orders) {
    Statement row(erp_, parse_sql("SELECT portal_id, portal_state, coalesce(reason, ''), state FROM ferry.portal_order WHERE reference = :r::text"), "test");
    row.set("r", storable(order.reference)).execute();
    ASSERT_TRUE(row.fetch()) << order.reference;
    EXPECT_EQ(row.text(0), storable(order.portal_id));
    EXPECT_EQ(row.text(1), storable(order.state));
    EXPECT_EQ(row.text(2), order.state.empty() ? "no reason was given" : storable(order.state));
    EXPECT_EQ(row.text(3), "review");
  }
  for (const auto& text : hostile_texts()) {  // as a person types it
    EXPECT_EQ(must(store_.retry_orders(1, storable("none" + text))).found, 0);
    EXPECT_EQ(must(store_.skip_order(1, storable("none" + text), storable("x" + text))).found, 0);
    must(store_.explain_json(1, storable("none" + text)));
  }
}

TEST_F(Hostile, ReasonsTrailsPausesAndErrorsStayText) {
  const auto a = product("A", 5);
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  for (const auto& text : hostile_texts()) {
    move(a, 1);
    run(held, RunMode::watermark);
    const auto items = due(held);
    ASSERT_THAT(items, SizeIs(1));
    auto one = exchange({settled(items[0], Verdict::rejected, PublicationState::dead, "x" + text)});
    one.request = one.reply = text;
    must(store_.settle(held, Feed::stock, std::span(&one, 1)));
    EXPECT_EQ(value("SELECT reason FROM ferry.publication"), storable("x" + text));
    EXPECT_EQ(value("SELECT reply FROM ferry.exchange ORDER BY id DESC LIMIT 1"), storable(text));
    must(store_.report(held, "e" + text));
    EXPECT_EQ(value("SELECT last_error FROM ferry.job WHERE job = 'stock'"), storable("e" + text));
    must(store_.pause(held.lane, "p" + text));
    EXPECT_EQ(value("SELECT pause_reason FROM ferry.job WHERE job = 'stock'"), storable("p" + text));
    must(store_.resume(held.lane));
    must(store_.discard(held.lane, {.labels = {storable("none" + text)}, .reason = {}, .group = {}}, storable("r" + text)));
  }
}

}  // namespace
}  // namespace ferry::sql
