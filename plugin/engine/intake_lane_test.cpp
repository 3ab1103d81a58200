#include "plugin/engine/intake_lane.h"

#include <gmock/gmock.h>

#include "plugin/engine/testing.h"

namespace ferry::engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class IntakeLaneTest : public ::testing::Test {
 protected:
  void build(const ChannelOptions& options = {}) {
    parts = make_channel(options);
    stage.emplace(std::make_unique<IntakeLane>(parts.channel));
    stage->row.portal_clock = kStart - minutes(1);
  }
  // Leased and begun; the request for the first page waits to be answered.
  void begun(const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    begin();
  }
  void begin() {
    // the next run's turn
    for (int i = 0; i < 100 && !stage->has<BeginIntake>(); ++i) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
    }
    stage->take<BeginIntake>();
    stage->give(Begun{++run});
  }
  void stored(std::int64_t changed) {
    const auto page = stage->take<StoreOrders>();
    stage->give(Stored{StoredPage{static_cast<std::int64_t>(page.orders.size()), changed}});
  }
  void open_listed(std::vector<std::string> ids = {}) {
    stage->take<ListOpen>();
    stage->give(OpenListed{std::move(ids)});
  }
  void ready_listed(std::vector<ReadyOrder> orders = {}) {
    stage->take<ListReady>();
    stage->give(ReadyListed{std::move(orders)});
  }
  void erp(ErpAnswer answer, std::string reason = "") {
    const auto order = stage->take<EnterOrder>();
    stage->give(ErpReplied{order.reference, {answer, {41, "SO41"}, std::move(reason)}});
  }
  std::vector<OrderOutcome> outcomes_recorded() {
    auto outcomes = stage->take<RecordOrders>().outcomes;
    stage->give(Recorded{Result<void>{}});
    return outcomes;
  }
  Instant finished() {
    const auto finish = stage->take<FinishIntake>();
    stage->give(Recorded{Result<void>{}});
    return finish.window_end;
  }
  // A run that finds nothing.
  void empty_run() {
    stage->answer(reply(200));
    if (stage->has<ListOpen>()) open_listed();
    ready_listed();
    finished();
  }
  // At the point where `orders` wait for the ERP.
  void importing(std::vector<ReadyOrder> orders, const ChannelOptions& options = {}) {
    begun(options);
    stage->answer(reply(200));
    open_listed();
    ready_listed(std::move(orders));
  }
  static ReadyOrder ready(std::string reference, std::int32_t attempts = 0) { return {std::move(reference), "{}", attempts}; }
  int wakes_of(const std::string& job) {
    int count = 0;
    std::vector<WakeJob> seen;
    while (stage->has<WakeJob>()) seen.push_back(stage->take<WakeJob>());
    for (const auto& wake : seen) count += wake.job == job ? 1 : 0;
    return count;
  }

  ChannelParts parts;
  std::optional<Stage> stage;
  std::int64_t run = 0;
};

// ---- the window ---------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, TheWindowOverlapsTheWatermarkOfThePortalsOwnClock) {
  begun();
  ASSERT_EQ(parts.connector->windows.size(), 1U);
  EXPECT_EQ(parts.connector->windows[0].from, kStart - minutes(1) - seconds(120));
  EXPECT_GT(parts.connector->windows[0].to, kStart + minutes(5)) << "the portal's clock may be ahead";
}

TEST_F(IntakeLaneTest, TheOverlapIsNoShorterThanThePortalsOrdersAreLate) {
  begun({.order_visibility_lag = minutes(30)});
  EXPECT_EQ(parts.connector->windows[0].from, kStart - minutes(1) - minutes(30));
}

TEST(Stories, A19_TheFirstRunWithoutStateLooksBackADay) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  EXPECT_EQ(parts.connector->windows.at(0).from, kStart - hours(24));
}

TEST_F(IntakeLaneTest, OrdersBeforeTheAgreedMomentAreLeftAlone) {
  build({.order_since = kStart - hours(2)});
  stage->row.portal_clock = Instant{};
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows[0].from, kStart - hours(2));
  begun({.order_since = kStart - seconds(90)});
  EXPECT_EQ(parts.connector->windows[0].from, kStart - seconds(90));
}

