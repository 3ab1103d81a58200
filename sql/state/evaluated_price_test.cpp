// Prices that only the ERP can evaluate: asked for before a run compares, kept where there is no answer.
#include "sql/testing/price_fixture.h"

namespace ferry::sql {
namespace {

using engine::ErpEvaluation;
using engine::FeedRunReport;
using engine::RunMode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;

class EvaluatedPrices : public testing::PriceTest {
 protected:
  EvaluatedPrices() : PriceTest(Feed::fixed_net_price) {}
  void SetUp() override {
    priced("A", "10");
    priced("B", "20");
    sql("INSERT INTO product_price_list (id, name) VALUES (7, 'Trade')");
  }
  void line(const std::string& formula, int product, const std::string& quantity = "NULL") {
    sql("INSERT INTO product_price_list_line (price_list, formula, product, quantity, sequence) VALUES (7, '" + formula +
        "', " + std::to_string(product) + ", " + quantity + ", -coalesce(" + quantity + ", 0))");
  }
  engine::FeedRun asking(RunMode mode) {
    auto run = run_of(lease(1, "fixed_net_price"), mode, feed_);
    run.asks_erp = true;
    return run;
  }
  // Asks until nothing is left to ask, as a lane does; every question is answered alike.
  FeedRunReport evaluated(RunMode mode, const std::string& value, const std::string& error = "") {
    auto run = asking(mode);
    for (int round = 0; round < 5; ++round) {
      auto report = must(store_.run_feed(run));
      if (report.questions.empty()) return report;
      run.round = report.round;
      run.evaluations.clear();
      for (const auto& question : report.questions) run.evaluations.push_back({question.key, question.about, value, error});
    }
    ADD_FAILURE() << "it asks without end";
    return {};
  }
  std::string amounts(const std::string& sku) {
    return value("SELECT coalesce((SELECT string_agg((t->>'quantity') || ': ' || (t->>'amount'), ', ') FROM "
                 "ferry.publication p, jsonb_array_elements(p.desired::jsonb->'tiers') t WHERE p.label = '" + sku +
                 "' AND p.feed = 'fixed_net_price'), 'nothing')");
  }
  std::vector<std::string> findings() { return must(store_.feed_findings(must(store_.channels()).at(0), feed_)); }
  std::string watermark() { return value("SELECT snapshot::text FROM ferry.job WHERE job = 'fixed_net_price'"); }
};

TEST_F(EvaluatedPrices, AreAskedForBeforeAnythingIsCompared) {
  line("max(unit_price, 3)", 1);
  line("7", 2);
  const auto report = must(store_.run_feed(asking(RunMode::full)));
  ASSERT_EQ(report.questions.size(), 1U);
  EXPECT_EQ(report.questions[0].key, 1);
  EXPECT_EQ(report.questions[0].about, "7 0");
  EXPECT_EQ(report.questions[0].question, R"({"product":1,"price_list":7,"quantity":"0","date":")" +
                value("SELECT (now() AT TIME ZONE 'Europe/Berlin')::date") + "\"}");
  EXPECT_EQ(report.run, 0);
  EXPECT_EQ(value("SELECT count(*) FROM ferry.publication"), "0");
  EXPECT_EQ(watermark(), "");
}

TEST_F(EvaluatedPrices, ArePublishedLikeAnyOther) {
  line("max(unit_price, 3)", 1);
  line("unit_price - 1", 1, "5");
  line("7", 2);
  const auto report = evaluated(RunMode::full, "4.567");
  EXPECT_EQ(report.counts.inbound, 2);
  EXPECT_EQ(amounts("A"), "0: 4.57, 5: 9");
  EXPECT_EQ(amounts("B"), "0: 7");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EvaluatedPrices, OnlyCandidatesAreEvaluatedAgainAndAFullRunAsksForAll) {
  line("max(unit_price, 3)", 1);
  line("min(unit_price, 3)", 2);
  evaluated(RunMode::full, "4");
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::watermark))).run, 0);
  sql("UPDATE product_list_price SET list_price = 11 WHERE template = 2");
  auto run = asking(RunMode::watermark);
  const auto asked = must(store_.run_feed(run));
  ASSERT_EQ(asked.questions.size(), 1U);
  EXPECT_EQ(asked.questions[0].key, 2);
  evaluated(RunMode::watermark, "5");
  EXPECT_EQ(amounts("A") + " " + amounts("B"), "0: 4 0: 5");
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::full))).questions.size(), 2U);
}

TEST_F(EvaluatedPrices, WhatChangesWhileTheErpIsAskedIsNotPassedOver) {
  line("max(unit_price, 3)", 1);
  evaluated(RunMode::full, "4");
  hint(1, "fixed_net_price");
  auto run = asking(RunMode::hints);
  const auto asked = must(store_.run_feed(run));
  ASSERT_EQ(asked.questions.size(), 1U);
  // the answer is under way, and from before this
  sql("UPDATE product_list_price SET list_price = 11 WHERE template = 1; INSERT INTO ferry.change_hint (feed, key) VALUES "
      "('fixed_net_price', 1)");
  run.round = asked.round;
  run.evaluations = {{1, "7 0", "5", ""}};
  EXPECT_EQ(must(store_.run_feed(run)).counts.changed, 1);
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::hints))).questions.size(), 1U) << "by hints";
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::watermark))).questions.size(), 1U) << "and without";
}

