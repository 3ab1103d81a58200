#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using ::testing::SizeIs;

class Dispatching : public testing::StoreTest {
 protected:
  void SetUp() override {
    a_ = product("A", 5);
    b_ = product("B", 6);
    lease_ = lease(1, "stock");
    run_ = run(lease_, RunMode::full).run;
  }
  engine::DueItem due_one(const std::string& label) {
    for (auto& item : due(lease_)) {
      if (item.item.label == label) return item;
    }
    throw std::runtime_error(label + " is not due");
  }
  void change(std::int64_t product) {
    move(product, 1);
    hint(product);
    last_run_ = run(lease_, RunMode::hints).run;
  }

  std::int64_t a_ = 0, b_ = 0, run_ = 0, last_run_ = 0;
  engine::Lease lease_;
};

TEST_F(Dispatching, DueItemsCarryWhatIsNeededAndStayBelowTheCap) {
  EXPECT_THAT(due(lease_, 1), SizeIs(1));
  EXPECT_THAT(due(lease_, 0), IsEmpty());
  EXPECT_THAT(due(lease_, 2), SizeIs(2));
  const auto a = due_one("A");
  EXPECT_EQ(a.key, (RecordKey{a_, 0}));
  EXPECT_EQ(a.item.document, R"({"sku":"A","location":null,"quantity":"5"})");
  EXPECT_EQ(a.item.acknowledged, "");
  EXPECT_EQ(a.delivery.state, PublicationState::pending);
}

TEST_F(Dispatching, WhatIsInFlightIsLeftOut) {
  const RecordKey in_flight[] = {{a_, 0}};
  const auto found = must(store_.due(lease_, Feed::stock, 10, in_flight));
  ASSERT_THAT(found.items, SizeIs(1));
  EXPECT_EQ(found.items[0].item.label, "B");
}

TEST_F(Dispatching, DeliveredBecomesAcknowledged) {
  deliver_all(lease_);
  EXPECT_THAT(due(lease_), IsEmpty());
  EXPECT_EQ(value("SELECT count(*) FROM ferry.publication WHERE state = 'settled' AND acknowledged = desired AND "
                  "acknowledged_fingerprint = fingerprint AND next_attempt_at IS NULL AND reason IS NULL"),
            "2");
  EXPECT_EQ(counts_of(run_), "2/2/0/0");
  EXPECT_EQ(value("SELECT finished_at IS NOT NULL FROM ferry.run"), "1");
}

TEST_F(Dispatching, ExchangesOfSeveralBatchesAreRecordedInOneCall) {
  const engine::SettledExchange both[] = {
      exchange({settled(due_one("A"), Verdict::delivered, PublicationState::settled)}),
      exchange({settled(due_one("B"), Verdict::rejected, PublicationState::dead, "unknown 'SKU'; {x}")})};
  must(store_.settle(lease_, Feed::stock, both));
  EXPECT_EQ(counts_of(run_), "2/1/1/0");
  EXPECT_EQ(value("SELECT string_agg(keys::text || verdicts::text, ' ' ORDER BY id) FROM ferry.exchange"),
            "{" + std::to_string(a_) + "}{delivered} {" + std::to_string(b_) + "}{rejected}");
  EXPECT_EQ(value("SELECT reason FROM ferry.publication WHERE state = 'dead'"), "unknown 'SKU'; {x}");
  EXPECT_EQ(value("SELECT ferry.micros(finished_at) FROM ferry.exchange LIMIT 1"), "1700000000123456");
}

