// What only the ERP can evaluate is asked for before a run compares.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "plugin/engine/feed_lane_fixture.h"

namespace ferry::engine::testing {
namespace {

using std::chrono::hours;

class FeedLaneEvaluation : public FeedLaneTest {
 protected:
  // The run under way names so many values that only the ERP can evaluate.
  RunFeed asks_for(std::size_t count, const std::string& round = "r1") {
    auto run = stage->take<RunFeed>();
    FeedRunReport report;
    report.mode = run.run.mode;
    report.round = round;
    for (std::size_t n = 1; n <= count; ++n) report.questions.push_back({static_cast<std::int64_t>(n), "x", "{}"});
    stage->give(Ran{std::move(report)});
    return run;
  }
  void answer(const Evaluate& asked) {
    ErpReply reply{ErpAnswer::evaluated, {}, "", {}};
    for (const ErpQuestion& question : asked.questions) reply.evaluations.push_back({question.key, question.about, "5", ""});
    stage->give(Evaluated{asked.request, std::move(reply)});
  }
  void refuse(const Evaluate& asked, ErpAnswer how, std::string reason = "") {
    stage->give(Evaluated{asked.request, {how, {}, std::move(reason)}});
  }
  // The run under way, taken already, finds nothing new, and nothing is due.
  void found_nothing() {
    stage->give(Ran{FeedRunReport{7, RunMode::hints, {1, 0, 1, 0, 0, 0}, {}, ""}});
    stage->loaded({});
  }
  static constexpr std::size_t kSome = Evaluation::kMostAsked + 2;  // two portions
  // Until the time for the answer that is waited for is up.
  void time_out() {
    const Instant end = stage->now + Evaluation::kLongestWait;
    while (stage->now < end) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
    }
  }
  // The run as it goes on when everything was answered but what holds a bad key, with which `fail` deals.
  RunFeed narrowed(const std::set<std::int64_t>& bad, const std::function<void(const Evaluate&)>& fail) {
    while (stage->has<Evaluate>()) {
      const auto asked = stage->take<Evaluate>();
      const bool is_bad = std::ranges::any_of(asked.questions, [&](const auto& question) { return bad.contains(question.key); });
      is_bad ? fail(asked) : answer(asked);
    }
    return stage->take<RunFeed>();
  }
  static std::map<std::int64_t, std::string> blamed(const RunFeed& run) {
    std::map<std::int64_t, std::string> found;
    for (const auto& evaluation : run.run.evaluations) {
      if (!evaluation.error.empty()) found[evaluation.key] = evaluation.error;
    }
    return found;
  }
  // A woken lane whose run asks for one value.
  Evaluate asked_for_one() {
    settle_in();
    wake();
    asks_for(1);
    return stage->take<Evaluate>();
  }
};

TEST_F(FeedLaneEvaluation, TheRunIsRepeatedWithTheAnswers) {
  const Evaluate asked = asked_for_one();
  EXPECT_FALSE(stage->has<RunFeed>()) << "not before there is an answer";
  answer(asked);
  const auto again = stage->take<RunFeed>();
  EXPECT_EQ(again.run.mode, RunMode::hints);
  EXPECT_TRUE(again.run.asks_erp);
  EXPECT_EQ(again.run.round, "r1");
  ASSERT_EQ(again.run.evaluations.size(), 1U);
  EXPECT_EQ(again.run.evaluations[0].value, "5");
  stage->give(Ran{FeedRunReport{7, RunMode::hints, {1, 1, 0, 0, 0, 1}, {}, ""}});
  EXPECT_TRUE(stage->has<LoadDue>());
}

TEST_F(FeedLaneEvaluation, TheNextRunBeginsAnew) {
  answer(asked_for_one());
  stage->take<RunFeed>();
  found_nothing();
  wake();
  const auto next = stage->take<RunFeed>();
  EXPECT_EQ(next.run.round, "");
  EXPECT_TRUE(next.run.evaluations.empty());
}

TEST_F(FeedLaneEvaluation, ARunWithoutQuestionsAsksNobody) {
  settle_in();
  wake();
  EXPECT_TRUE(stage->take<RunFeed>().run.asks_erp);
  stage->give(Ran{FeedRunReport{7, RunMode::hints, {1, 0, 1, 0, 0, 0}, {}, ""}});
  EXPECT_FALSE(stage->has<Evaluate>());
  EXPECT_FALSE(stage->has<RunFeed>());
}

TEST_F(FeedLaneEvaluation, ItIsAskedInPortions) {
  settle_in();
  wake();
  asks_for(Evaluation::kMostAsked + 1);
  const auto first = stage->take<Evaluate>();
  EXPECT_EQ(first.questions.size(), Evaluation::kMostAsked);
  EXPECT_FALSE(stage->has<Evaluate>()) << "one at a time";
  answer(first);
  EXPECT_FALSE(stage->has<RunFeed>());
  const auto second = stage->take<Evaluate>();
  EXPECT_EQ(second.questions.size(), 1U);
  answer(second);
  EXPECT_EQ(stage->take<RunFeed>().run.evaluations.size(), Evaluation::kMostAsked + 1);
}

TEST_F(FeedLaneEvaluation, WhatTheSecondLookFindsIsAskedInTheSameRound) {
  answer(asked_for_one());
  asks_for(1, "r1");
  answer(stage->take<Evaluate>());
  EXPECT_EQ(stage->take<RunFeed>().run.round, "r1");
}

TEST_F(FeedLaneEvaluation, TheLeaseIsKeptAndThingsAreSentMeanwhile) {
  settle_in();
  wake();
  asks_for(1);
  const auto asked = stage->take<Evaluate>();
  stage->wait();
  EXPECT_TRUE(stage->has<Acquire>()) << stage->names();
  stage->renewed();
  EXPECT_FALSE(stage->has<RunFeed>());
  EXPECT_GT(stage->wake_at, stage->now) << "no busy loop";
  answer(asked);
  EXPECT_TRUE(stage->has<RunFeed>());
}

TEST_F(FeedLaneEvaluation, AHostWithoutPricesIsNotAskedAgainSoon) {
  refuse(asked_for_one(), ErpAnswer::unsupported);
  const auto without = stage->take<RunFeed>();
  EXPECT_FALSE(without.run.asks_erp);
  EXPECT_EQ(without.run.round, "r1");
  found_nothing();
  EXPECT_FALSE(stage->has<ReportError>()) << "that is no trouble";
  wake();
  EXPECT_FALSE(stage->take<RunFeed>().run.asks_erp);
}

TEST_F(FeedLaneEvaluation, AFailingErpIsToldAndTheRunGoesOnWithWhatThereIs) {
  settle_in();
  wake();
  asks_for(Evaluation::kMostAsked + 1);
  answer(stage->take<Evaluate>());
  refuse(stage->take<Evaluate>(), ErpAnswer::retry, "the connection broke");
  const auto without = stage->take<RunFeed>();
  EXPECT_FALSE(without.run.asks_erp);
  EXPECT_EQ(without.run.evaluations.size(), Evaluation::kMostAsked);
  EXPECT_NE(stage->take<ReportError>().error.find("the connection broke"), std::string::npos);
  found_nothing();
  stage->forget();
  // and later it is asked again, and the error is over
  stage->pass(Evaluation::kHoldOff);
  wake();
  if (stage->has<Acquire>()) stage->renewed();
  EXPECT_TRUE(stage->take<RunFeed>().run.asks_erp);
  stage->give(Ran{FeedRunReport{8, RunMode::watermark, {1, 0, 1, 0, 0, 0}, {}, ""}});
  EXPECT_EQ(stage->take<ReportError>().error, "");
}

// ---- one price that the ERP cannot give ----

class OneBadPrice : public FeedLaneEvaluation, public ::testing::WithParamInterface<std::int64_t> {};

TEST_P(OneBadPrice, StopsOnlyItself) {
  settle_in();
  wake();
  asks_for(kSome);
  const auto run = narrowed({GetParam()}, [&](const Evaluate& asked) { refuse(asked, ErpAnswer::rejected, "InternalError"); });
  EXPECT_TRUE(run.run.asks_erp) << "nothing was given up";
  EXPECT_EQ(blamed(run), (std::map<std::int64_t, std::string>{{GetParam(), "InternalError"}}));
  EXPECT_EQ(run.run.evaluations.size(), kSome);
  EXPECT_FALSE(stage->has<ReportError>());
}

TEST_P(OneBadPrice, OfWhichTheErpDoesNotComeBackStopsOnlyItself) {
  settle_in();
  wake();
  asks_for(kSome);
  const Instant began = stage->now;
  const auto run = narrowed({GetParam()}, [&](const Evaluate&) { time_out(); });
  EXPECT_TRUE(run.run.asks_erp);
  const auto bad = blamed(run);
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_EQ(bad.begin()->first, GetParam());
  EXPECT_EQ(bad.begin()->second, "it does not answer within 2 minutes");
  EXPECT_EQ(run.run.evaluations.size(), kSome);
  EXPECT_LE(stage->now - began, Evaluation::kLongestSearch);
  EXPECT_FALSE(stage->has<ReportError>());
}

INSTANTIATE_TEST_SUITE_P(Wherever, OneBadPrice, ::testing::Values(1, 250, 500, 501, 502));

TEST_F(FeedLaneEvaluation, SeveralBadPricesAreEachFound) {
  settle_in();
  wake();
  asks_for(kSome);
  const std::set<std::int64_t> bad{1, 2, 3, 4, 5, 6, 7, 8, 77, 440, 501};
  const auto run = narrowed(bad, [&](const Evaluate& asked) { refuse(asked, ErpAnswer::rejected, "no"); });
  EXPECT_TRUE(run.run.asks_erp);
  EXPECT_EQ(blamed(run).size(), bad.size());
  EXPECT_EQ(run.run.evaluations.size(), kSome);
}

// An order that is entered, a database that restarts: not the fault of any price.
TEST_F(FeedLaneEvaluation, AnErpThatAnswersNothingIsIllAndNoPriceIsToBlame) {
  settle_in();
  wake();
  asks_for(kSome);
  std::size_t asked = 0;
  while (stage->has<Evaluate>()) {
    ++asked;
    refuse(stage->take<Evaluate>(), ErpAnswer::rejected, "no user");
  }
  EXPECT_EQ(asked, Evaluation::kMostInVain);
  const auto without = stage->take<RunFeed>();
  EXPECT_FALSE(without.run.asks_erp);
  EXPECT_TRUE(without.run.evaluations.empty());
  EXPECT_NE(stage->take<ReportError>().error.find("gave none: no user"), std::string::npos);
}

TEST_F(FeedLaneEvaluation, AnErpThatHangsHoldsUpARunForABoundedTimeAndIsLeftAloneForAsLong) {
  settle_in();
  wake();
  asks_for(kSome);
  const Instant began = stage->now;
  while (stage->has<Evaluate>()) {
    stage->take<Evaluate>();
    time_out();
  }
  EXPECT_LE(stage->now - began, Evaluation::kLongestSearch + 2 * Evaluation::kLongestWait);
  const auto without = stage->take<RunFeed>();
  EXPECT_FALSE(without.run.asks_erp);
  EXPECT_TRUE(without.run.evaluations.empty());
  const Instant left_alone_until = stage->now + Evaluation::kLongestSearch;
  bool asks = false;
  for (stage->give(Ran{FeedRunReport{7, RunMode::hints, {1, 0, 1, 0, 0, 0}, {}, ""}}); !asks;) {
    ASSERT_LE(stage->now, left_alone_until + std::chrono::minutes(2)) << "it is asked again in the end";
    if (stage->has<Acquire>()) stage->renewed();
    if (stage->has<LoadDue>()) stage->loaded({});
    if (stage->has<RunFeed>()) {
      asks = stage->take<RunFeed>().run.asks_erp;
      EXPECT_EQ(asks, stage->now >= left_alone_until);
      stage->give(Ran{FeedRunReport{8, RunMode::watermark, {1, 0, 1, 0, 0, 0}, {}, ""}});
    } else if (!stage->has<Acquire>() && !stage->has<LoadDue>()) {
      stage->wait();
    }
  }
}

// The next run goes on with the rest: an error is no open question.
TEST_F(FeedLaneEvaluation, WhatIsFoundBeforeTheTimeIsUpStaysFound) {
  settle_in();
  wake();
  asks_for(kSome);
  std::set<std::int64_t> bad;
  for (std::int64_t key = 1; key < static_cast<std::int64_t>(kSome); key += 2) bad.insert(key);
  const auto run = narrowed(bad, [&](const Evaluate&) { time_out(); });
  EXPECT_FALSE(run.run.asks_erp);
  EXPECT_GE(blamed(run).size(), 1U);
  for (const auto& [key, error] : blamed(run)) EXPECT_TRUE(bad.contains(key)) << key;
  EXPECT_NE(stage->take<ReportError>().error.find("gave not all"), std::string::npos);
}

TEST_F(FeedLaneEvaluation, AnAnswerThatDoesNotComeIsNotWaitedForForever) {
  const Evaluate asked = asked_for_one();
  const Instant end = stage->now + Evaluation::kLongestWait;
  while (stage->now < end) {
    ASSERT_FALSE(stage->has<RunFeed>());
    stage->wait();
    if (stage->has<Acquire>()) stage->renewed();
  }
  EXPECT_EQ(stage->now, end);
  EXPECT_FALSE(stage->take<RunFeed>().run.asks_erp);
  EXPECT_NE(stage->take<ReportError>().error.find("it does not answer"), std::string::npos);
  stage->give(Ran{FeedRunReport{7, RunMode::hints, {1, 0, 1, 0, 0, 0}, {}, ""}});
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark) << "the next poll is long due";
  answer(asked);
  EXPECT_FALSE(stage->has<RunFeed>()) << "too late";
}

