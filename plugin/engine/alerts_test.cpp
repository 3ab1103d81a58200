#include "plugin/engine/alerts.h"

#include <gmock/gmock.h>

#include <set>

namespace ferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A channel with one job, looked at every minute; what was decided is kept as the table would.
class AlertsTest : public ::testing::Test {
 protected:
  AlertsTest() {
    figures.channel = 7;
    figures.name = "Shop";
    figures.now = Instant(seconds(1'700'000'000));
    JobFigures one;
    one.job = "stock";
    one.watched_since = figures.now - hours(1000);
    one.last_success_at = figures.now;
    figures.jobs = {one};
    settings.poll_interval = seconds(30);
  }
  JobFigures& job() { return figures.jobs.front(); }

  std::vector<AlertDecision> look() {
    auto decisions = judge(figures, jobs, settings, lasting);
    for (const AlertDecision& decision : decisions) {
      if (decision.news == AlertNews::raised) {
        lasting.push_back({++last_id, decision.job, decision.rule, decision.text, figures.now, false});
      } else if (decision.news == AlertNews::repeated) {
        for (auto& alert : lasting) {
          if (alert.id == decision.id) alert.news_at = figures.now;
        }
      } else {
        std::erase_if(lasting, [&](const auto& alert) { return alert.id == decision.id; });
      }
    }
    return decisions;
  }
  // A minute later, with so many waiting.
  std::vector<AlertDecision> minute(std::int64_t waiting) {
    figures.now += minutes(1);
    job().last_success_at = figures.now;
    job().oldest_waiting = figures.now;
    job().waiting = waiting;
    job().backlog.push_back({figures.now, waiting});
    std::erase_if(job().backlog, [&](const auto& sample) { return figures.now - sample.at > settings.window; });
    return look();
  }
  // "raised errors", or nothing
  static std::string said(const std::vector<AlertDecision>& decisions) {
    std::string text;
    for (const auto& decision : decisions) {
      text += (text.empty() ? "" : ", ") + std::string(name_of(decision.news)) + " " + decision.rule;
    }
    return text;
  }
  // A job with work that nothing gets through.
  void stuck() {
    job().waiting = 3;
    job().oldest_waiting = figures.now;
  }

  ChannelFigures figures;
  AlertSettings settings;
  std::vector<std::string> jobs = {"stock", "intake"};
  std::vector<LastingAlert> lasting;
  std::int64_t last_id = 0;
};

TEST_F(AlertsTest, NothingIsSaidWhileAllIsWell) {
  for (int i = 0; i < 600; ++i) EXPECT_THAT(minute(i % 7), IsEmpty());
}

// ---- backlog --------------------------------------------------------------------------------------------------------

TEST(Stories, F8_ABacklogThatGrowsFasterThanItDrainsIsAlertedEarly) {
  // 260 an hour more than go
  ChannelFigures figures{7, "Shop", Instant(seconds(1'700'000'000)), {JobFigures{}}};
  auto& job = figures.jobs.front();
  job.job = "stock";
  job.watched_since = figures.now;
  const std::vector<std::string> jobs = {"stock"};
  std::int64_t found_at = 0;
  for (std::int64_t i = 1; i <= 60 * 24 && found_at == 0; ++i) {
    figures.now += minutes(1);
    job.last_success_at = job.oldest_waiting = figures.now;
    job.waiting = 260 * i / 60;
    job.backlog.push_back({figures.now, job.waiting});
    std::erase_if(job.backlog, [&](const auto& sample) { return figures.now - sample.at > minutes(30); });
    const auto decisions = judge(figures, jobs, {}, {});
    if (decisions.empty()) continue;
    EXPECT_EQ(decisions[0].rule, "backlog_grows");
    EXPECT_THAT(decisions[0].text, HasSubstr("channel 7 (Shop) stock: "));
    EXPECT_THAT(decisions[0].text, HasSubstr("will not drain"));
    found_at = job.waiting;
  }
  EXPECT_GE(found_at, 100);
  EXPECT_LE(found_at, 150) << "not at 15,066";
}

TEST_F(AlertsTest, ABulkChangeThatDrainsIsNoAlert) {
  for (int i = 0; i < 40; ++i) minute(0);
  for (std::int64_t waiting = 50'000; waiting > 0; waiting -= 400) EXPECT_EQ(said(minute(waiting)), "");
}

TEST_F(AlertsTest, ABacklogThatComesAndGoesIsNoAlert) {
  for (int i = 0; i < 300; ++i) EXPECT_EQ(said(minute(i % 10 * 200)), "");
}

TEST_F(AlertsTest, AGrowingBacklogIsOverWhenItShrinksOrIsSmall) {
  std::int64_t waiting = 0;
  std::string heard;
  for (int i = 0; i < 60; ++i) heard += said(minute(waiting += 20));
  EXPECT_EQ(heard, "raised backlog_grows");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(said(minute(waiting)), "") << "it stands still: not over";
  heard.clear();
  for (int i = 0; i < 60; ++i) heard += said(minute(waiting -= 15));
  EXPECT_EQ(heard, "resolved backlog_grows");
}

TEST_F(AlertsTest, AWindowThatIsNotFullSaysNothing) {
  for (int i = 1; i < 15; ++i) EXPECT_EQ(said(minute(1000 * i)), "");
}

TEST_F(AlertsTest, ZeroSwitchesARuleOff) {
  settings = {settings.window, 0, 0, Duration(0), Duration(0), Duration(0), settings.repeat, settings.poll_interval};
  job().failed = 1000;
  job().is_paused = true;
  for (int i = 0; i < 100; ++i) {
    figures.now += hours(1);
    job().waiting = 1000 * i;
    job().backlog.push_back({figures.now, job().waiting});
    EXPECT_EQ(said(look()), "");
    job().is_paused = i % 2 == 0;
  }
}

// ---- errors ---------------------------------------------------------------------------------------------------------

TEST_F(AlertsTest, TheFailedShareOfWhatWasAnswered) {
  job().successful = 3;
  job().failed = 16;
  EXPECT_EQ(said(look()), "") << "19 answers say nothing of a share";
  job().successful = 81;
  job().failed = 19;
  EXPECT_EQ(said(look()), "");
  job().failed = 21;
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised errors");
  EXPECT_THAT(raised[0].text, HasSubstr("21 of 102 failed since 2023-11-14T21:43:20"));
  EXPECT_THAT(raised[0].text, HasSubstr("mend the cause, then replay"));
  job().failed = 12;
  EXPECT_EQ(said(look()), "") << "it does not flutter around the limit";
  job().failed = 5;
  EXPECT_EQ(said(look()), "resolved errors");
}

// ---- times ----------------------------------------------------------------------------------------------------------

TEST_F(AlertsTest, NoSuccessIsTimedFromWhenThereWasWork) {
  settings.oldest_unsent = Duration(0);
  job().last_success_at = figures.now - minutes(50);
  stuck();
  EXPECT_EQ(said(look()), "") << "a night without work is no alert the moment work comes";
  figures.now += minutes(59);
  EXPECT_EQ(said(look()), "");
  figures.now += minutes(1);
  job().last_error = "status 502";
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised no_success");
  EXPECT_THAT(raised[0].text, HasSubstr("last error: status 502"));
  EXPECT_THAT(raised[0].text, HasSubstr("3 wait"));
  job().last_success_at = figures.now;
  EXPECT_EQ(said(look()), "resolved no_success");
}

TEST_F(AlertsTest, AJobThatCannotEvenCompareHasNoSuccessEither) {
  figures.now += minutes(61);
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised no_success");
  EXPECT_THAT(raised[0].text, HasSubstr("see whether a server process drives the job"));
}

TEST_F(AlertsTest, AJobThatLooksOnceADayIsNotLateAfterAnHour) {
  settings.poll_interval = hours(24);
  figures.now += hours(47);
  EXPECT_EQ(said(look()), "");
  figures.now += hours(1);
  EXPECT_EQ(said(look()), "raised no_success");
}

TEST_F(AlertsTest, TheOldestUnsent) {
  stuck();
  job().oldest_waiting = figures.now - minutes(119);
  EXPECT_EQ(said(look()), "");
  figures.now += minutes(1);
  job().last_success_at = figures.now;
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised oldest_unsent");
  EXPECT_THAT(raised[0].text, HasSubstr("the oldest of 3 waits since 2023-11-14T20:14:20"));
  job().last_error = "423";
  job().waiting = 0;
  EXPECT_EQ(said(look()), "resolved oldest_unsent");
}

TEST_F(AlertsTest, AfterAWeekendWithoutAServerTheJobsGetTheirTimeFirst) {
  stuck();
  job().oldest_waiting = job().last_success_at = figures.now - hours(60);
  job().watched_since = figures.now;
  EXPECT_EQ(said(look()), "");
  figures.now += hours(2);
  EXPECT_EQ(said(look()), "raised no_success, raised oldest_unsent");
}

TEST_F(AlertsTest, APausedJobIsAlertedAsSuchAndAsNothingElse) {
  stuck();
  job().is_paused = true;
  job().pause_reason = "password refused";
  job().paused_at = figures.now;
  figures.now += minutes(59);
  EXPECT_EQ(said(look()), "");
  figures.now += hours(10);
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised paused");
  EXPECT_THAT(raised[0].text, HasSubstr("(password refused): 3 wait, and what changes meanwhile is not looked at"));
  job().is_paused = false;
  job().last_success_at = figures.now;
  job().oldest_waiting = figures.now;
  EXPECT_EQ(said(look()), "resolved paused");
}

TEST_F(AlertsTest, AJobPausedByAnOlderReleaseCountsFromWhenItWasLookedAt) {
  stuck();
  job().is_paused = true;
  job().watched_since = figures.now - hours(2);
  EXPECT_EQ(said(look()), "raised paused");
}

TEST_F(AlertsTest, APausedJobWithoutKnownWorkCountsToo) {
  job().is_paused = true;
  figures.now += hours(1);
  EXPECT_EQ(said(look()), "raised paused") << "it does not look for work";
}

// ---- once -----------------------------------------------------------------------------------------------------------

TEST_F(AlertsTest, RaisedOnceRepeatedAtTheIntervalResolvedOnce) {
  settings.oldest_unsent = Duration(0);
  stuck();
  int raised = 0, repeated = 0;
  for (int i = 0; i < 24 * 60; ++i) {
    figures.now += minutes(1);
    for (const auto& decision : look()) {
      raised += decision.news == AlertNews::raised ? 1 : 0;
      repeated += decision.news == AlertNews::repeated ? 1 : 0;
    }
  }
  EXPECT_EQ(raised, 1);
  EXPECT_EQ(repeated, 5) << "every four hours";
  job().last_success_at = figures.now;
  EXPECT_EQ(said(look()), "resolved no_success");
  EXPECT_EQ(said(look()), "");
}

TEST_F(AlertsTest, WhatAPersonAcknowledgedIsNotRepeatedButItsEndIsTold) {
  figures.now += minutes(61);
  look();
  lasting.at(0).is_acknowledged = true;
  figures.now += hours(100);
  EXPECT_EQ(said(look()), "");
  job().last_success_at = figures.now;
  EXPECT_EQ(said(look()), "resolved no_success");
}

TEST_F(AlertsTest, AlertsOfWhatIsNoMoreAreResolved) {
  figures.now += minutes(61);
  look();
  jobs = {"intake"};
  EXPECT_EQ(said(look()), "resolved no_success");
  jobs = {"stock"};
  EXPECT_EQ(said(look()), "raised no_success");
  job().is_active = false;
  EXPECT_EQ(said(look()), "resolved no_success");
}

TEST_F(AlertsTest, RulesAndNewsHaveNames) {
  std::set<std::string_view> names;
  for (const auto rule : {AlertRule::backlog_grows, AlertRule::errors, AlertRule::no_success, AlertRule::oldest_unsent,
                          AlertRule::paused, AlertRule::held, AlertRule::unread}) {
    names.insert(name_of(rule));
  }
  for (const auto news : {AlertNews::raised, AlertNews::repeated, AlertNews::resolved}) names.insert(name_of(news));
  EXPECT_EQ(names.size(), 10U);
}

TEST_F(AlertsTest, AHeldChangeSetAlertsAtOnceUntilAPersonOrTheErpEndsIt) {
  job().held = 12'000;
  job().held_at = figures.now - minutes(1);
  job().held_reason = "12,000 of 12,000 prices change (limit 50 %)";
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised held");
  EXPECT_THAT(raised.at(0).text, HasSubstr("12000 records are held since "));
  EXPECT_THAT(raised.at(0).text, HasSubstr("12,000 of 12,000 prices change (limit 50 %). Look at them"));
  EXPECT_EQ(said(look()), "");
  job().held_reason.clear();
  EXPECT_EQ(said(look()), "resolved held");
}

TEST_F(AlertsTest, AnotherAccidentIsToldEvenWhenTheFirstWasAcknowledged) {
  job().held_at = figures.now;
  job().held_reason = "one";
  EXPECT_EQ(said(look()), "raised held");
  lasting.front().is_acknowledged = true;
  figures.now += minutes(5);
  job().held_at = figures.now - minutes(1);
  job().held_reason = "another";
  EXPECT_EQ(said(look()), "resolved held");
  EXPECT_EQ(said(look()), "raised held");
}

TEST_F(AlertsTest, OrdersThatNobodyCanImportAlertOnceTheyAreNoGarbledAnswer) {
  job().job = "intake";
  jobs = {"intake"};
  job().unread = "the portal lists what cannot be imported: an order without code (id 12)";
  job().unread_since = figures.now;
  EXPECT_EQ(said(look()), "");
  figures.now += kLongestGarbled;
  job().last_success_at = figures.now;
  const auto raised = look();
  EXPECT_EQ(said(raised), "raised unread");
  EXPECT_THAT(raised.at(0).text, HasSubstr("intake: since "));
  EXPECT_THAT(raised.at(0).text, HasSubstr(job().unread));
  EXPECT_EQ(said(look()), "");
  job().unread.clear();
  job().unread_since = Instant{};
  EXPECT_EQ(said(look()), "resolved unread");
}

}  // namespace
}  // namespace ferry::engine
