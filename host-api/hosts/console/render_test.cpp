#include "host-api/hosts/console/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host-api/hosts/console/table.h"

namespace ferry::console {
namespace {

using testing::HasSubstr;
using testing::Not;

boost::json::object parsed(std::string_view text) { return boost::json::parse(text).as_object(); }

TEST(Tables, AreAlignedByCharactersWithoutTrailingBlanks) {
  Table table({"NAME", ">N", "TEXT"});
  table.add({"Müller", "5", ""});
  table.add({"x", "12", "y"});
  EXPECT_EQ(table.text("  "),
            "  NAME     N  TEXT\n"
            "  Müller   5\n"
            "  x       12  y\n");
}

TEST(Render, TextOfThePortalDoesNotWorkTheTerminal) {
  const auto shown = render("check", parsed(R"({"ok":true,"findings":[{"subject":"order \u001b]0;x\u0007\u009b2J\u202e",
      "state":"ok\nproblem  forged","message":"M\u00fcller \u20ac"}]})"));
  EXPECT_EQ(shown.text,
            "STATE               SUBJECT           FINDING\n"
            "ok problem  forged  order  ]0;x  2J   Müller €\n");
  const auto explained = render("explain", parsed(R"({"publications":[{"feed":"stock","label":"a\u001b[2Jb","exchanges":[
      {"id":1,"request":"POST /x\nhost: y\u001b[1A","reply":"status 200"}]}]})"));
  EXPECT_THAT(explained.text, HasSubstr("a [2Jb"));
  EXPECT_THAT(explained.text, HasSubstr("POST /x\nhost: y [1A"));
  EXPECT_THAT(explained.text, Not(HasSubstr("\x1b")));
}

TEST(Render, ACheckWithAProblemExitsWithOne) {
  const auto rendered = render("check", parsed(R"({"ok":false,"findings":[
      {"subject":"database","state":"ok","message":"PostgreSQL 15"},
      {"subject":"schema","state":"problem","message":"no right to create: grant it"}]})"));
  EXPECT_EQ(rendered.text,
            "STATE    SUBJECT   FINDING\n"
            "ok       database  PostgreSQL 15\n"
            "problem  schema    no right to create: grant it\n");
  EXPECT_EQ(rendered.exit, Exit::problem);
}

constexpr std::string_view kStatus = R"({
  "module":"0.1.0","schema":1,"now":"2026-11-21T02:00:00.000000Z",
  "engine":{"running":false,"connected":false,"holder":"h","error":null},
  "channels":[{
    "id":7,"name":"Shop","connector":"vendure","profile":"tryton-6.0","active":true,"error":null,
    "jobs":[{
      "job":"stock","holder":"h:1","mine":false,"paused":false,"requested":null,
      "last_run":{"id":4,"mode":"full","started_at":"2026-11-21T01:59:00.123456Z","finished_at":"2026-11-21T01:59:01Z",
                  "inbound":50,"changed":3,"unchanged":47,"successful":3,"failed":0,"deferred":0,"error":null},
      "last_success_at":"2026-11-21T01:59:01.5Z","last_error":null,"last_error_at":null,
      "pending":0,"due":0,"dead":0,"absent":1}],
    "orders":{"waiting":0,"ready":1,"review":0,"linked":9,"skipped":0},
    "reviews":[]}]})";

TEST(Render, StatusShowsLanesRunsAndOrders) {
  const auto rendered = render("status", parsed(kStatus));
  EXPECT_EQ(rendered.exit, Exit::ok);
  EXPECT_THAT(rendered.text, HasSubstr("channel 7  Shop  (vendure, tryton-6.0)\n"));
  EXPECT_THAT(rendered.text, HasSubstr("stock  elsewhere        0    0     0       1     0  2026-11-21 01:59:01Z  h:1"));
  EXPECT_THAT(rendered.text, HasSubstr("stock  4    full  2026-11-21 01:59:00Z"));
  EXPECT_THAT(rendered.text, HasSubstr("orders: waiting 0, ready 1, review 0, linked 9, skipped 0\n"));
}

TEST(Render, StatusThatNeedsAPersonSaysSo) {
  auto status = parsed(kStatus);
  auto& channel = status["channels"].as_array()[0].as_object();
  auto& job = channel["jobs"].as_array()[0].as_object();
  job["paused"] = true;
  job["pause_reason"] = "stock taking";
  job["dead"] = 2;
  channel["reviews"] = boost::json::array{{{"reference", "R1"}, {"reason", "unknown SKU X in line 1"}}};
  const auto rendered = render("status", status);
  EXPECT_EQ(rendered.exit, Exit::problem);
  EXPECT_THAT(rendered.text, HasSubstr("  stock: paused: stock taking\n"));
  EXPECT_THAT(rendered.text, HasSubstr("  stock: 2 dead letters"));
  EXPECT_THAT(rendered.text, HasSubstr("  order R1 needs review: unknown SKU X in line 1\n"));
}

