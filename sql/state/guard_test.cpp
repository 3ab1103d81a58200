#include "plugin/engine/guard.h"

#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Counts;
using engine::FeedRunReport;
using engine::GuardLimits;
using engine::RunMode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;

class Guarded : public testing::StoreTest {
 protected:
  // Products P1..Pn with ten pieces each, compared and confirmed.
  engine::Lease synced(int products = 4) {
    for (int i = 1; i <= products; ++i) keys_.push_back(product("P" + std::to_string(i), 10));
    const auto held = lease(1, "stock");
    guarded(held, RunMode::full);
    deliver_all(held);
    return held;
  }
  FeedRunReport guarded(const engine::Lease& held, RunMode mode) {
    auto wanted = run_of(held, mode);
    wanted.guard = limits_;
    return must(store_.run_feed(wanted));
  }
  void sell_out(std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) move(keys_[i], 10, 2, 9);
  }
  void restock(std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) move(keys_[i], 10);
  }
  void publish(bool is_published) {
    sql(std::string("UPDATE \"web_shop-product_product\" SET active = ") + (is_published ? "true" : "false"));
  }
  std::string states() {
    return value("SELECT string_agg(state, ' ' ORDER BY label) FROM ferry.publication WHERE channel = 1");
  }
  std::string hold() {
    return value("SELECT run || ' ' || coalesce(outcome, 'lasts') || ' ' || records FROM ferry.hold ORDER BY run DESC "
                 "LIMIT 1");
  }
  void let_it_rest() { sql("UPDATE ferry.publication SET changed_at = changed_at - interval '11 minutes'"); }
  engine::LaneId lane() { return {1, "stock"}; }

  GuardLimits limits_{2, 50, 50, 50, 75, 300, false};
  std::vector<std::int64_t> keys_;
};

TEST_F(Guarded, TheFirstPublicationPasses) {
  const auto held = synced();
  EXPECT_EQ(states(), "settled settled settled settled");
  EXPECT_EQ(hold(), "no row");
}

TEST_F(Guarded, StockOfEverythingThatGoesToZeroIsHeldAsAWhole) {
  const auto held = synced();
  sell_out(0, 3);
  const auto report = guarded(held, RunMode::watermark);
  EXPECT_THAT(report.news, HasSubstr("3 of 4 products go to a stock of zero (limit 50 %); such as P1 10 → 0"));
  EXPECT_EQ(report.counts, (Counts{3, 3, 0, 0, 0, 3}));
  EXPECT_EQ(counts_of(report.run), "3/0/0/3");
  EXPECT_EQ(states(), "held held held settled");
  EXPECT_THAT(due(held), IsEmpty());
  EXPECT_EQ(hold(), std::to_string(report.run) + " lasts 3");
  EXPECT_THAT(value("SELECT held FROM ferry.run ORDER BY id DESC LIMIT 1"), HasSubstr("3 of 4 products"));
}

TEST_F(Guarded, WhatIsWithinTheLimitsIsSent) {
  const auto held = synced();
  sell_out(0, 2);
  EXPECT_EQ(guarded(held, RunMode::watermark).news, "");
  EXPECT_EQ(due(held).size(), 2U);
}

TEST_F(Guarded, ALaterRunSendsWhatIsUnrelatedAndLeaksNothing) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  move(keys_[3], 5);   // unrelated
  move(keys_[0], 4);   // a newer value of one that is held
  const auto later = guarded(held, RunMode::watermark);
  EXPECT_EQ(later.counts.changed, 2);
  EXPECT_EQ(states(), "held held held pending");
  const auto items = due(held);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].item.label, "P4");
  deliver_all(held);
  EXPECT_EQ(counts_of(later.run), "2/1/0/1");
}

