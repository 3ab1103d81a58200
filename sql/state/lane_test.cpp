#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Failure;
using engine::LaneId;
using engine::LeaseAnswer;
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
  let_leases_run_out();
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
  let_leases_run_out();
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
  let_leases_run_out();
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
  let_leases_run_out();
  EXPECT_EQ(failure(store_.run_feed(run_of(old, RunMode::full))), Failure::fenced);
}

// ---- one credential, several processes ----------------------------------------------------------------------------

class SharedCredential : public Lanes {
 protected:
  LeaseAnswer acquire(const std::string& holder, const std::string& job, std::int64_t rate = 20) {
    return must(store_.acquire({1, job}, holder, kTtl, {"vendure https://shop ferry", rate}));
  }
  void let_time_pass() {  // long enough for a free lane to be anybody's
    sql("UPDATE ferry.job SET expires_at = expires_at - interval '3 seconds' WHERE holder IS NULL");
  }
};

TEST_F(SharedCredential, AFreeLaneIsLeftToWhoDrivesItsNeighbours) {
  EXPECT_EQ(acquire("one", "stock").holders, 1);
  EXPECT_FALSE(acquire("two", "intake").held);
  EXPECT_EQ(acquire("two", "intake").remaining, std::chrono::seconds(1));
  EXPECT_TRUE(acquire("one", "intake").held);
}

TEST_F(SharedCredential, AnotherCredentialOrNoneIsNoNeighbour) {
  acquire("one", "stock");
  const auto other = must(store_.acquire({1, "intake"}, "two", kTtl, {"vendure https://shop somebody", 20}));
  EXPECT_TRUE(other.held);
  EXPECT_EQ(other.holders, 1);
  EXPECT_EQ(must(store_.acquire({1, "order_status"}, "three", kTtl)).holders, 1);
}

TEST_F(SharedCredential, WhoJoinsWaitsUntilTheOthersHaveReadOfIt) {
  acquire("one", "stock");
  acquire("two", "intake");
  let_time_pass();
  auto joined = acquire("two", "intake");
  EXPECT_TRUE(joined.held);
  EXPECT_EQ(joined.holders, 2);
  EXPECT_FALSE(joined.agreed);
  EXPECT_EQ(acquire("one", "stock").holders, 2);
  EXPECT_FALSE(acquire("two", "intake").agreed) << "that answer may not have arrived yet";
  EXPECT_TRUE(acquire("one", "stock").agreed) << "the elder waits for nobody";
  EXPECT_TRUE(acquire("two", "intake").agreed);
}

TEST_F(SharedCredential, WhoLeavesIsCountedNoMore) {
  acquire("one", "stock");
  acquire("two", "intake");
  let_time_pass();
  const auto two = acquire("two", "intake");
  EXPECT_EQ(acquire("one", "stock").holders, 2);
  must(store_.release(two.lease));
  const auto alone = acquire("one", "stock");
  EXPECT_EQ(alone.holders, 1);
  EXPECT_TRUE(alone.agreed);
}

TEST_F(SharedCredential, ALaneThatWasOnlyAskedForIsAnybodys) {
  acquire("one", "stock");
  must(store_.request_run({1, "intake"}, "full"));  // its row exists, and nobody ever held it
  EXPECT_TRUE(acquire("two", "intake").held);
}

TEST_F(SharedCredential, NoMoreProcessesShareARateThanItHasRequests) {
  acquire("one", "stock", 1);
  acquire("two", "intake", 1);
  let_time_pass();
  EXPECT_FALSE(acquire("two", "intake", 1).held);
  EXPECT_TRUE(acquire("one", "intake", 1).held);
}

TEST_F(SharedCredential, WhoComesBackToALeaseThatRanOutHasNoMoreRightThanAnybody) {
  acquire("one", "stock", 1);
  let_leases_run_out();
  EXPECT_TRUE(acquire("two", "intake", 1).held);
  EXPECT_FALSE(acquire("one", "stock", 1).held) << "one and two would send two requests a second";
  EXPECT_EQ(acquire("one", "stock", 2).holders, 2);
  EXPECT_TRUE(acquire("one", "stock", 2).held);
}

TEST_F(SharedCredential, WhoComesBackToALeaseThatRanOutAndFindsNobodyHasItStill) {
  const auto before = acquire("one", "stock", 1).lease;
  let_leases_run_out();
  EXPECT_EQ(acquire("one", "stock", 1).lease.epoch, before.epoch);
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