TEST(Render, StatusTellsOfAnIllPortalAndOfAlerts) {
  auto status = parsed(kStatus);
  auto& channel = status["channels"].as_array()[0].as_object();
  channel["portal"] = parsed(R"({"state":"open","since":"2026-11-21T01:59:00Z","retry_at":"2026-11-21T02:00:30Z",
      "reason":"status 502"})");
  channel["alerts"] = boost::json::array{parsed(R"({"id":12,"raised_at":"2026-11-21T01:59:00Z","resolved_at":null,
      "acknowledged_at":null,"acknowledged_by":null,"text":"mend it"})")};
  const auto rendered = render("status", status);
  EXPECT_EQ(rendered.exit, Exit::problem);
  EXPECT_THAT(rendered.text, HasSubstr("  portal: ill since 2026-11-21 01:59:00Z, left alone until 2026-11-21 02:00:30Z: "
                                       "status 502\n"));
  EXPECT_THAT(rendered.text, HasSubstr("  alert 12 since 2026-11-21 01:59:00Z: mend it\n"));
}

TEST(Render, AlertsThatSomebodyKnowsOfAreNoProblem) {
  auto result = parsed(R"({"alerts":[{"id":12,"raised_at":"2026-11-21T01:59:00Z","resolved_at":null,
      "acknowledged_at":"2026-11-21T02:00:00Z","acknowledged_by":"ada","text":"mend it"}]})");
  EXPECT_EQ(render("alerts", result).text, "alert 12 since 2026-11-21 01:59:00Z, acknowledged by ada: mend it\n");
  EXPECT_EQ(render("alerts", result).exit, Exit::ok);
  result["alerts"].as_array()[0].as_object()["acknowledged_at"] = nullptr;
  EXPECT_EQ(render("alerts", result).exit, Exit::problem);
  EXPECT_EQ(render("alerts", parsed(R"({"alerts":[]})")).text, "no alerts\n");
}

TEST(Render, DeadLettersAreCountedByReason) {
  const auto rendered = render("dead-letters", parsed(R"({"groups":[{"job":"stock","group":"unknown SKU","count":412,
      "oldest_at":"2026-11-21T01:59:00Z","labels":["A","B"]}],"letters":[{"job":"stock","label":"A","attempts":1,
      "changed_at":"2026-11-21T01:59:00Z","reason":"unknown SKU"}]})"));
  EXPECT_THAT(rendered.text, HasSubstr("  412  stock  unknown SKU  2026-11-21 01:59:00Z  A B\n"));
  EXPECT_EQ(render("dead-letters", parsed(R"({"groups":[],"letters":[]})")).text, "no dead letters\n");
}

TEST(Render, RunsOfOtherLanesAreLeftOut) {
  EXPECT_THAT(render_runs(parsed(kStatus), {"7/stock"}).text, HasSubstr("full"));
  EXPECT_EQ(render_runs(parsed(kStatus), {"8/stock"}).text, "");
}

TEST(Render, AResultOfAnotherShapeIsNoCrash) {
  for (const char* operation :
       {"check", "status", "preview", "held", "explain", "test-connection", "migrate", "pause", "settings", "replay", "reconcile",
        "reconciliations", "dead-letters", "alerts"}) {
    render(operation, {});
    render(operation,
           parsed(R"({"channels":[1,{"jobs":["x",{}],"reviews":[null]}],"findings":[3],"lanes":[0],"applied":[1],
        "publications":[{"exchanges":[1]}],"orders":7,"ok":"yes"})"));
  }
}

TEST(Render, APreviewTellsNewFromWithdrawnAndWhatWouldBeHeld) {
  const auto rendered = render("preview", parsed(R"json({"inbound":12,"changed":3,"added":1,"withdrawn":1,"held":4,
    "would_hold":"12 of 12 prices change (limit 50 %)","changes":[{"label":"T1","acknowledged":"5","desired":null},
    {"label":"T2","acknowledged":"5","desired":"6"},{"label":"T3","acknowledged":null,"desired":"1"}]})json"));
  EXPECT_THAT(rendered.text, HasSubstr("12 records looked at, 3 would change: 1 new, 1 withdrawn\n"));
  EXPECT_THAT(rendered.text, HasSubstr("4 more are held already"));
  EXPECT_THAT(rendered.text, HasSubstr("this would be held for a person: 12 of 12 prices change (limit 50 %)\n"));
  EXPECT_THAT(rendered.text, HasSubstr("T1     withdrawn  5"));
  EXPECT_THAT(rendered.text, HasSubstr("T3     new"));
  EXPECT_EQ(rendered.exit, Exit::ok);
}

