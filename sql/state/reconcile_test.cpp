#include "sql/testing/reconciliation_fixture.h"

namespace ferry::sql {
namespace {

using engine::Failure;
using engine::RunMode;
using engine::SurveyKind;
using engine::SurveyResult;
using ::testing::ElementsAre;
using testing::failure;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using ::testing::SizeIs;

class Reconciliation : public testing::ReconciliationTest {};

TEST_F(Reconciliation, AgreementIsAHundredPercentAndFindsNothing) {
  synced({"A", "B", "C", "D", "E"});
  const auto counts = whole();
  EXPECT_EQ(counts.listed, 5);
  EXPECT_EQ(counts.agreed, 5);
  EXPECT_EQ(counts.parity, "100.000");
  EXPECT_EQ(counts.variance, "0");
  EXPECT_EQ(findings(), "");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.reconciliation_finding"), "0") << "not even suspected";
}

TEST_F(Reconciliation, DifferingMissingAndSurplusAreFoundAndOnlyReported) {
  synced({"A", "B", "C", "D", "E"});
  show("B", 12);
  portal_.erase("D");
  show("X", 1);
  const auto counts = whole();
  EXPECT_EQ(findings(), "differing B, missing D, surplus X");
  EXPECT_EQ(counts.listed, 5);
  EXPECT_EQ(counts.lacking, 1);
  EXPECT_EQ(counts.agreed, 3);
  EXPECT_EQ(counts.parity, "60.000");
  EXPECT_EQ(counts.variance, "7");
  EXPECT_EQ(counts.unconfirmed, 0);
  EXPECT_EQ(counts.healed, 0);
  EXPECT_THAT(due(stock_), IsEmpty());
  EXPECT_EQ(value("SELECT count(*) FROM ferry.publication WHERE state = 'settled'"), "5");
}

TEST_F(Reconciliation, HealingSendsAgainAndDeletesNothing) {
  synced({"A", "B", "C"});
  show("B", 12);
  portal_.erase("C");
  show("X", 1);
  const auto counts = whole(true);
  EXPECT_EQ(findings(), "differing B!, missing C!, surplus X");
  EXPECT_EQ(counts.healed, 2);
  const auto items = due(stock_);
  ASSERT_THAT(items, SizeIs(2));
  std::map<std::string, std::string> acknowledged;
  for (const auto& item : items) acknowledged[item.item.label] = item.item.acknowledged;
  EXPECT_EQ(acknowledged["B"], R"({"sku":"B","quantity":"12"})") << "what the portal shows is what it is at";
  EXPECT_EQ(acknowledged["C"], "");
  EXPECT_THAT(value("SELECT reason FROM ferry.publication WHERE label = 'B'"), HasSubstr("the portal shows"));
  EXPECT_EQ(value("SELECT string_agg(successful || '/' || deferred, ' ') FROM ferry.run WHERE job = 'stock'"), "1/2");
  deliver_all(stock_);
  EXPECT_EQ(value("SELECT string_agg(successful || '/' || deferred, ' ') FROM ferry.run WHERE job = 'stock'"), "3/0");
  show("B", 5);
  show("C", 5);
  EXPECT_EQ(whole().parity, "100.000");
}

TEST_F(Reconciliation, AFieldThatIsNotTheErpsIsNoDifference) {
  synced({"A", "B", "C"});
  sql("UPDATE ferry.job SET disowned = '{quantity}' WHERE job = 'stock'");
  sql("UPDATE ferry.publication SET desired = d, acknowledged = d, fingerprint = hashtextextended(d, 0), "
      "acknowledged_fingerprint = hashtextextended(d, 0) FROM (SELECT key AS k, ferry.owned(desired, '{quantity}') AS d "
      "FROM ferry.publication) o WHERE key = k");
  show("B", 12);
  portal_.erase("C");
  const auto counts = whole(true);
  EXPECT_EQ(findings(), "missing C!");
  EXPECT_EQ(counts.agreed, 2);
  ASSERT_THAT(due(stock_), SizeIs(1));
}

TEST_F(Reconciliation, WhatIsUnderWayIsLeftOut) {
  const auto a = product("A", 5);
  synced({"B"});
  move(a, 1);
  hint(a);
  run(stock_, RunMode::hints);
  show("A", 5);
  const auto counts = whole();
  EXPECT_EQ(counts.left_out, 1);
  EXPECT_EQ(counts.agreed, 1);
  EXPECT_EQ(findings(), "");
  portal_.erase("A");
  EXPECT_EQ(whole().lacking, 0) << "nor is it missing";
}

TEST_F(Reconciliation, RefusedDiscardedAndWithdrawnRecordsAreLeftOut) {
  synced({"A", "B", "C"});
  sql("UPDATE ferry.publication SET state = 'dead', reason = 'x' WHERE label = 'A'");
  sql("UPDATE ferry.publication SET desired = '{}', fingerprint = 1 WHERE label = 'B'");  // settled all the same:
                                                                                          // discarded
  sql("UPDATE ferry.publication SET desired = NULL, fingerprint = NULL, acknowledged = NULL, acknowledged_fingerprint "
      "= NULL "
      "WHERE label = 'C'");
  show("A", 1);
  show("B", 1);
  show("C", 1);
  EXPECT_EQ(whole().left_out, 3);
  EXPECT_EQ(findings(), "");
}

TEST_F(Reconciliation, ADifferenceThatIsGoneAtTheSecondLookIsNoFinding) {
  synced({"A", "B", "C"});
  show("A", 3);
  portal_.erase("B");
  show("X", 1);
  must(store_.request_reconciliation(1, {Feed::stock}, true));
  const auto task = first_look();
  EXPECT_EQ(task.kind, SurveyKind::none);
  EXPECT_GT(task.not_before, Instant{}) << "not before it was quiet for a while";
  show("A", 5);
  show("B", 5);
  portal_.erase("X");
  const auto counts = second_look();
  EXPECT_EQ(counts.explained, 3);
  EXPECT_EQ(findings(), "");
  EXPECT_THAT(due(stock_), IsEmpty());
}

TEST_F(Reconciliation, ARecordThatMovedOnBetweenTheLooksIsNoFinding) {
  synced({"A", "B"});
  show("A", 3);  // a customer's order was shipped there; the intake sees it, and the feed follows
  show("B", 3);
  must(store_.request_reconciliation(1, {Feed::stock}, true));
  first_look();
  const auto follow = [this](const std::string& code) {
    const auto id = std::stoll(value("SELECT id FROM product_product WHERE code = '" + code + "'"));
    move(id, -2);
    hint(id);
    run(stock_, RunMode::hints);
  };
  follow("A");
  deliver_all(stock_);  // A is settled at another value
  follow("B");          // B is on its way
  EXPECT_EQ(second_look().explained, 2);
  EXPECT_EQ(findings(), "");
}

TEST_F(Reconciliation, WhatThePortalsOrdersMayExplainWaitsForTheIntake) {
  synced({"A", "B"});
  lease(1, "intake");
  show("A", 3);
  portal_.erase("B");
  must(store_.request_reconciliation(1, {Feed::stock}, true));
  first_look();
  quiet();
  const auto first = next();
  EXPECT_THAT(first.labels, ElementsAre("B")) << "no order makes a record disappear";
  answer(first);
  EXPECT_EQ(next().kind, SurveyKind::none);
  sql("UPDATE ferry.job SET last_success_at = now(), last_error = 'the portal does not answer' WHERE job = 'intake'");
  EXPECT_EQ(next().kind, SurveyKind::none) << "it did not look";
  sql("UPDATE ferry.job SET last_error = 'an order without code', unread = last_error WHERE job = 'intake'");
  EXPECT_EQ(next().kind, SurveyKind::none) << "not only one order was in its way";
  sql("UPDATE ferry.job SET unread = 'an order without code' WHERE job = 'intake'");
  EXPECT_EQ(next().kind, SurveyKind::confirming) << "one order that cannot be read stops only itself";
  EXPECT_EQ(second_look().healed, 2);
}

TEST_F(Reconciliation, WhatCannotBeToldIsNoFindingAndNotHealed) {
  synced({"A"});
  lease(1, "intake");
  show("A", 3);
  must(store_.request_reconciliation(1, {Feed::stock}, true));
  first_look();
  sql("UPDATE ferry.reconciliation_finding SET seen_at = seen_at - interval '1 hour'");
  sql("UPDATE ferry.job SET last_success_at = now() - interval '2 hours' WHERE job = 'intake'");
  const auto counts = second_look();
  EXPECT_EQ(counts.unconfirmed, 1);
  EXPECT_EQ(counts.parity, "0.000");
  EXPECT_EQ(findings(), "");
  EXPECT_THAT(due(stock_), IsEmpty());
}

TEST_F(Reconciliation, APageReadTwiceOrShiftedMakesNoFinding) {
  synced({"A", "B", "C", "D", "E", "F", "G"});
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  auto task = next();
  answer(task);  // A B C
  task = next();
  task.cursor = "2";
  answer(task);  // C again
  task = next();
  task.cursor = "6";
  answer(task);  // F is skipped
  const auto end = first_look();
  EXPECT_EQ(end.kind, SurveyKind::finished);
  EXPECT_EQ(end.counts.lacking, 0);
  EXPECT_EQ(findings(), "");
}

TEST_F(Reconciliation, IsGoneOnWithByWhoeverTakesTheLane) {
  synced({"A", "B", "C", "D"});
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  const auto task = next();
  answer(task);
  sql("UPDATE ferry.job SET expires_at = now() - interval '1 second' WHERE job = 'reconcile'");
  const auto old = std::exchange(lease_, lease(1, "reconcile", "two"));
  SurveyResult late{task.kind, task.reconciliation, task.feed, "", {}, {}};
  EXPECT_EQ(failure(store_.record_survey(old, late)), Failure::fenced);
  EXPECT_EQ(failure(store_.next_survey(old, {})), Failure::fenced);
  const auto same = next();
  EXPECT_EQ(same.reconciliation, task.reconciliation);
  EXPECT_EQ(same.cursor, "3");
  EXPECT_EQ(first_look().counts.listed, 4);
}

TEST_F(Reconciliation, APortalThatListsNothingSaysNothing) {
  synced({"A", "B"});
  portal_.clear();
  const auto counts = whole(true);
  EXPECT_THAT(counts.error, HasSubstr("lists no record at all, but has confirmed 2"));
  EXPECT_EQ(counts.missing, 0);
  EXPECT_THAT(due(stock_), IsEmpty());
}

TEST_F(Reconciliation, HostilePortalTextIsOnlyText) {
  synced({"A"});
  const std::string sku = "'; DROP TABLE ferry.publication; --\\u0000{}\"";
  portal_[sku] = R"({"sku":"\u0000\\","quantity":"many"})";
  EXPECT_EQ(whole().surplus, 1);
  EXPECT_EQ(value("SELECT label FROM ferry.reconciliation_finding"), sku);
}

TEST_F(Reconciliation, RecordsOfOneLabelAreToldApartByLocation) {
  synced({"A"});
  sql("UPDATE ferry.publication SET part = 1, desired = d, acknowledged = d, fingerprint = hashtextextended(d, 0), "
      "acknowledged_fingerprint = hashtextextended(d, 0) "
      "FROM (VALUES ('{\"sku\":\"A\",\"location\":\"Berlin\",\"quantity\":\"5\"}')) v(d)");
  sql("INSERT INTO ferry.publication (channel, feed, key, part, label, desired, fingerprint, acknowledged, "
      "acknowledged_fingerprint, acknowledged_at, state, run, changed_at) SELECT channel, feed, key, 2, label, d, "
      "hashtextextended(d, 0), d, hashtextextended(d, 0), acknowledged_at, state, run, changed_at FROM "
      "ferry.publication, "
      "(VALUES ('{\"sku\":\"A\",\"location\":\"Hamburg\",\"quantity\":\"9\"}')) v(d)");
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  const auto task = next();
  SurveyResult result{task.kind, task.reconciliation, task.feed, "", {}, {}};
  result.records = {{"A", R"({"location":"Berlin"})", R"({"sku":"A","location":"Berlin","quantity":"5"})"},
                    {"A", R"({"location":"Hamburg"})", R"({"sku":"A","location":"Hamburg","quantity":"8"})"}};
  EXPECT_EQ(must(store_.record_survey(lease_, result)).suspected, 1);
  EXPECT_EQ(value("SELECT part || acknowledged FROM ferry.reconciliation_finding"),
            R"(2{"sku":"A","location":"Hamburg","quantity":"9"})");
  EXPECT_EQ(next().kind, SurveyKind::none) << "none is missing";
}

// ---- when ---------------------------------------------------------------------------------------------------------

TEST_F(Reconciliation, TheScheduleBeginsWhatWasEverSynchronised) {
  synced({"A"});
  EXPECT_EQ(next(false).kind, SurveyKind::none);
  EXPECT_EQ(next(true).feed, Feed::stock);
  EXPECT_EQ(value("SELECT string_agg(feed, ' ') FROM ferry.reconciliation"), "stock") << "order_status never was";
  EXPECT_EQ(first_look().kind, SurveyKind::finished);
  EXPECT_EQ(value("SELECT (compared_fully_at IS NOT NULL)::text FROM ferry.job WHERE job = 'reconcile'"), "true");
}

TEST_F(Reconciliation, ARequestedOneThatCannotBeComparedSaysWhy) {
  synced({"A"});
  must(store_.request_reconciliation(1, {Feed::order_status}, false));
  EXPECT_EQ(next().counts.error, "nothing was ever synchronised");
  must(store_.pause({1, "stock"}, "stock taking"));
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  EXPECT_THAT(next().counts.error, HasSubstr("the job is paused"));
  must(store_.request_reconciliation(1, {Feed::cost}, false));
  EXPECT_EQ(next().kind, SurveyKind::none);
  EXPECT_EQ(value("SELECT error FROM ferry.reconciliation WHERE feed = 'cost'"), "this channel does not do cost");
}

TEST_F(Reconciliation, RequestsAreNotDoubledAndHealingIncludesReporting) {
  synced({"A"});
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  EXPECT_THAT(must(store_.request_reconciliation(1, {Feed::stock}, true)), HasSubstr("\"heal\" : true"));
  must(store_.request_reconciliation(1, {Feed::stock}, false));
  EXPECT_EQ(value("SELECT count(*) || ' ' || bool_and(heal)::text FROM ferry.reconciliation"), "1 true");
  EXPECT_EQ(value("SELECT requested FROM ferry.job WHERE job = 'reconcile'"), "incremental");
  first_look();
  EXPECT_EQ(value("SELECT (requested IS NULL)::text FROM ferry.job WHERE job = 'reconcile'"), "true");
}

TEST_F(Reconciliation, IsShownWithItsFindingsAndInTheStatus) {
  synced({"A", "B"});
  show("B", 4);
  whole();
  const auto shown = must(store_.reconciliations_json(1, "stock", 5));
  for (const auto* part :
       {R"("parity": "50.000")", R"("variance": "1")", R"("kind": "differing")", R"("label": "B")"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_EQ(must(store_.reconciliations_json(1, "cost", 5)), "[]");
  EXPECT_THAT(must(store_.status_json(1, "one")), HasSubstr(R"("parity": "50.000")"));
}

TEST_F(Reconciliation, OldOnesArePurgedWithTheirFindings) {
  synced({"A"});
  show("A", 4);
  whole();
  sql("UPDATE ferry.reconciliation SET finished_at = now() - interval '40 days'");
  must(store_.purge(30));
  EXPECT_EQ(value("SELECT count(*) FROM ferry.reconciliation_finding"), "0");
}

TEST_F(Reconciliation, TheCountsAreHeldToBalanceByTheDatabase) {
  synced({"A"});
  whole();
  EXPECT_ANY_THROW(sql("UPDATE ferry.reconciliation SET agreed = agreed + 1"));
  EXPECT_ANY_THROW(sql("UPDATE ferry.reconciliation SET healed = 1"));
}

}  // namespace
}  // namespace ferry::sql