TEST_F(IntakeLaneTest, AFullRunOnRequestLooksBackAsTheFirstOneDid) {
  build();
  stage->row.requested = "full";
  stage->lease();
  begin();
  EXPECT_EQ(parts.connector->windows[0].from, kStart - hours(24));
}

TEST_F(IntakeLaneTest, TheWatermarkMovesToThePortalsClockWhenTheFirstPageWasTaken) {
  begun();
  stage->answer(reply(200, "R1 1", {{"next", "p2"}, {"clock", "2026-01-01T00:00:00Z"}}));
  stored(1);
  stage->answer(reply(200, "R2 2", {{"clock", "2026-01-01T00:05:00Z"}}));
  stored(1);
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), from_iso8601("2026-01-01T00:00:00Z")) << "orders placed while the pages were read are looked for again";
}

TEST_F(IntakeLaneTest, APortalWithoutAClockIsTakenToHaveOurs) {
  begun();
  stage->pass(seconds(1));
  stage->answer(reply(200));
  open_listed();
  ready_listed();
  EXPECT_EQ(finished(), kStart);
}

TEST_F(IntakeLaneTest, PagesAreFollowedToTheEndAndStoredOneByOne) {
  begun();
  EXPECT_EQ(stage->answer(reply(200, "R1 1 R2 2", {{"next", "p2"}})).http.target, "/orders?cursor=");
  const auto page = stage->take<StoreOrders>();
  EXPECT_EQ(page.run, 1);
  EXPECT_EQ(page.orders.size(), 2U);
  stage->give(Stored{StoredPage{2, 2}});
  EXPECT_EQ(stage->answer(reply(200, "R3 3")).http.target, "/orders?cursor=p2");
  stored(1);
  EXPECT_TRUE(stage->has<ListOpen>());
}

TEST_F(IntakeLaneTest, AnEmptyPageIsFollowedTooButNotStored) {
  begun();
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_FALSE(stage->has<StoreOrders>());
  EXPECT_EQ(stage->answer(reply(200)).http.target, "/orders?cursor=p2");
  EXPECT_TRUE(stage->has<ListOpen>());
}

TEST_F(IntakeLaneTest, PagesThatRunInACircleAreAnErrorAndTheWatermarkStays) {
  begun();
  stage->answer(reply(200, "", {{"next", "p2"}}));
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_THAT(stage->take<ReportError>().error, HasSubstr("circle"));
  ready_listed();
  EXPECT_EQ(finished(), Instant{});
}

TEST(Stories, E16_AThousandOrdersOfOneWindowAllCome) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  std::size_t seen = 0;
  for (int page = 0; page < 50; ++page) {
    std::string body;
    for (int i = 0; i < 20; ++i) body += "R" + std::to_string(page * 20 + i) + " " + std::to_string(page * 20 + i) + "\n";
    stage.answer(reply(200, body, {{"next", page < 49 ? "p" + std::to_string(page) : ""}}));
    seen += stage.take<StoreOrders>().orders.size();
    stage.give(Stored{StoredPage{20, 20}});
  }
  EXPECT_EQ(seen, 1000U);
  EXPECT_TRUE(stage.has<ListOpen>());
}

TEST_F(IntakeLaneTest, NewOrdersWakeTheStockOfEveryChannelAtOnce) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stored(1);
  const auto stock = stage->take<WakeJob>(), status = stage->take<WakeJob>();
  EXPECT_EQ(stock.channel, 0);
  EXPECT_EQ(stock.job, "stock");
  EXPECT_EQ(status.channel, 7);
  EXPECT_EQ(status.job, "order_status");
}

TEST_F(IntakeLaneTest, ARunThatChangedNothingIsQuiet) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stored(0);
  open_listed();
  ready_listed();
  finished();
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
}