TEST_F(FeedLaneEvaluation, ALateAnswerToARunThatFailedIsIgnored) {
  const Evaluate asked = asked_for_one();
  answer(asked);
  fail_run(Failure::unavailable);
  stage->forget();
  answer(asked);
  EXPECT_FALSE(stage->has<RunFeed>());
  stage->wait();
  const auto anew = stage->take<RunFeed>();
  EXPECT_EQ(anew.run.mode, RunMode::watermark) << "whatever started it must be found";
  EXPECT_EQ(anew.run.round, "");
}

TEST_F(FeedLaneEvaluation, StopDoesNotWaitForTheErp) {
  const Evaluate asked = asked_for_one();
  stage->give(Stop{});
  EXPECT_TRUE(stage->has<Release>());
  EXPECT_TRUE(stage->stopped);
  answer(asked);
  EXPECT_FALSE(stage->has<RunFeed>());
}

TEST_F(FeedLaneEvaluation, WhoLosesTheLaneForgetsWhatWasAsked) {
  const Evaluate asked = asked_for_one();
  stage->pass(hours(1));
  stage->give(Tick{});
  answer(asked);
  EXPECT_FALSE(stage->has<RunFeed>());
  stage->lease();
  const auto anew = stage->take<RunFeed>();
  EXPECT_EQ(anew.run.round, "");
  EXPECT_TRUE(anew.run.evaluations.empty());
}

TEST_F(FeedLaneEvaluation, APausedLaneDropsTheRunAndTakesItUpAgain) {
  const Evaluate asked = asked_for_one();
  stage->row.paused = true;
  wake();
  while (!stage->has<Acquire>()) stage->wait();
  stage->renewed();
  answer(asked);
  EXPECT_FALSE(stage->has<RunFeed>());
  stage->row.paused = false;
  wake();
  while (!stage->has<Acquire>()) stage->wait();
  stage->renewed();
  EXPECT_EQ(stage->take<RunFeed>().run.mode, RunMode::watermark);
}

}  // namespace
}  // namespace ferry::engine::testing
