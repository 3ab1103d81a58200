// Dead letters as people handle them, and what waits for a product. What becomes of single answers is in
// dispatch_test.cpp.
#include "sql/testing/ear.h"
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::must;

class DeadLetters : public testing::StoreTest {
 protected:
  void SetUp() override {
    for (const auto* code : {"A-1", "A-2", "A-3", "B-1"}) ids_[code] = product(code, 5);
    lease_ = lease(1, "stock");
    run_ = run(lease_, RunMode::full).run;
    std::vector<engine::SettledItem> items;
    for (const auto& item : due(lease_)) {
      const auto reason = item.item.label == "B-1" ? std::string("price 123456 is locked")
                                                   : "unknown SKU \"" + item.item.label + "\"";
      items.push_back(settled(item, Verdict::rejected, PublicationState::dead, reason));
    }
    settle(lease_, std::move(items));
  }
  std::string letters(const std::string& group = "") {
    return must(store_.dead_letters_json({1, "stock"}, group, 10));
  }
  static constexpr auto kUnknown = "unknown SKU \"...\"";

  std::map<std::string, std::int64_t> ids_;
  engine::Lease lease_;
  std::int64_t run_ = 0;
};

TEST_F(DeadLetters, AreCountedByWhatTheirReasonsHaveInCommon) {
  const auto all = letters();
  EXPECT_THAT(all, HasSubstr(R"("group" : "unknown SKU \"...\"", "count" : 3)"));
  EXPECT_THAT(all, HasSubstr(R"("labels" : ["A-1","A-2","A-3"])"));
  EXPECT_THAT(all, HasSubstr(R"("group" : "price # is locked", "count" : 1)"));
  EXPECT_LT(all.find("unknown SKU"), all.find("price #")) << "the largest first";
  EXPECT_THAT(letters("price # is locked"), Not(HasSubstr("unknown")));
  EXPECT_THAT(must(store_.dead_letters_json({1, ""}, "", 10)), HasSubstr("A-1"));
  EXPECT_THAT(must(store_.dead_letters_json({2, ""}, "", 10)), Not(HasSubstr("A-1")));
}

TEST_F(DeadLetters, AreReplayedOneAllOrByReason) {
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{"A-1"}, "", ""})).count, 1);
  EXPECT_EQ(counts_of(run_), "4/0/3/1");
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{}, "", kUnknown})).count, 2);
  EXPECT_EQ(state_of("B-1"), "dead");
  EXPECT_EQ(must(store_.replay({1, "stock"}, {{}, "", ""})).count, 1);
  EXPECT_EQ(counts_of(run_), "4/0/0/4");
  deliver_all(lease_);
  EXPECT_EQ(counts_of(run_), "4/4/0/0");
}

TEST_F(DeadLetters, AreDiscardedByReasonWithANote) {
  EXPECT_EQ(must(store_.discard({1, "stock"}, {{}, "", kUnknown}, "sold elsewhere")).count, 3);
  EXPECT_EQ(value("SELECT reason || ' / ' || discarded FROM ferry.publication WHERE label = 'A-2'"),
            "discarded: sold elsewhere / unknown SKU \"A-2\"");
  EXPECT_EQ(counts_of(run_), "4/3/1/0");
}

TEST_F(DeadLetters, ADiscardIsTakenBackWithTheReasonItHad) {
  must(store_.discard({1, "stock"}, {{"A-1", "A-2"}, "", ""}, "no"));
  const std::string one[] = {"A-1"};
  EXPECT_EQ(must(store_.undo_discard({1, "stock"}, one)).count, 1);
  EXPECT_EQ(value("SELECT state || reason || (discarded IS NULL) FROM ferry.publication WHERE label = 'A-1'"),
            "deadunknown SKU \"A-1\"true");
  EXPECT_EQ(counts_of(run_), "4/1/3/0");
  EXPECT_EQ(must(store_.undo_discard({1, "stock"}, {})).count, 1);
  EXPECT_EQ(must(store_.undo_discard({1, "stock"}, {})).count, 0);
  EXPECT_EQ(counts_of(run_), "4/0/4/0");
}