TEST_F(IntakeLaneTest, TheNextRunBeginsOnePollIntervalAfterTheLast) {
  begun();
  empty_run();
  EXPECT_EQ(stage->wake_at, kStart + seconds(2));
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, AWakeLooksSoonerButNotMoreThanAFewTimesASecond) {
  begun();
  empty_run();
  stage->give(Wake{});
  EXPECT_EQ(stage->wake_at, kStart + milliseconds(250));
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

// ---- open orders --------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, OpenOrdersAreLookedAtAgainInChunksExceptThoseJustSeen) {
  begun();
  parts.connector->caps.max_batch_items = 2;
  stage->answer(reply(200, "R1 1"));
  stored(0);
  open_listed({"1", "2", "3", "4"});
  EXPECT_EQ(stage->answer(reply(200, "R2 2 R3 3")).http.target, "/orders?ids=2,3");
  stored(1);
  EXPECT_EQ(stage->answer(reply(200)).http.target, "/orders?ids=4") << "an order that is gone is simply missing";
  ready_listed();
  EXPECT_NE(finished(), Instant{});
}

TEST_F(IntakeLaneTest, LookingAtOpenOrdersTakesAtMostAFifthOfTheTime) {
  begun();
  stage->answer(reply(200));
  open_listed({"1"});
  stage->pass(seconds(3));
  stage->answer(reply(200));
  ready_listed();
  finished();
  begin();
  stage->answer(reply(200));
  EXPECT_FALSE(stage->has<ListOpen>());
  ready_listed();
  finished();
  stage->give(Wake{});
  begin();
  stage->answer(reply(200));
  EXPECT_TRUE(stage->has<ListOpen>()) << "unless somebody asks";
}

TEST_F(IntakeLaneTest, AFailedLookAtOpenOrdersDoesNotHoldBackTheWatermark) {
  begun();
  stage->answer(reply(200));
  open_listed({"1"});
  stage->answer(reply(500));
  EXPECT_EQ(stage->take<ReportError>().error, "status 500");
  ready_listed();
  EXPECT_NE(finished(), Instant{});
}

// ---- into the ERP -------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, ReadyOrdersAreEnteredOneByOneAndRecorded) {
  importing({ready("R1"), ready("R2")});
  EXPECT_FALSE(stage->has<RecordOrders>());
  erp(ErpAnswer::linked);
  erp(ErpAnswer::linked);
  const auto outcomes = outcomes_recorded();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reference, "R1");
  EXPECT_EQ(outcomes[0].state, OrderState::linked);
  EXPECT_EQ(outcomes[0].erp_id, 41);
  EXPECT_EQ(outcomes[0].erp_number, "SO41");
  EXPECT_EQ(wakes_of("order_status"), 1);
  EXPECT_NE(finished(), Instant{});
}

TEST_F(IntakeLaneTest, TheSummaryCountsWhatBecameOfTheOrders) {
  begun();
  stage->answer(reply(200, "R1 1 R2 2 R3 3 R4 4"));
  stored(3);
  open_listed();
  ready_listed({ready("R1"), ready("R2"), ready("R3")});
  erp(ErpAnswer::linked);
  erp(ErpAnswer::rejected, "order R2 line 1: unknown SKU X");
  erp(ErpAnswer::busy);
  outcomes_recorded();
  finished();
  EXPECT_EQ(stage->take<RunSummary>().counts, (Counts{4, 3, 1, 1, 1, 1}));
}

TEST(Stories, E7_OneBadOrderGoesToReviewAndTheOthersAreImported) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  stage.answer(reply(200));
  stage.take<ListOpen>();
  stage.give(OpenListed{std::vector<std::string>{}});
  stage.take<ListReady>();
  stage.give(ReadyListed{std::vector<ReadyOrder>{{"BAD", "{}", 0}, {"GOOD", "{}", 0}}});
  stage.take<EnterOrder>();
  stage.give(ErpReplied{"BAD", {ErpAnswer::rejected, {}, "order BAD, line 2: unknown SKU 'X9'"}});
  stage.take<EnterOrder>();
  stage.give(ErpReplied{"GOOD", {ErpAnswer::linked, {5, "SO5"}, ""}});
  const auto outcomes = stage.take<RecordOrders>().outcomes;
  EXPECT_EQ(outcomes.at(0).state, OrderState::review);
  EXPECT_EQ(outcomes.at(0).reason, "order BAD, line 2: unknown SKU 'X9'");
  EXPECT_EQ(outcomes.at(1).state, OrderState::linked);
}

