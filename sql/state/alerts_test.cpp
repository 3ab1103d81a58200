#include "plugin/engine/alerts.h"

#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::AlertDecision;
using engine::AlertNews;
using engine::RunMode;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::must;

class Alerts : public testing::StoreTest {
 protected:
  engine::JobFigures stock(Duration window = minutes(30)) {
    for (auto& job : must(store_.figures(1, window)).jobs) {
      if (job.job == "stock") return job;
    }
    throw std::runtime_error("no such job");
  }
  void watch() { must(store_.take_turns(seconds(30), minutes(5))); }
  AlertDecision raise(const std::string& text = "something is wrong") {
    return {AlertNews::raised, 0, "stock", "no_success", text, {}};
  }
  AlertDecision about_lasting(AlertNews news) {
    const auto lasting = must(store_.lasting_alerts(1)).at(0);
    return {news, lasting.id, lasting.job, lasting.rule, "still", lasting.news_at};
  }
  std::size_t record(OdbcStore& store, const AlertDecision& decision) {
    return must(store.record_alerts(1, std::span(&decision, 1))).size();
  }
};

TEST_F(Alerts, EachChannelIsLookedAtByOneProcessPerTurn) {
  add_channel(2);
  EXPECT_THAT(must(store_.take_turns(seconds(30), minutes(5))), ElementsAre(1, 2));
  EXPECT_THAT(must(other_.take_turns(seconds(30), minutes(5))), IsEmpty());
  sql("UPDATE ferry.watch SET looked_at = looked_at - interval '31 s' WHERE channel = 2");
  EXPECT_THAT(must(other_.take_turns(seconds(30), minutes(5))), ElementsAre(2));
  EXPECT_THAT(must(store_.take_turns(seconds(30), minutes(5))), IsEmpty());
}

TEST_F(Alerts, TheWatchBeginsAfreshAfterAGap) {
  watch();
  sql("UPDATE ferry.watch SET looked_at = now() - interval '4 min', since = now() - interval '1 day'");
  watch();
  EXPECT_EQ(value("SELECT since < now() - interval '23 hours' FROM ferry.watch"), "1");
  sql("UPDATE ferry.watch SET looked_at = now() - interval '6 min'");
  watch();
  EXPECT_EQ(value("SELECT since > now() - interval '1 min' FROM ferry.watch"), "1");
}

TEST_F(Alerts, FiguresOfAFeed) {
  product("A", 5);
  product("B", 6);
  product("C", 7);
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  const auto items = due(held);
  auto sent = exchange({settled(items[0], Verdict::delivered, PublicationState::settled),
                        settled(items[1], Verdict::rejected, PublicationState::dead, "no")});
  sent.finished_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  must(store_.settle(held, Feed::stock, std::span(&sent, 1)));
  watch();
  const auto job = stock();
  EXPECT_EQ(job.waiting, 1);
  EXPECT_EQ(job.successful, 1);
  EXPECT_EQ(job.failed, 1);
  EXPECT_TRUE(job.is_active);
  EXPECT_FALSE(job.is_paused);
  EXPECT_GT(job.oldest_waiting, Instant{});
  EXPECT_GT(job.last_success_at, Instant{});
  EXPECT_GT(job.watched_since, Instant{});
  ASSERT_THAT(job.backlog, SizeIs(1));
  EXPECT_EQ(job.backlog[0].waiting, 1);
  const auto figures = must(store_.figures(1, minutes(30)));
  EXPECT_EQ(figures.name, "Shop 1");
  EXPECT_GE(figures.now, job.backlog[0].at);
}

TEST_F(Alerts, FiguresTellWhichOrdersNobodyCanImport) {
  const auto intake = lease(1, "intake");
  const Instant since = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) - std::chrono::hours(1);
  must(store_.finish_intake(intake, must(store_.begin_intake(intake)), since, {since, "an order without code"}));
  watch();
  const auto figures = must(store_.figures(1, minutes(30)));
  const auto job = std::ranges::find(figures.jobs, std::string("intake"), &engine::JobFigures::job);
  ASSERT_NE(job, figures.jobs.end());
  EXPECT_EQ(job->unread, "an order without code");
  EXPECT_EQ(job->unread_since, since);
}