TEST_F(Guarded, ReleasedIsTheNewest) {
  const auto held = synced();
  sell_out(0, 3);
  const auto report = guarded(held, RunMode::watermark);
  move(keys_[0], 4);
  guarded(held, RunMode::watermark);
  EXPECT_EQ(must(store_.release_held(lane(), {report.run + 100, "ada", ""})).run, 0) << "another one than was looked at";
  EXPECT_EQ(states(), "held held held settled");
  const auto end = must(store_.release_held(lane(), {report.run, "ada", ""}));
  EXPECT_EQ(end.records, 3);
  EXPECT_EQ(end.run, report.run);
  const auto items = due(held);
  ASSERT_EQ(items.size(), 3U);
  for (const auto& item : items) {
    EXPECT_THAT(item.item.document, HasSubstr(item.item.label == "P1" ? R"("quantity":"4")" : R"("quantity":"0")"));
  }
  deliver_all(held);
  EXPECT_EQ(states(), "settled settled settled settled");
  EXPECT_EQ(hold(), std::to_string(report.run) + " released 3");
  EXPECT_EQ(value("SELECT ended_by FROM ferry.hold"), "ada");
  EXPECT_EQ(counts_of(report.run), "3/2/0/1") << "the one that changed since is the later run's";
  EXPECT_EQ(value("SELECT bool_and(deferred = 0) FROM ferry.run WHERE id <> " + std::to_string(report.run)), "1");
}

TEST_F(Guarded, DiscardedIsNotSentUntilTheErpSaysSomethingElse) {
  const auto held = synced();
  sell_out(0, 3);
  const auto report = guarded(held, RunMode::watermark);
  const auto end = must(store_.discard_held(lane(), {0, "ada", "a mistake"}));
  EXPECT_EQ(end.records, 3);
  EXPECT_EQ(counts_of(report.run), "3/3/0/0");
  EXPECT_EQ(guarded(held, RunMode::full).counts.changed, 0);
  EXPECT_THAT(due(held), IsEmpty());
  restock(0, 3);  // the ERP is mended: it says again what the portal shows, which is no reason for holding
  EXPECT_EQ(guarded(held, RunMode::watermark).news, "");
  EXPECT_EQ(due(held).size(), 3U);
}

TEST_F(Guarded, DiscardedIsNotSentEitherWhenThePortalIsInDoubt) {
  const auto held = synced();
  sql("UPDATE ferry.publication SET confirm_at = clock_timestamp()");
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  must(store_.discard_held(lane(), {0, "ada", "a mistake"}));
  const auto items = due(held);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].item.label, "P4") << "nobody has given that one up";
}

TEST_F(Guarded, ADiscardCanBeTakenBack) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  must(store_.discard_held(lane(), {0, "ada", "a mistake"}));
  EXPECT_EQ(must(store_.undo_discard(lane(), {})).count, 3);
  EXPECT_EQ(states(), "dead dead dead settled");
  EXPECT_THAT(value("SELECT min(reason) FROM ferry.publication WHERE state = 'dead'"), HasSubstr("held: 3 of 4 products"));
}

TEST_F(Guarded, AnEmptiedSourceEmptiesNoPortalAndNothingIsSentWhenItIsRestored) {
  limits_.least = 100;  // however small
  const auto held = synced(1);
  publish(false);
  const auto report = guarded(held, RunMode::full);
  EXPECT_THAT(report.news, HasSubstr("nothing would be left on the portal: the last 1 products are withdrawn"));
  EXPECT_EQ(states(), "held");
  publish(true);
  const auto restored = guarded(held, RunMode::full);
  EXPECT_THAT(restored.news, HasSubstr("the ERP says again what the portal shows"));
  EXPECT_EQ(states(), "settled");
  EXPECT_THAT(due(held), IsEmpty());
  EXPECT_EQ(hold(), std::to_string(report.run) + " restored 1");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.run WHERE deferred <> 0"), "1") << "the held run's, which a newer took over";
  EXPECT_EQ(counts_of(restored.run), "1/1/0/0");
}

// Nothing is confirmed yet, and what has been sent may show on the portal nevertheless.
TEST_F(Guarded, ASourceThatDriesUpInTheMiddleOfTheFirstPublicationIsHeld) {
  for (int i = 1; i <= 4; ++i) keys_.push_back(product("P" + std::to_string(i), 10));
  const auto held = lease(1, "stock");
  guarded(held, RunMode::full);
  ASSERT_EQ(due(held).size(), 4U);
  publish(false);
  auto preview = run_of(held, RunMode::full);
  preview.guard = limits_;
  EXPECT_THAT(must(store_.preview(preview, 10)).would_hold, HasSubstr("nothing would be left on the portal"));
  EXPECT_THAT(guarded(held, RunMode::full).news, HasSubstr("nothing would be left on the portal: the last 4 products"));
  EXPECT_EQ(states(), "held held held held");
  publish(true);
  guarded(held, RunMode::full);
  let_it_rest();
  guarded(held, RunMode::full);
  EXPECT_EQ(states(), "pending pending pending pending");
}