TEST_F(IntakeLaneTest, ABusyErpIsAskedLaterWithoutCountingAnAttempt) {
  importing({ready("R1", 3)});
  erp(ErpAnswer::busy, "locked by Anna");
  const auto outcome = outcomes_recorded().at(0);
  EXPECT_EQ(outcome.state, OrderState::ready);
  EXPECT_EQ(outcome.attempts, 3);
  EXPECT_EQ(outcome.reason, "locked by Anna");
  EXPECT_GT(outcome.next_attempt_at, stage->now);
}

TEST_F(IntakeLaneTest, ATransientFailureCountsAndEndsInReviewAfterTheLastAttempt) {
  importing({ready("R1", 0), ready("R2", 2)}, {.max_attempts = 3});
  erp(ErpAnswer::retry, "deadlock");
  erp(ErpAnswer::retry, "deadlock");
  const auto outcomes = outcomes_recorded();
  EXPECT_EQ(outcomes.at(0).state, OrderState::ready);
  EXPECT_EQ(outcomes.at(0).attempts, 1);
  EXPECT_GT(outcomes.at(0).next_attempt_at, stage->now);
  EXPECT_EQ(outcomes.at(1).state, OrderState::review);
  EXPECT_EQ(outcomes.at(1).reason, "given up after 3 attempts: deadlock");
}

TEST_F(IntakeLaneTest, AReviewAlwaysHasAReason) {
  importing({ready("R1"), ready("R2", 99)});
  erp(ErpAnswer::rejected);
  erp(ErpAnswer::retry);
  for (const auto& outcome : outcomes_recorded()) EXPECT_NE(outcome.reason, "");
}

TEST_F(IntakeLaneTest, AHostWithoutOrderEntryLeavesTheOrdersToAnotherProcessAndDoesNotSpin) {
  importing({ready("R1"), ready("R2")});
  erp(ErpAnswer::unsupported);
  EXPECT_FALSE(stage->has<EnterOrder>());
  EXPECT_FALSE(stage->has<RecordOrders>());
  finished();
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_FALSE(stage->has<ListReady>());
  EXPECT_TRUE(stage->has<FinishIntake>());
}

TEST_F(IntakeLaneTest, ManyOrdersAreRecordedInSmallGroups) {
  std::vector<ReadyOrder> orders;
  for (int i = 0; i < 50; ++i) orders.push_back(ready("R" + std::to_string(i)));
  importing(orders);
  std::size_t recorded = 0;
  while (recorded < 50) {
    if (stage->has<EnterOrder>()) erp(ErpAnswer::linked);
    if (!stage->has<RecordOrders>()) continue;
    const auto group = outcomes_recorded();
    EXPECT_LE(group.size(), OrderEntry::kMostUnrecorded);
    recorded += group.size();
  }
  ready_listed();  // a full list may not have been all
  EXPECT_TRUE(stage->has<FinishIntake>());
}

TEST_F(IntakeLaneTest, ASlowErpDoesNotHoldUpTheNextLookAtThePortal) {
  importing({ready("R1"), ready("R2")});
  const auto slow = stage->take<EnterOrder>();
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(2));
  finished();
  begin();
  stage->answer(reply(200, "R3 3"));
  stored(1);
  EXPECT_GE(wakes_of("stock"), 1) << "new orders count against stock meanwhile";
  if (stage->has<ListOpen>()) open_listed();
  stage->give(ErpReplied{slow.reference, {ErpAnswer::linked, {41, "SO41"}, ""}});
  EXPECT_EQ(outcomes_recorded().at(0).reference, "R1");
  ready_listed({ready("R1"), ready("R2")});
  EXPECT_EQ(stage->take<EnterOrder>().reference, "R1") << "the tables list it only if it is to be tried again";
}