TEST_F(Alerts, TheBacklogIsKeptForTheWindowOnly) {
  lease(1, "stock");
  watch();
  stock();
  stock();
  EXPECT_THAT(stock().backlog, SizeIs(3));
  sql("UPDATE ferry.backlog SET at = at - interval '1 hour'");
  EXPECT_THAT(stock().backlog, SizeIs(1));
  EXPECT_EQ(value("SELECT count(*) FROM ferry.backlog"), "1");
}

TEST_F(Alerts, FiguresTellSinceWhenAJobIsPaused) {
  lease(1, "stock");
  watch();
  must(store_.pause({1, "stock"}, "first"));
  const auto paused_at = stock().paused_at;
  EXPECT_GT(paused_at, Instant{});
  must(store_.pause({1, "stock"}, "again"));
  EXPECT_EQ(stock().paused_at, paused_at) << "it rests since the first time";
  EXPECT_EQ(stock().pause_reason, "again");
  must(store_.resume({1, "stock"}));
  must(store_.pause({1, "stock"}, "anew"));
  EXPECT_GT(stock().paused_at, paused_at);
}

TEST_F(Alerts, FiguresOfTheIntakeCountOrders) {
  lease(1, "intake");
  watch();
  sql("INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, document, "
      "fingerprint, state, reason, next_attempt_at, erp_id, first_seen_at, last_seen_at) SELECT 1, s, s, now(), 'x', true, "
      "false, '{}', 1, s, 'r', CASE s WHEN 'ready' THEN now() END, CASE s WHEN 'linked' THEN 5 END, now(), now() "
      "FROM unnest(ARRAY['ready', 'review', 'linked', 'waiting']) AS s");
  const auto job = must(store_.figures(1, minutes(30))).jobs.at(0);
  EXPECT_EQ(job.job, "intake");
  EXPECT_EQ(job.waiting, 1);
  EXPECT_EQ(job.successful, 1);
  EXPECT_EQ(job.failed, 1);
  EXPECT_GT(job.oldest_waiting, Instant{});
}

TEST_F(Alerts, TwoProcessesRaiseRepeatAndResolveOnce) {
  EXPECT_EQ(record(store_, raise()), 1U);
  EXPECT_EQ(record(other_, raise()), 0U) << "it lasts already";
  const auto repeat = about_lasting(AlertNews::repeated);
  EXPECT_EQ(record(store_, repeat), 1U);
  EXPECT_EQ(record(other_, repeat), 0U);
  const auto resolve = about_lasting(AlertNews::resolved);
  EXPECT_EQ(record(store_, resolve), 1U);
  EXPECT_EQ(record(other_, resolve), 0U);
  EXPECT_THAT(must(store_.lasting_alerts(1)), IsEmpty());
  EXPECT_EQ(record(other_, raise()), 1U) << "a new one";
  EXPECT_EQ(value("SELECT count(*) FROM ferry.alert"), "2");
}

TEST_F(Alerts, EachPieceOfNewsReachesOneHostOnce) {
  record(store_, raise("mend it"));
  const auto called = must(store_.take_alert_calls());
  ASSERT_THAT(called, SizeIs(1));
  EXPECT_THAT(called[0].json, HasSubstr(R"("state" : "raised", "text" : "mend it")"));
  EXPECT_THAT(called[0].json, HasSubstr(R"("channel_name" : "Shop 1")"));
  EXPECT_THAT(must(other_.take_alert_calls()), IsEmpty());
  record(store_, about_lasting(AlertNews::resolved));
  EXPECT_THAT(must(other_.take_alert_calls()).at(0).json, HasSubstr(R"("state" : "resolved")"));
}