TEST_F(DeadLetters, ADiscardWhoseValueWasSentSinceIsNotTakenBack) {
  must(store_.discard({1, "stock"}, {{"A-1"}, "", ""}, "no"));
  move(ids_["A-1"], 1);
  hint(ids_["A-1"]);
  run(lease_, RunMode::hints);
  EXPECT_EQ(state_of("A-1"), "pending") << "revived by its new value";
  deliver_all(lease_);
  EXPECT_EQ(must(store_.undo_discard({1, "stock"}, {})).count, 0);
  EXPECT_EQ(state_of("A-1"), "settled");
}

TEST_F(DeadLetters, ANewErpValueRevivesExactlyTheRecordsThatHaveOne) {
  move(ids_["A-3"], 7);
  run(lease_, RunMode::full);  // found without any hint
  EXPECT_EQ(state_of("A-3"), "pending");
  EXPECT_EQ(state_of("A-1"), "dead");
  EXPECT_EQ(value("SELECT attempts || coalesce(reason, '-') FROM ferry.publication WHERE label = 'A-3'"), "0-");
}

class AfterTheProduct : public testing::StoreTest {
 protected:
  void SetUp() override {
    add_channel(2);
    lease_ = lease(1, "product");
  }
  // A publication that waits, as long as a periodic look lets it.
  void waits(const std::string& feed, const std::string& label, const std::string& state = "absent", int part = 0,
             int channel = 1) {
    sql("INSERT INTO ferry.publication (channel, feed, key, part, label, desired, fingerprint, state, next_attempt_at, "
        "reason, run, changed_at) VALUES (" +
        std::to_string(channel) + ", '" + feed + "', " + std::to_string(keys_.at(label)) + ", " + std::to_string(part) + ", '" +
        label + "', '{}', 0, '" + state + "', now() + interval '10 minutes', 'not on the portal', 0, now())");
  }
  void record(const engine::Lease& lease, Feed feed, const std::string& label, Verdict verdict,
              const std::string& document = "{}") {
    const bool is_over = verdict == Verdict::delivered;
    Delivery delivery{is_over ? PublicationState::settled : PublicationState::absent, 0, 0, {}, is_over ? "" : "not there"};
    if (!is_over) delivery.next_attempt_at = Instant(std::chrono::hours(24 * 365 * 200));
    const auto one = exchange({{{keys_.at(label), 0}, document, verdict, delivery}});
    must(store_.settle(lease, feed, std::span(&one, 1)));
  }
  // What is due now of all that waits, without the product itself.
  std::string due_now() {
    return value("SELECT coalesce(string_agg(channel || ' ' || feed || ' ' || label || ' ' || part, ', ' ORDER BY channel, "
                 "feed, label, part), 'nothing') FROM ferry.publication WHERE next_attempt_at <= clock_timestamp()");
  }

  const std::map<std::string, int> keys_{{"A", 1}, {"B", 2}};
  engine::Lease lease_;
};

TEST_F(AfterTheProduct, WhatWasAbsentIsLookedForAtOnce) {
  waits("product", "A", "pending");
  waits("stock", "A", "absent", 3);
  waits("stock", "A", "absent", 4);
  for (const auto* feed : {"list_price", "cost", "discount", "fixed_net_price"}) waits(feed, "A");
  record(lease_, Feed::product, "A", Verdict::delivered);
  EXPECT_EQ(due_now(), "1 cost A 0, 1 discount A 0, 1 fixed_net_price A 0, 1 list_price A 0, 1 stock A 3, 1 stock A 4");
  const auto stock = must(store_.due(lease(1, "stock"), Feed::stock, 10, {})).items;
  ASSERT_EQ(stock.size(), 2U);
  EXPECT_EQ(stock[0].delivery.state, PublicationState::absent) << "until it has been looked for";
}

