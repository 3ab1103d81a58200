// What is confirmed while a request whose answer was lost may still be applied. See plugin/domain/publication.h.
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::RunMode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using testing::unruled;

const Instant kPast(std::chrono::seconds(1'700'000'000));        // when the fixture's exchanges take place
const Instant kFuture(std::chrono::hours(24 * 365 * 200));

class Doubt : public testing::StoreTest {
 protected:
  void SetUp() override {
    a_ = product("A", 5);
    lease_ = lease(1, "stock");
    run_ = run(lease_, RunMode::full).run;
  }
  void deliver(Instant confirm_at) {
    auto item = settled(due(lease_).at(0), Verdict::delivered, PublicationState::settled);
    item.delivery.confirm_at = confirm_at;
    settle(lease_, {item});
  }
  std::string doubt() { return value("SELECT coalesce(ferry.micros(confirm_at), 0) FROM ferry.publication"); }
  std::vector<std::string> due_labels() {
    std::vector<std::string> labels;
    for (const auto& item : due(lease_)) labels.push_back(item.item.label);
    return labels;
  }

  std::int64_t a_ = 0, run_ = 0;
  engine::Lease lease_;
};

TEST_F(Doubt, IsLookedAtWhenItsTimeHasComeAndNotBefore) {
  deliver(kFuture);
  const auto waiting = must(store_.due(lease_, Feed::stock, 10, {}));
  EXPECT_THAT(waiting.items, IsEmpty());
  EXPECT_EQ(waiting.next_due, kFuture);
  sql("UPDATE ferry.publication SET confirm_at = clock_timestamp() - interval '1 second'");
  const auto now = due(lease_);
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now[0].delivery.state, PublicationState::settled);
  EXPECT_EQ(now[0].item.acknowledged, now[0].item.document);
  EXPECT_NE(now[0].delivery.confirm_at, Instant{});
  const RecordKey in_flight[] = {{a_, 0}};
  EXPECT_THAT(must(store_.due(lease_, Feed::stock, 10, in_flight)).items, IsEmpty());
}

TEST_F(Doubt, GoesBeforeEverythingButDecreases) {
  deliver(kPast + std::chrono::seconds(1));
  product("NEW", 1);
  const auto less = product("LESS", 9);
  run(lease_, RunMode::full);
  sql("UPDATE ferry.publication SET priority = 0 WHERE key = " + std::to_string(less));
  EXPECT_THAT(due_labels(), ElementsAre("LESS", "A", "NEW"));
}

TEST_F(Doubt, EndsWithADeliveryThatBeganAfterItAndTheCountsBalance) {
  deliver(kPast - std::chrono::seconds(1));
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
  deliver({});
  EXPECT_EQ(doubt(), "0");
  EXPECT_THAT(due(lease_), IsEmpty());
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
}

TEST_F(Doubt, ThatCameWhileTheExchangeWasUnderWayOutlivesIt) {
  const auto item = due(lease_).at(0);
  sql("UPDATE ferry.publication SET confirm_at = ferry.instant(" + std::to_string(1'700'000'001'000'000) + ")");
  settle(lease_, {settled(item, Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(doubt(), "1700000001000000");
}

TEST_F(Doubt, WhatIsNotConfirmedIsPendingAgainAndTheCountsBalance) {
  deliver(kPast - std::chrono::seconds(1));
  settle(lease_, {settled(due(lease_).at(0), Verdict::drifted, PublicationState::pending, "the portal shows 4")});
  EXPECT_EQ(state_of("A"), "pending");
  EXPECT_EQ(counts_of(run_), "1/0/0/1");
  deliver({});
  EXPECT_EQ(counts_of(run_), "1/1/0/0");
}

TEST_F(Doubt, SurvivesANewValueAndItsDeliveryAndIsExplained) {
  auto lost = settled(due(lease_).at(0), Verdict::ambiguous, PublicationState::pending, "no answer");
  lost.delivery.confirm_at = kFuture;
  settle(lease_, {lost});
  move(a_, 3);
  run(lease_, RunMode::full);
  const auto item = due(lease_).at(0);
  EXPECT_EQ(item.delivery.confirm_at, kFuture);
  settle(lease_, {settled(item, Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(state_of("A"), "settled");
  EXPECT_EQ(doubt(), std::to_string(kFuture.time_since_epoch().count()));
  EXPECT_THAT(must(store_.explain_json(1, "A")), HasSubstr(R"("confirm_at" : "21)"));
}

TEST_F(Doubt, OfADiscardedRecordIsNobodysBusiness) {
  auto dead = settled(due(lease_).at(0), Verdict::rejected, PublicationState::dead, "no");
  dead.delivery.confirm_at = kPast;
  settle(lease_, {dead});
  must(store_.discard({1, "stock"}, {{"A"}, "", ""}, "sold elsewhere"));
  EXPECT_THAT(due(lease_), IsEmpty());
}

TEST_F(Doubt, ALaneThatWasTakenFromAHolderSaysWhen) {
  const auto acquire = [this](const char* holder) { return must(store_.acquire({1, "stock"}, holder, kTtl)); };
  EXPECT_EQ(acquire("one").taken_over_at, Instant{});
  must(store_.release(lease_));
  lease_ = acquire("two").lease;
  EXPECT_EQ(acquire("two").taken_over_at, Instant{}) << "it was given back: nothing was under way";
  let_leases_run_out();
  const auto taken = acquire("three");
  EXPECT_NE(taken.taken_over_at, Instant{});
  must(store_.release(taken.lease));
  EXPECT_EQ(acquire("four").taken_over_at, taken.taken_over_at) << "whoever comes next has to know it too";
}

TEST_F(Doubt, IsCastOnWhatAnOrderOfThePortalMayHaveMoved) {
  const auto b = product("B", 1);
  run(lease_, RunMode::full);
  deliver_all(lease_);
  const auto intake = lease(1, "intake");
  const auto order = [](const char* state, const char* open) {
    connector::PulledOrder seen{"R1", "1", state, kPast, true, true, false, {}};
    seen.document = std::string(R"({"lines":[{"line":"1","sku":"A","quantity":"3","open_quantity":")") + open +
                     R"("},{"line":"2","sku":"B","quantity":"1","open_quantity":"0"}]})";
    return seen;
  };
  const auto see = [&](connector::PulledOrder shown) {
    must(store_.store_orders(intake, must(store_.begin_intake(intake)), unruled({shown})));
  };
  see(order("PaymentSettled", "3"));
  EXPECT_THAT(due_labels(), ElementsAre("B")) << "it was shipped before it was seen; the other line is still held back";
  sql("UPDATE ferry.publication SET confirm_at = NULL");
  see(order("Shipped", "0"));  // and the ERP received as many: what is wanted stays what it was
  EXPECT_THAT(due_labels(), ElementsAre("A", "B")) << "what was seen of it before may have been garbled";
  deliver({});
  EXPECT_EQ(value("SELECT confirm_at IS NOT NULL FROM ferry.publication WHERE key = " + std::to_string(a_)), "1")
      << "the fixture's exchange began before";
  sql("UPDATE ferry.publication SET confirm_at = NULL, desired = '5', fingerprint = 5 WHERE key = " + std::to_string(b));
  see(order("Delivered", "0"));
  EXPECT_THAT(due_labels(), ElementsAre("A")) << "what a person has discarded is not sent";
}

}  // namespace
}  // namespace ferry::sql