TEST_F(IntakeLaneTest, AnAnswerBetweenTwoRunsStartsTheNextOneAtOnce) {
  importing({ready("R1")});
  const auto slow = stage->take<EnterOrder>();
  stage->wait();
  finished();
  stage->give(ErpReplied{slow.reference, {ErpAnswer::linked, {41, "SO41"}, ""}});
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, OrdersLeftOverWhenTheTimeIsUpAreEnteredInARunRightBehind) {
  importing({ready("R1"), ready("R2")});
  stage->pass(seconds(3));
  erp(ErpAnswer::linked);
  outcomes_recorded();
  finished();
  EXPECT_TRUE(stage->has<BeginIntake>()) << stage->names();
}

TEST_F(IntakeLaneTest, AnOrderThatIsWithTheErpIsNotEnteredTwice) {
  importing({ready("R1")});
  stage->take<EnterOrder>();
  stage->wait();
  finished();
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_FALSE(stage->has<EnterOrder>());
}

// ---- when the portal fails -------------------------------------------------------------------------------------------

TEST(Stories, A18_AFailedPageLeavesTheWatermarkWhereItWas) {
  const auto parts = make_channel();
  Stage stage(std::make_unique<IntakeLane>(parts.channel));
  stage.row.portal_clock = kStart - minutes(1);
  stage.lease();
  stage.take<BeginIntake>();
  stage.give(Begun{1});
  stage.answer(reply(200, "R1 1", {{"next", "p2"}}));
  stage.take<StoreOrders>();
  stage.give(Stored{StoredPage{1, 1}});
  stage.answer(reply(500));
  stage.take<ListReady>();
  stage.give(ReadyListed{std::vector<ReadyOrder>{}});
  EXPECT_EQ(stage.take<FinishIntake>().window_end, Instant{});
  stage.give(Recorded{Result<void>{}});
  while (!stage.has<BeginIntake>()) {
    stage.wait();
    if (stage.has<Acquire>()) stage.renewed();
  }
  stage.take<BeginIntake>();
  stage.give(Begun{2});
  EXPECT_EQ(parts.connector->windows.back().from, parts.connector->windows.front().from);
}