TEST_F(Alerts, AWebhookThatFailsIsTriedAgainLaterAndLater) {
  record(store_, raise());
  const auto first = must(store_.take_alert_posts(1));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_THAT(must(other_.take_alert_posts(1)), IsEmpty()) << "the other process does not post it too";
  EXPECT_EQ(value("SELECT post_after > now() + interval '50 s' FROM ferry.alert"), "1");
  sql("UPDATE ferry.alert SET post_after = now()");
  EXPECT_EQ(must(other_.take_alert_posts(1)).at(0).news_at, first[0].news_at);
  EXPECT_EQ(value("SELECT post_after > now() + interval '110 s' FROM ferry.alert"), "1");
  must(store_.alert_posted(first[0]));
  sql("UPDATE ferry.alert SET post_after = now()");
  EXPECT_THAT(must(store_.take_alert_posts(1)), IsEmpty()) << "taken";
  record(store_, about_lasting(AlertNews::resolved));
  EXPECT_THAT(must(store_.take_alert_posts(1)), SizeIs(1)) << "newer news goes at once";
}

TEST_F(Alerts, WhatAPersonAcknowledgedStaysUntilItIsOver) {
  record(store_, raise());
  const std::int64_t other[] = {999};
  EXPECT_EQ(must(store_.acknowledge(1, other, "ada")), 0);
  EXPECT_EQ(must(store_.acknowledge(1, {}, "ada")), 1);
  EXPECT_TRUE(must(store_.lasting_alerts(1)).at(0).is_acknowledged);
  EXPECT_THAT(must(store_.alerts_json(0, false, 10)), HasSubstr(R"("acknowledged_by" : "ada")"));
  EXPECT_THAT(must(store_.status_json(1, "one")), HasSubstr(R"("rule" : "no_success")"));
  record(store_, about_lasting(AlertNews::resolved));
  EXPECT_EQ(must(store_.alerts_json(0, false, 10)), "[]");
  EXPECT_THAT(must(store_.alerts_json(1, true, 10)), HasSubstr("resolved"));
  EXPECT_THAT(must(store_.status_json(1, "one")), HasSubstr(R"("alerts" : [])"));
}

TEST_F(Alerts, OldOnesArePurged) {
  record(store_, raise());
  record(store_, about_lasting(AlertNews::resolved));
  sql("UPDATE ferry.alert SET resolved_at = now() - interval '40 days'");
  EXPECT_EQ(must(store_.purge(30)), 1);
  EXPECT_EQ(value("SELECT count(*) FROM ferry.alert"), "0");
}

TEST_F(Alerts, ThePortalsHealthIsShown) {
  EXPECT_THAT(must(store_.status_json(1, "one")), HasSubstr(R"("portal" : {"state" : "closed")"));
  const Instant retry = Instant(seconds(2'000'000'000));
  must(store_.report_breaker(1, {engine::BreakerState::open, retry, "status 502", true}));
  auto told = must(store_.status_json(1, "one"));
  for (const auto* part : {R"("state" : "open")", R"("reason" : "status 502")", R"("retry_at" : "2033-05-18T03:33:20)"}) {
    EXPECT_THAT(told, HasSubstr(part));
  }
  const auto since = value("SELECT since::text FROM ferry.breaker");
  must(store_.report_breaker(1, {engine::BreakerState::open, retry + minutes(1), "status 503", false}));
  EXPECT_EQ(value("SELECT since::text FROM ferry.breaker"), since);
  must(store_.report_breaker(1, {engine::BreakerState::closed, {}, "", true}));
  told = must(store_.status_json(1, "one"));
  EXPECT_THAT(told, HasSubstr(R"("portal" : {"state" : "closed")"));
  EXPECT_THAT(told, Not(HasSubstr("status 503")));
  must(store_.report_breaker(99, {engine::BreakerState::closed, {}, "", true}));  // deleted meanwhile
}

}  // namespace
}  // namespace ferry::sql