TEST_F(Guarded, AFewRecordsAreWithdrawnInTheMiddleOfTheFirstPublication) {
  for (int i = 1; i <= 4; ++i) keys_.push_back(product("P" + std::to_string(i), 10));
  const auto held = lease(1, "stock");
  guarded(held, RunMode::full);
  sql("UPDATE \"web_shop-product_product\" SET active = false WHERE id IN (SELECT max(id) FROM \"web_shop-product_product\")");
  EXPECT_THAT(guarded(held, RunMode::full).news, IsEmpty());
  EXPECT_EQ(states(), "pending pending pending pending");
}

TEST_F(Guarded, ASourceThatDriesUpBitByBitIsHeld) {
  limits_.withdrawn = 40;
  const auto held = synced(5);
  const auto unpublish = [&](std::size_t i) {
    sql("UPDATE \"web_shop-product_product\" SET active = false WHERE product = " + std::to_string(keys_[i]));
    return guarded(held, RunMode::watermark).news;
  };
  EXPECT_EQ(unpublish(0), "");
  deliver_all(held);
  EXPECT_EQ(unpublish(1), "");
  EXPECT_THAT(unpublish(2), HasSubstr("3 of 5 products are withdrawn within a day (limit 40 %)"));
  EXPECT_EQ(states(), "settled pending held settled settled");
  must(store_.release_held(lane(), {0, "ada", ""}));
  deliver_all(held);
  sql("UPDATE ferry.publication SET changed_at = changed_at - interval '1 day' WHERE label < 'P3'");
  EXPECT_EQ(unpublish(3), "") << "what a person has released counts no more";
}

TEST_F(Guarded, WhatMayHaveReachedThePortalIsSentEvenWhenItIsTakenBack) {
  const auto held = synced();
  move(keys_[0], 1);
  guarded(held, RunMode::watermark);
  ASSERT_EQ(due(held).size(), 1U);  // sent, and the process is killed before it could say so
  sell_out(0, 4);
  move(keys_[0], 1, 2, 9);
  EXPECT_THAT(guarded(held, RunMode::watermark).news, HasSubstr("held"));
  EXPECT_THAT(due(held), IsEmpty());
  restock(0, 4);
  guarded(held, RunMode::watermark);
  EXPECT_EQ(states(), "pending settled settled settled");
}