TEST(Render, WhatIsHeldNeedsAPerson) {
  EXPECT_EQ(render("held", {}).text, "nothing is held\n");
  EXPECT_EQ(render("held", {}).exit, Exit::ok);
  const auto rendered = render("held", parsed(R"json({"held":[{"channel":7,"job":"stock","run":9,"records":12,
    "held_at":"2026-11-21T02:00:00.1Z","reason":"12 of 12 products go to a stock of zero (limit 30 %)",
    "changes":[{"label":"T1","acknowledged":"5","desired":"0"}]}]})json"));
  EXPECT_THAT(rendered.text, HasSubstr("channel 7 stock: run 9, 12 records held since 2026-11-21 02:00:00Z: 12 of 12"));
  EXPECT_THAT(rendered.text, HasSubstr("T1"));
  EXPECT_EQ(rendered.exit, Exit::problem);
  const auto status = render("status", parsed(R"json({"channels":[{"jobs":[{"job":"stock","held":{"run":9,"records":12,
    "held_at":"2026-11-21T02:00:00.1Z","reason":"a reason"}}]}]})json"));
  EXPECT_THAT(status.text, HasSubstr("    12  -")) << "how many, beside what else waits";
  EXPECT_THAT(status.text, HasSubstr("stock: 12 records are held since 2026-11-21 02:00:00Z: a reason"));
  EXPECT_EQ(status.exit, Exit::problem);
}

constexpr std::string_view kReconciliations = R"({"reconciliations":[
  {"id":3,"feed":"stock","phase":"finished","started_at":"2026-11-21T02:00:00.1Z","finished_at":"2026-11-21T02:01:00Z",
   "listed":50,"left_out":1,"differing":1,"missing":0,"surplus":1,"unconfirmed":0,"healed":1,"parity":"97.916",
   "variance":"7","error":null,"findings":[{"kind":"differing","label":"T1","acknowledged":"5","shown":"12","healed":true},
   {"kind":"surplus","label":"X","acknowledged":null,"shown":"1","healed":false}]},
  {"id":2,"feed":"stock","phase":"finished","started_at":"2026-11-20T02:00:00.1Z","finished_at":"2026-11-20T02:01:00Z",
   "differing":0,"healed":0,"error":"the portal lists no record at all","findings":[]}]})";

TEST(Render, ReconciliationsShowParityVarianceAndFindings) {
  const auto rendered = render("reconciliations", parsed(kReconciliations));
  EXPECT_THAT(rendered.text, HasSubstr("97.916"));
  EXPECT_THAT(rendered.text, HasSubstr("stock 3\n  FINDING    LABEL  THE PORTAL CONFIRMED  IT SHOWS  HEALED\n"));
  EXPECT_THAT(rendered.text, HasSubstr("stock 2: the portal lists no record at all\n"));
  EXPECT_EQ(rendered.exit, Exit::problem) << "the surplus record is still there";
  auto healed = parsed(kReconciliations);
  healed["reconciliations"].as_array()[0].as_object()["healed"] = 2;
  EXPECT_EQ(render("reconciliations", healed).exit, Exit::ok) << "what an older one found is history";
  EXPECT_THAT(render("reconciliations", {}).text, HasSubstr("nothing was compared"));
}

TEST(Render, AStatusShowsTheLatestReconciliations) {
  auto status = parsed(kStatus);
  status["channels"].as_array()[0].as_object()["reconciliations"] = parsed(kReconciliations)["reconciliations"];
  EXPECT_THAT(render("status", status).text, HasSubstr("  compared with the portal\n  FEED   ID  STATE"));
}

TEST(Render, AReconciliationThatWasAskedForIsNamed) {
  EXPECT_THAT(render("reconcile", parsed(R"({"reconciliations":[{"id":4,"feed":"stock","heal":true}]})")).text,
              HasSubstr("reconciliation 4 of stock will heal what it finds\n"));
}

TEST(Render, ExplainShowsEachExchange) {
  const auto rendered = render("explain", parsed(R"({"label":"T1","publications":[{"channel":7,"feed":"stock",
      "state":"dead","reason":"refused","run":null,"exchanges":[{"id":3,
      "started_at":"2026-11-21T01:59:00.1Z","verdict":"rejected",
      "status":422,"request":"{}","reply":"no"}]}],"orders":[]})"));
  EXPECT_THAT(rendered.text, HasSubstr("stock on channel 7\n"));
  EXPECT_THAT(rendered.text,
              HasSubstr("exchange 3  2026-11-21 01:59:00Z  rejected  HTTP 422\n    sent      {}\n    answered  no\n"));
}

TEST(Render, NothingWorksTheTerminal) {
  const auto members = render("unknown", parsed("{\"na\\u007fme\\u001b[2J\":\"a\\u007fb\"}"));
  EXPECT_THAT(members.text, HasSubstr("na me [2J"));
  EXPECT_THAT(members.text, HasSubstr("a b"));
  const auto letters = render("dead-letters", parsed(R"({"groups":[{"count":1,"labels":["T\u001b[2J\u007f1"]}]})"));
  EXPECT_THAT(letters.text, HasSubstr("T [2J 1"));
}

}  // namespace
}  // namespace ferry::console