TEST_F(EvaluatedPrices, AFailingFormulaIsNamedAndHasNoPrice) {
  line("max(unit_price, 3)", 1);
  line("7", 2);
  evaluated(RunMode::full, "4");
  evaluated(RunMode::full, "", "DivisionByZero");
  EXPECT_EQ(amounts("A") + ", " + amounts("B"), "nothing, 0: 7");
  EXPECT_THAT(findings(), ElementsAre("price list 7 (Trade): the formula \"max(unit_price, 3)\" fails in the ERP "
                                      "(DivisionByZero): correct it there; this list's prices of 1 products, one of them A, "
                                      "are not published"));
}

TEST_F(EvaluatedPrices, WithoutTheErpTheyStayAsTheyWereAndAreAskedForAgain) {
  line("max(unit_price, 3)", 1);
  compare_everything();
  EXPECT_EQ(amounts("A"), "nothing");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("can only be evaluated by the ERP, which has not done so yet")));
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::watermark))).questions.size(), 1U) << "by the next that can";
  evaluated(RunMode::watermark, "4");
  EXPECT_EQ(amounts("A"), "0: 4");
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::watermark))).questions.size(), 0U);
  compare_everything();
  EXPECT_EQ(amounts("A"), "0: 4");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("is to be evaluated again")));
  evaluated(RunMode::watermark, "5");
  EXPECT_EQ(amounts("A"), "0: 5");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EvaluatedPrices, WhatIsNeededNoMoreIsForgotten) {
  line("max(unit_price, 3)", 1);
  line("max(unit_price, 4)", 1, "10");
  line("max(unit_price, 5)", 2);
  evaluated(RunMode::full, "4");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.evaluated_price"), "3");
  sql("UPDATE product_price_list_line SET formula = '3' WHERE quantity = 10");
  evaluated(RunMode::watermark, "4");
  EXPECT_EQ(value("SELECT string_agg(key || ' ' || about, ', ' ORDER BY key) FROM ferry.evaluated_price"), "1 7 0, 2 7 0");
  sql("DELETE FROM product_price_list_line WHERE product = 2");
  evaluated(RunMode::full, "4");
  EXPECT_EQ(value("SELECT string_agg(key || ' ' || about, ', ' ORDER BY key) FROM ferry.evaluated_price"), "1 7 0");
}

TEST_F(EvaluatedPrices, AChangedCostIsEvaluatedAgain) {
  line("max(unit_price, cost_price)", 1);
  line("min(unit_price, 3)", 2);
  sql("INSERT INTO product_cost_price (product, company, cost_price) SELECT id, 1, 5 FROM product_product");
  evaluated(RunMode::full, "10");
  EXPECT_EQ(must(store_.run_feed(asking(RunMode::watermark))).questions.size(), 0U);
  sql("UPDATE product_cost_price SET cost_price = 12 WHERE product = 1");
  const auto asked = must(store_.run_feed(asking(RunMode::watermark)));
  ASSERT_EQ(asked.questions.size(), 1U);
  EXPECT_EQ(asked.questions[0].key, 1);
  evaluated(RunMode::watermark, "12");
  EXPECT_EQ(amounts("A") + ", " + amounts("B"), "0: 12, 0: 10");
}

TEST_F(EvaluatedPrices, AFormulaThatOnlyTheErpCanReadIsReplacedByAnother) {
  line("max(unit_price, 3)", 1);
  evaluated(RunMode::full, "10");
  EXPECT_EQ(amounts("A"), "0: 10");
  sql("UPDATE product_price_list_line SET formula = 'min(unit_price, 3)'");
  ASSERT_EQ(must(store_.run_feed(asking(RunMode::watermark))).questions.size(), 1U) << "what the other came to is no answer";
  evaluated(RunMode::watermark, "3");
  EXPECT_EQ(amounts("A"), "0: 3");
  // one that fails takes the price of the other with it, and one that does not brings it back
  sql("UPDATE product_price_list_line SET formula = 'min(unit_price, nothing)'");
  evaluated(RunMode::watermark, "", "NameNotDefined");
  EXPECT_EQ(amounts("A"), "nothing");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("\"min(unit_price, nothing)\" fails in the ERP (NameNotDefined)")));
  sql("UPDATE product_price_list_line SET formula = 'min(unit_price, 4)'");
  evaluated(RunMode::watermark, "4");
  EXPECT_EQ(amounts("A"), "0: 4");
  EXPECT_THAT(findings(), IsEmpty());
}

// Asked in two portions of which the second had no answer.
TEST_F(EvaluatedPrices, WhatWasAnsweredCountsAlsoWhereTheRestWasNot) {
  line("max(unit_price, 3)", 1);
  line("max(unit_price, 4)", 2);
  auto run = asking(RunMode::full);
  run.round = must(store_.run_feed(run)).round;
  run.evaluations = {{1, "7 0", "4", ""}};
  run.asks_erp = false;
  must(store_.run_feed(run));
  EXPECT_EQ(amounts("A") + ", " + amounts("B"), "0: 4, nothing");
  const auto next = must(store_.run_feed(asking(RunMode::watermark)));
  ASSERT_EQ(next.questions.size(), 1U);
  EXPECT_EQ(next.questions[0].key, 2);
}

TEST_F(EvaluatedPrices, OtherFeedsNeverAsk) {
  line("max(unit_price, 3)", 1);
  auto run = run_of(lease(1, "discount"), RunMode::full, Feed::discount);
  run.asks_erp = true;
  EXPECT_THAT(must(store_.run_feed(run)).questions, IsEmpty());
}

}  // namespace
}  // namespace ferry::sql