TEST_F(Dispatching, ADeliveredValueThatIsNoLongerWantedStaysPending) {
  const auto sent = due_one("A");
  change(a_);
  settle(lease_, {settled(sent, Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(state_of("A"), "pending");
  EXPECT_EQ(value("SELECT (acknowledged::json->>'quantity') || (desired::json->>'quantity') FROM ferry.publication "
                  "WHERE label = 'A'"),
            "56");
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
  EXPECT_EQ(counts_of(last_run_), "1/0/0/1");
  deliver_all(lease_);
  EXPECT_EQ(counts_of(last_run_), "1/1/0/0");
}

TEST_F(Dispatching, ARefusedValueThatIsNoLongerWantedStartsAfresh) {
  const auto sent = due_one("A");
  change(a_);
  settle(lease_, {settled(sent, Verdict::rejected, PublicationState::dead, "too much")});
  EXPECT_EQ(value("SELECT state || attempts || coalesce(reason, '-') || (next_attempt_at <= clock_timestamp()) FROM "
                  "ferry.publication "
                  "WHERE label = 'A'"),
            "pending0-true");
}

// The ERP says something else while a request is under way, and then the same again.
TEST_F(Dispatching, WhatWasSaidAnewMeanwhileKeepsNoAttemptsOfBefore) {
  settle(lease_, {settled(due_one("A"), Verdict::retry, PublicationState::pending, "503")});
  const auto sent = due_one("A");
  ASSERT_EQ(sent.delivery.attempts, 1);
  change(a_);
  sql("UPDATE ferry.publication SET desired = '" + sent.item.document + "' WHERE label = 'A'");
  auto waits = settled(sent, Verdict::drifted, PublicationState::pending, "the portal shows 4");
  waits.delivery.attempts = sent.delivery.attempts;
  settle(lease_, {waits});
  EXPECT_EQ(value("SELECT state || attempts || coalesce(reason, '-') FROM ferry.publication WHERE label = 'A'"),
            "pending0-");
}

TEST_F(Dispatching, AFailedAttemptWaitsUntilItsTime) {
  auto item = settled(due_one("A"), Verdict::retry, PublicationState::pending, "503");
  item.delivery.next_attempt_at = Instant(std::chrono::hours(24 * 365 * 200));
  settle(lease_, {item});
  const auto found = must(store_.due(lease_, Feed::stock, 10, {}));
  EXPECT_THAT(found.items, SizeIs(1));  // B
  EXPECT_EQ(found.next_due, item.delivery.next_attempt_at);
  EXPECT_EQ(value("SELECT attempts || reason FROM ferry.publication WHERE label = 'A'"), "1503");
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
}

TEST_F(Dispatching, AbsentOnesComeLast) {
  settle(lease_, {settled(due_one("A"), Verdict::absent, PublicationState::absent, "not on the portal")});
  const auto items = due(lease_);
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(items[0].item.label, "B");
  EXPECT_EQ(items[1].delivery.state, PublicationState::absent);
  EXPECT_EQ(items[1].delivery.reason, "not on the portal");
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
}

TEST_F(Dispatching, ANewErpValueRevivesADeadLetter) {
  settle(lease_, {settled(due_one("A"), Verdict::rejected, PublicationState::dead, "no")});
  run(lease_, RunMode::full);
  EXPECT_EQ(state_of("A"), "dead");
  change(a_);
  EXPECT_EQ(state_of("A"), "pending");
  deliver_all(lease_);
  EXPECT_EQ(counts_of(run_), "2/1/1/0");
  EXPECT_EQ(counts_of(last_run_), "1/1/0/0");
}

TEST_F(Dispatching, AnAnswerThatComesTwiceCountsOnce) {
  const auto item = settled(due_one("A"), Verdict::delivered, PublicationState::settled);
  settle(lease_, {item});
  settle(lease_, {item, item});
  EXPECT_EQ(counts_of(run_), "2/1/0/1");
}

TEST_F(Dispatching, AnUnknownRecordIsIgnored) {
  settle(lease_, {{{999, 0}, "x", Verdict::delivered, {PublicationState::settled, 0, 0, {}, ""}}});
  EXPECT_EQ(counts_of(run_), "2/0/0/2");
}

TEST_F(Dispatching, NothingToSettleIsNoError) { must(store_.settle(lease_, Feed::stock, {})); }

TEST_F(Dispatching, PortalTextThatPostgresCannotHoldDoesNotStopTheOthers) {
  auto one = exchange({settled(due_one("A"), Verdict::delivered, PublicationState::settled),
                       settled(due_one("B"), Verdict::rejected, PublicationState::dead, std::string("\xFF\0!", 3))});
  one.reply = std::string("a\0b", 3);
  must(store_.settle(lease_, Feed::stock, std::span(&one, 1)));
  EXPECT_EQ(state_of("A"), "settled");
  EXPECT_EQ(value("SELECT reason FROM ferry.publication WHERE label = 'B'"), "\xEF\xBF\xBD\xEF\xBF\xBD!");
}

TEST_F(Dispatching, ReplayingMovesTheCountBack) {
  settle(lease_, {settled(due_one("A"), Verdict::rejected, PublicationState::dead, "bad A"),
                  settled(due_one("B"), Verdict::rejected, PublicationState::dead, "bad B")});
  EXPECT_EQ(counts_of(run_), "2/0/2/0");
  EXPECT_THAT(must(store_.dead_letters_json({1, "stock"}, "", 10)), HasSubstr("bad A"));
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{"C"}, "", ""})).count, 0);
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{"A"}, "bad B", ""})).count, 0);
  const auto replayed = must(store_.replay({1, "stock"}, {{"A"}, "", ""}));
  EXPECT_EQ(replayed.count, 1);
  EXPECT_EQ(replayed.labels_json, "[\"A\"]");
  EXPECT_EQ(counts_of(run_), "2/0/1/1");
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{}, "bad", ""})).count, 1);
  deliver_all(lease_);
  EXPECT_EQ(counts_of(run_), "2/2/0/0");
}

TEST_F(Dispatching, ADiscardedDeadLetterRestsUntilItsValueChanges) {
  settle(lease_, {settled(due_one("A"), Verdict::rejected, PublicationState::dead, "no")});
  EXPECT_EQ(must(store_.discard({1, "stock"}, {{"A", "B"}, "", ""}, "sold elsewhere")).count, 1);
  EXPECT_EQ(value("SELECT state || ': ' || reason FROM ferry.publication WHERE label = 'A'"),
            "settled: discarded: sold elsewhere");
  EXPECT_EQ(counts_of(run_), "2/1/0/1");
  run(lease_, RunMode::full);
  EXPECT_EQ(state_of("A"), "settled");
  change(a_);
  EXPECT_EQ(state_of("A"), "pending");
}

}  // namespace
}  // namespace ferry::sql