TEST_F(AfterTheProduct, TheirJobsAreWoken) {
  for (const auto* label : {"A", "B"}) waits("product", label, "pending");
  waits("stock", "A");
  waits("stock", "B");
  waits("list_price", "B");
  testing::Ear ear(database_);
  record(lease_, Feed::product, "A", Verdict::delivered);
  EXPECT_THAT(ear.heard(), ElementsAre("stock"));
}

TEST_F(AfterTheProduct, NothingElseIs) {
  for (const auto* label : {"A", "B"}) waits("product", label, "pending");
  waits("stock", "B");               // another product
  waits("stock", "A", "absent", 0, 2);  // another portal
  waits("cost", "A", "pending");     // it backs off: the portal has failed, not lacked it
  waits("customer", "A");
  waits("order_status", "A");
  record(lease_, Feed::product, "A", Verdict::delivered);
  EXPECT_EQ(due_now(), "nothing");
}

TEST_F(AfterTheProduct, AWithdrawnOneBringsNothing) {
  waits("product", "A", "pending");
  waits("stock", "A");
  sql("UPDATE ferry.publication SET desired = NULL, fingerprint = NULL WHERE feed = 'product'");
  record(lease_, Feed::product, "A", Verdict::delivered, "");
  EXPECT_EQ(due_now(), "nothing");
}

// The portal has it, and keeps it from sale until it has a price.
TEST_F(AfterTheProduct, ThatWaitsForItsPriceThePriceIsSentAndThenTheProduct) {
  waits("product", "A", "pending");
  waits("list_price", "A");
  record(lease_, Feed::product, "A", Verdict::absent);
  EXPECT_EQ(due_now(), "1 list_price A 0");
  record(lease(1, "list_price"), Feed::list_price, "A", Verdict::delivered);
  EXPECT_EQ(due_now(), "1 product A 0");
}

TEST_F(AfterTheProduct, WhatCameWhileItWasBeingLookedForIsLookedForAgainAtOnce) {
  waits("product", "A", "pending");
  waits("list_price", "A", "pending");
  record(lease(1, "list_price"), Feed::list_price, "A", Verdict::delivered);
  sql("UPDATE ferry.publication SET acknowledged_at = (SELECT max(started_at) FROM ferry.exchange) + interval '1 ms' WHERE feed = 'list_price'");
  testing::Ear ear(database_);
  record(lease_, Feed::product, "A", Verdict::absent);
  EXPECT_EQ(due_now(), "1 product A 0");
  EXPECT_THAT(ear.heard(), ElementsAre("product"));
  // and not once more for the same delivery
  sql("UPDATE ferry.publication SET acknowledged_at = (SELECT min(started_at) FROM ferry.exchange) WHERE feed = 'list_price'");
  record(lease_, Feed::product, "A", Verdict::absent);
  EXPECT_EQ(due_now(), "nothing");
}

TEST_F(AfterTheProduct, OtherFeedsWakeNobody) {
  for (const auto* feed : {"product", "list_price"}) waits(feed, "A");
  waits("stock", "A", "pending");
  record(lease(1, "stock"), Feed::stock, "A", Verdict::delivered);
  EXPECT_EQ(due_now(), "nothing");
}

TEST_F(AfterTheProduct, ARecordThatIsBeingWrittenIsNotWaitedFor) {
  for (const auto* label : {"A", "B"}) waits("product", label, "pending");
  waits("stock", "A");
  waits("cost", "A");
  sql("BEGIN; SELECT FROM ferry.publication WHERE feed = 'stock' FOR UPDATE");
  record(lease_, Feed::product, "A", Verdict::delivered);
  sql("COMMIT");
  EXPECT_EQ(due_now(), "1 cost A 0");
}

}  // namespace
}  // namespace ferry::sql