TEST_F(IntakeLaneTest, APortalThatFailsIsReportedOnceAskedSeldomAndItsReturnIsTold) {
  begun();
  Instant asked{};
  for (int i = 0; i < 8; ++i) {
    asked = stage->now;
    stage->answer(no_reply("connect: connection refused"));
    EXPECT_EQ(stage->has<ReportError>(), i == 0);
    stage->forget();
    if (!stage->has<ListReady>()) stage->give(ReadyListed{std::vector<ReadyOrder>{}});
    stage->give(Recorded{Result<void>{}});
    stage->forget();
    begin();
  }
  EXPECT_GT(stage->now - asked, seconds(20));
  EXPECT_LE(stage->now - asked, seconds(61));
  empty_run();
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

TEST_F(IntakeLaneTest, A429HoldsTheCredentialAndTheErpsPartIsDoneMeanwhile) {
  begun();
  stage->answer(reply(429, "", {{"retry-after", "20"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), kStart + seconds(20));
  ready_listed({ready("R1")});
  erp(ErpAnswer::linked);
  outcomes_recorded();
  EXPECT_EQ(finished(), Instant{});
  stage->forget();
  while (!stage->has<BeginIntake>()) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_EQ(stage->now, kStart + seconds(20));
}

TEST_F(IntakeLaneTest, ACredentialBlockedByAnotherJobIsNotWaitedFor) {
  build();
  parts.channel->credential->block_until(kStart + minutes(10));
  stage->lease();
  begin();
  EXPECT_FALSE(stage->has<Request>());
  ready_listed({ready("R1")});
  erp(ErpAnswer::linked);
  outcomes_recorded();
  finished();
  EXPECT_FALSE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, ACredentialBlockedWhilePagesAreReadEndsThePulling) {
  begun();
  parts.channel->credential->block_until(kStart + minutes(10));
  stage->answer(reply(200, "R1 1", {{"next", "p2"}}));
  stored(0);
  EXPECT_FALSE(stage->has<Request>());
  ready_listed();
  EXPECT_EQ(finished(), Instant{});
}

TEST_F(IntakeLaneTest, AShortWaitForTheRateIsWaitedFor) {
  begun({.rate_per_second = 1});
  stage->answer(reply(200, "", {{"next", "p2"}}));
  EXPECT_FALSE(stage->has<Request>());
  stage->wait();
  EXPECT_EQ(stage->now, kStart + seconds(1));
  EXPECT_TRUE(stage->has<Request>());
}

TEST_F(IntakeLaneTest, A423DelaysTheRunOnly) {
  begun();
  stage->answer(reply(423, "", {{"retry-after", "20"}}));
  EXPECT_EQ(parts.channel->credential->blocked_until(), Instant{});
  EXPECT_FALSE(stage->has<ReportError>());
}

TEST_F(IntakeLaneTest, RefusedCredentialsPauseTheLane) {
  begun();
  stage->answer(reply(403));
  EXPECT_EQ(stage->take<PauseLane>().reason, "status 403");
  ready_listed();
  finished();
  stage->row.paused = true;
  for (int i = 0; i < 10; ++i) {
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
    EXPECT_FALSE(stage->has<BeginIntake>());
  }
  stage->give(Wake{});
  stage->row.paused = false;
  stage->renewed();
  EXPECT_TRUE(stage->has<BeginIntake>()) << "resumed by a person, who woke it";
}

// ---- when the tables fail ----------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, AFailureOfTheTablesEndsTheRunAndIsReportedOnce) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->give(Stored{Stage::failure<StoredPage>(Failure::unavailable)});
  EXPECT_EQ(stage->take<ReportError>().error, "database: connection lost");
  EXPECT_TRUE(stage->is_quiet());
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, EachCallOnTheTablesMayFail) {
  begun();
  stage->answer(reply(200));
  stage->take<ListOpen>();
  stage->give(OpenListed{Stage::failure<std::vector<std::string>>(Failure::unavailable)});
  begin();
  stage->answer(reply(200));
  open_listed();
  stage->take<ListReady>();
  stage->give(ReadyListed{Stage::failure<std::vector<ReadyOrder>>(Failure::conflict)});
  stage->wait();
  stage->take<BeginIntake>();
  stage->give(Begun{Stage::failure<std::int64_t>(Failure::unavailable)});
  stage->wait();
  EXPECT_TRUE(stage->has<BeginIntake>());
}

TEST_F(IntakeLaneTest, AnOutcomeThatCouldNotBeRecordedIsRecordedByTheNextRun) {
  importing({ready("R1")});
  erp(ErpAnswer::linked);
  stage->take<RecordOrders>();
  stage->give(Recorded{Stage::failure<void>(Failure::unavailable)});
  begin();
  stage->answer(reply(200));
  if (stage->has<ListOpen>()) open_listed();
  EXPECT_EQ(outcomes_recorded().at(0).reference, "R1");
}

TEST_F(IntakeLaneTest, AFencedWriteStopsTheDriving) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->give(Stored{Stage::failure<StoredPage>(Failure::fenced)});
  EXPECT_TRUE(stage->is_quiet()) << stage->names();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>());
}

TEST_F(IntakeLaneTest, ALeaseThatRanOutMakesAnswersWorthless) {
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->take<StoreOrders>();
  stage->pass(seconds(20));
  stage->give(Stored{StoredPage{1, 1}});
  EXPECT_FALSE(stage->has<WakeJob>());
  stage->renewed();
  EXPECT_TRUE(stage->has<BeginIntake>()) << "and the run begins anew";
}

