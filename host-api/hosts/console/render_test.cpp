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
  EXPECT_THAT(rendered.text, HasSubstr("stock  held         0    0     0       1  2026-11-21 01:59:01Z  h:1"));
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

TEST(Render, RunsOfOtherLanesAreLeftOut) {
  EXPECT_THAT(render_runs(parsed(kStatus), {"7/stock"}).text, HasSubstr("full"));
  EXPECT_EQ(render_runs(parsed(kStatus), {"8/stock"}).text, "");
}

TEST(Render, AResultOfAnotherShapeIsNoCrash) {
  for (const char* operation :
       {"check", "status", "preview", "explain", "test-connection", "migrate", "pause", "settings", "replay"}) {
    render(operation, {});
    render(operation,
           parsed(R"({"channels":[1,{"jobs":["x",{}],"reviews":[null]}],"findings":[3],"lanes":[0],"applied":[1],
        "publications":[{"exchanges":[1]}],"orders":7,"ok":"yes"})"));
  }
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

}  // namespace
}  // namespace ferry::console