TEST_F(Guarded, AnAnswerThatArrivesLateLetsNothingSlipThrough) {
  const auto held = synced();
  move(keys_[0], 1);
  guarded(held, RunMode::watermark);
  const auto under_way = due(held);
  sell_out(0, 4);
  guarded(held, RunMode::watermark);
  settle(held, {settled(under_way.at(0), Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(state_of("P1"), "held");
  EXPECT_THAT(value("SELECT acknowledged FROM ferry.publication WHERE label = 'P1'"), HasSubstr(R"("quantity":"11")"));
  EXPECT_THAT(due(held), IsEmpty());
}

TEST_F(Guarded, AnAnswerThatArrivesLateDoesNotSendWhatWasDiscardedMeanwhile) {
  const auto held = synced();
  move(keys_[0], 1);
  guarded(held, RunMode::watermark);
  const auto under_way = due(held);
  sell_out(0, 4);
  guarded(held, RunMode::watermark);
  must(store_.discard_held(lane(), {0, "ada", "a mistake"}));
  settle(held, {settled(under_way.at(0), Verdict::retry, PublicationState::pending, "no answer")});
  EXPECT_EQ(states(), "settled settled settled settled");
  settle(held, {settled(under_way.at(0), Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(states(), "settled settled settled settled");
  EXPECT_THAT(due(held), IsEmpty());
  EXPECT_THAT(value("SELECT acknowledged FROM ferry.publication WHERE label = 'P1'"), HasSubstr(R"("quantity":"11")"));
  EXPECT_EQ(must(store_.undo_discard(lane(), {})).count, 4);
}

TEST_F(Guarded, WhatIsWithinTheLimitsAgainIsReleasedByItselfOnceNobodyIsMendingIt) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  restock(0, 2);
  EXPECT_EQ(guarded(held, RunMode::watermark).news, "") << "somebody is just mending it";
  EXPECT_EQ(states(), "settled settled held settled");
  let_it_rest();
  EXPECT_EQ(guarded(held, RunMode::hints).news, "");
  EXPECT_THAT(guarded(held, RunMode::watermark).news, HasSubstr("within the limits now and is sent: 1 records"));
  EXPECT_EQ(states(), "settled settled pending settled");
}

TEST_F(Guarded, WhatIsStillBeyondTheLimitsStaysHeld) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  let_it_rest();
  EXPECT_EQ(guarded(held, RunMode::full).news, "");
  EXPECT_EQ(states(), "held held held settled");
}

TEST_F(Guarded, HigherLimitsReleaseIt) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  let_it_rest();
  limits_.zeroed = 75;
  EXPECT_THAT(guarded(held, RunMode::watermark).news, HasSubstr("within the limits"));
  EXPECT_EQ(due(held).size(), 3U);
}

TEST_F(Guarded, AnotherAccidentTakesOverWhatWaits) {
  const auto held = synced(8);
  sell_out(0, 5);
  const auto first = guarded(held, RunMode::watermark);
  limits_.zeroed = 30;
  sell_out(5, 8);
  const auto second = guarded(held, RunMode::watermark);
  EXPECT_EQ(value("SELECT string_agg(run || ' ' || coalesce(outcome, 'lasts') || ' ' || records, ', ' ORDER BY run) FROM "
                  "ferry.hold"),
            std::to_string(first.run) + " joined 5, " + std::to_string(second.run) + " lasts 8");
  EXPECT_EQ(must(store_.release_held(lane(), {second.run, "ada", ""})).records, 8);
}

TEST_F(Guarded, TheFirstPublicationWaitsWhereThatIsWished) {
  limits_.holds_first = true;
  product("A", 5);
  const auto held = lease(1, "stock");
  EXPECT_THAT(guarded(held, RunMode::full).news, HasSubstr("the first publication waits for a person: 1 products"));
  let_it_rest();
  EXPECT_EQ(guarded(held, RunMode::full).news, "") << "it does not release itself";
  must(store_.release_held(lane(), {0, "ada", ""}));
  EXPECT_EQ(due(held).size(), 1U);
  deliver_all(held);
  product("B", 5);
  EXPECT_EQ(guarded(held, RunMode::full).news, "");
}

TEST_F(Guarded, PeopleSeeWhatIsHeldTheLargestChangesFirst) {
  const auto held = synced();
  sell_out(0, 3);
  guarded(held, RunMode::watermark);
  move(keys_[0], 4);
  guarded(held, RunMode::watermark);
  const auto shown = must(store_.held_json({0, ""}, 2));
  EXPECT_THAT(shown, HasSubstr(R"("job" : "stock")"));
  EXPECT_THAT(shown, HasSubstr(R"("records" : 3)"));
  EXPECT_LT(shown.find("P2"), shown.find("P3"));
  EXPECT_EQ(shown.find(R"("label" : "P1")"), std::string::npos) << "a tenth of its quantity is left: the least of these changes";
  EXPECT_THAT(must(store_.status_json(1, "one")), HasSubstr("\"held\" : {\"run\""));
}

TEST_F(Guarded, APreviewSaysWhatWouldBeHeldAndTheLargestChangesFirst) {
  const auto held = synced();
  sell_out(1, 4);
  move(keys_[0], 1);
  product("NEW", 3);
  auto wanted = run_of(held, RunMode::full);
  wanted.guard = limits_;
  const auto preview = must(store_.preview(wanted, 10));
  EXPECT_EQ(preview.changed, 5);
  EXPECT_EQ(preview.added, 1);
  EXPECT_EQ(preview.withdrawn, 0);
  EXPECT_EQ(preview.would_hold, "3 of 4 products go to a stock of zero (limit 50 %)");
  ASSERT_EQ(preview.changes.size(), 5U);
  EXPECT_EQ(preview.changes[0].label, "P2");
  EXPECT_EQ(preview.changes[3].label, "P1");
  EXPECT_EQ(preview.changes[4].label, "NEW");
  publish(false);
  const auto emptied = must(store_.preview(wanted, 10));
  EXPECT_EQ(emptied.withdrawn, 4);
  EXPECT_THAT(emptied.would_hold, HasSubstr("nothing would be left on the portal"));
  EXPECT_EQ(states(), "settled settled settled settled") << "nothing is written";
}

}  // namespace
}  // namespace ferry::sql
