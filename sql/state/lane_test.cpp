#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Failure;
using engine::LaneId;
using engine::RunMode;
using testing::failure;
using ::testing::HasSubstr;
using testing::must;
using testing::PrivateCluster;

class Lanes : public testing::StoreTest {
 protected:
  const LaneId stock_{1, "stock"};
};

TEST_F(Lanes, AFreeLaneIsTakenWithWhatIsKnownOfIt) {
  const auto answer = must(store_.acquire(stock_, "one", kTtl));
  EXPECT_TRUE(answer.held);
  EXPECT_EQ(answer.lease.lane, stock_);
  EXPECT_EQ(answer.lease.epoch, 1);
  EXPECT_GT(answer.remaining, Duration(kTtl) - std::chrono::seconds(30));
  EXPECT_LE(answer.remaining, Duration(kTtl));
  EXPECT_FALSE(answer.paused);
  EXPECT_FALSE(answer.requested.has_value());
  EXPECT_FALSE(answer.compared_before);
  EXPECT_EQ(answer.compared_fully_at, Instant{});
}

TEST_F(Lanes, AHeldLaneIsRefusedAndSaysForHowLong) {
  lease(1, "stock", "one");
  const auto answer = must(other_.acquire(stock_, "two", kTtl));
  EXPECT_FALSE(answer.held);
  EXPECT_GT(answer.remaining, Duration{});
}

TEST_F(Lanes, RenewingKeepsTheEpochTakingOverRaisesIt) {
  EXPECT_EQ(lease(1, "stock").epoch, lease(1, "stock").epoch);
  sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '1 second'");
  const auto taken = must(other_.acquire(stock_, "two", kTtl));
  EXPECT_TRUE(taken.held);
  EXPECT_EQ(taken.lease.epoch, 2);
}

TEST_F(Lanes, AReleasedLaneIsFreeAtOnce) {
  must(store_.release(lease(1, "stock")));
  EXPECT_TRUE(must(other_.acquire(stock_, "two", kTtl)).held);
}

TEST_F(Lanes, ReleasingAfterATakeOverHurtsNobody) {
  const auto old = lease(1, "stock");
  sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '1 second'");
  must(other_.acquire(stock_, "two", kTtl));
  must(store_.release(old));
  EXPECT_EQ(value("SELECT holder FROM ferry.job"), "two");
}

TEST_F(Lanes, EveryWriteOfAFormerHolderIsRefused) {
  product("A", 5);
  const auto old = lease(1, "stock");
  const auto intake = lease(1, "intake");
  run(old, RunMode::full);
  const auto waiting = due(old);
  const auto intake_run = must(store_.begin_intake(intake));
  sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '1 second'");
  const auto current = must(other_.acquire(stock_, "two", kTtl)).lease;
  must(other_.acquire({1, "intake"}, "two", kTtl));

  const auto one = exchange({settled(waiting.at(0), Verdict::delivered, PublicationState::settled)});
  EXPECT_EQ(failure(store_.run_feed(run_of(old, RunMode::full))), Failure::fenced);
  EXPECT_EQ(failure(store_.due(old, Feed::stock, 10, {})), Failure::fenced);
  EXPECT_EQ(failure(store_.settle(old, Feed::stock, std::span(&one, 1))), Failure::fenced);
  EXPECT_EQ(failure(store_.begin_intake(intake)), Failure::fenced);
  EXPECT_EQ(failure(store_.store_orders(intake, intake_run, {})), Failure::fenced);
  EXPECT_EQ(failure(store_.ready_orders(intake, 1)), Failure::fenced);
  EXPECT_EQ(failure(store_.record_orders(intake, intake_run, {})), Failure::fenced);
  EXPECT_EQ(failure(store_.finish_intake(intake, intake_run, {})), Failure::fenced);
  EXPECT_EQ(state_of("A"), "pending");
  must(other_.settle(current, Feed::stock, std::span(&one, 1)));
  EXPECT_EQ(state_of("A"), "settled");
}

TEST_F(Lanes, AnExpiredLeaseIsFencedThoughNobodyTookOver) {
  const auto old = lease(1, "stock");
  sql("UPDATE ferry.job SET expires_at = clock_timestamp() - interval '1 second'");
  EXPECT_EQ(failure(store_.run_feed(run_of(old, RunMode::full))), Failure::fenced);
}

TEST_F(Lanes, ErrorsAreShownAndCleared) {
  const auto held = lease(1, "stock");
  must(store_.report(held, "the portal says 'no'; DROP TABLE ferry.job"));
  EXPECT_EQ(value("SELECT last_error FROM ferry.job"), "the portal says 'no'; DROP TABLE ferry.job");
  must(store_.report(held, ""));
  EXPECT_EQ(value("SELECT last_error IS NULL AND last_error_at IS NOT NULL FROM ferry.job"), "1");
}

TEST_F(Lanes, PauseRequestAndResumeReachTheDriver) {
  must(store_.pause(stock_, "credentials refused"));
  must(store_.request_run(stock_, "full"));
  must(store_.request_run(stock_, "incremental"));  // does not weaken what was asked before
  auto answer = must(store_.acquire(stock_, "one", kTtl));
  EXPECT_TRUE(answer.paused);
  EXPECT_EQ(answer.requested, "full");
  must(store_.resume({1, ""}));
  run(answer.lease, RunMode::full);
  answer = must(store_.acquire(stock_, "one", kTtl));
  EXPECT_FALSE(answer.paused);
  EXPECT_FALSE(answer.requested.has_value());
  EXPECT_TRUE(answer.compared_before);
  EXPECT_GT(answer.compared_fully_at, Instant{});
  EXPECT_GT(answer.next_boundary, answer.compared_fully_at);
}

TEST_F(Lanes, ALostConnectionIsReportedOnceAndMendedByTheNextCall) {
  const auto held = lease(1, "stock");
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ferry' AND pid <> "
      "pg_backend_pid()");
  EXPECT_EQ(failure(store_.report(held, "x")), Failure::unavailable);
  must(store_.report(held, "y"));
  EXPECT_EQ(value("SELECT last_error FROM ferry.job"), "y");
}

TEST_F(Lanes, AnUnreachableDatabaseIsUnavailable) {
  OdbcStore nowhere({"Driver={PostgreSQL Unicode};Servername=127.0.0.1;Port=1;Database=x;UID=x", "", {}, {}});
  EXPECT_EQ(failure(nowhere.acquire(stock_, "one", kTtl)), Failure::unavailable);
}

}  // namespace
}  // namespace ferry::sql