TEST_F(IntakeLaneTest, AnotherHoldersLeaseEndsTheRun) {
  begun();
  stage->pass(seconds(5));
  stage->give(Tick{});
  stage->row.held = false;
  stage->renewed();
  stage->forget();
  stage->give(Replied{1, reply(200, "R1 1")});
  EXPECT_TRUE(stage->is_quiet());
}

TEST_F(IntakeLaneTest, ADatabaseThatIsAwayIsAskedAgainLater) {
  build();
  stage->give(Wake{});
  stage->take<Acquire>();
  stage->give(Leased{Stage::failure<LeaseAnswer>(Failure::unavailable)});
  stage->take<ReportError>();
  stage->wait();
  stage->renewed();
  EXPECT_FALSE(stage->has<BeginIntake>()) << "not ours";
}

TEST_F(IntakeLaneTest, TheLeaseIsRenewedWhileThePortalTakesItsTime) {
  begun();
  const auto request = stage->take<Request>();
  stage->wait();
  stage->take<Acquire>();
  stage->give(Replied{request.request, reply(200, "R1 1")});
  EXPECT_FALSE(stage->has<StoreOrders>()) << "one call on the tables at a time";
  stage->give(Leased{stage->row});
  EXPECT_TRUE(stage->has<StoreOrders>());
}

TEST_F(IntakeLaneTest, AnswersThatNobodyAskedForAreIgnored) {
  begun();
  stage->give(Replied{99, reply(200)});
  stage->give(Stored{StoredPage{}});
  stage->give(OpenListed{std::vector<std::string>{}});
  stage->give(ReadyListed{std::vector<ReadyOrder>{}});
  stage->give(Recorded{Result<void>{}});
  stage->give(Begun{9});
  stage->give(Leased{LeaseAnswer{}});
  stage->give(ErpReplied{"X", {}});
  stage->give(Ran{FeedRunReport{}});
  stage->give(Loaded{DueItems{}});
  EXPECT_EQ(stage->names(), "Request");
}

// ---- the end ------------------------------------------------------------------------------------------------------

TEST_F(IntakeLaneTest, StoppedWhileThePortalAnswersItClosesTheRunAndReleasesTheLease) {
  begun();
  const auto request = stage->take<Request>();
  stage->give(Stop{});
  EXPECT_EQ(finished(), Instant{});
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->has<Release>());
  stage->give(Replied{request.request, reply(200, "R1 1")});
  EXPECT_FALSE(stage->has<StoreOrders>());
}

TEST_F(IntakeLaneTest, StoppingRecordsWhatTheErpStillAnswersAndEntersNothingNew) {
  importing({ready("R1"), ready("R2")});
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  erp(ErpAnswer::linked);
  EXPECT_FALSE(stage->has<EnterOrder>());
  EXPECT_EQ(outcomes_recorded().size(), 1U);
  finished();
  EXPECT_TRUE(stage->stopped);
}

TEST_F(IntakeLaneTest, StoppingDuringACallOnTheTablesWaitsForItsAnswer) {
  build();
  stage->lease();
  stage->give(Stop{});
  EXPECT_FALSE(stage->stopped);
  stage->take<BeginIntake>();
  stage->give(Begun{1});
  EXPECT_TRUE(stage->stopped);
  begun();
  stage->answer(reply(200, "R1 1"));
  stage->give(Stop{});
  stored(1);
  EXPECT_TRUE(stage->has<FinishIntake>());
  begun();
  stage->answer(reply(200));
  stage->give(Stop{});
  open_listed({"1"});
  EXPECT_TRUE(stage->has<FinishIntake>());
  begun();
  stage->answer(reply(200));
  open_listed();
  stage->give(Stop{});
  ready_listed({ready("R1")});
  EXPECT_FALSE(stage->has<EnterOrder>());
}

TEST_F(IntakeLaneTest, StoppedWithoutALeaseItIsDoneAtOnce) {
  build();
  stage->give(Stop{});
  EXPECT_TRUE(stage->stopped);
  EXPECT_TRUE(stage->is_quiet());
}

}  // namespace
}  // namespace ferry::engine
