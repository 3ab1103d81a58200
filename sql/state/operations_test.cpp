#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Failure;
using engine::RunMode;
using ::testing::ElementsAre;
using testing::failure;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using ::testing::Not;
using testing::PrivateCluster;

class Operations : public testing::StoreTest {};

TEST_F(Operations, ChannelsAreListedAndOnlyAChangeTouchesThem) {
  add_channel(2, R"({"base_url": "https://x"})");
  auto channels = must(store_.channels());
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[1].id, 2);
  EXPECT_EQ(channels[1].connector, "vendure");
  EXPECT_TRUE(channels[1].active);
  EXPECT_EQ(channels[1].settings, R"({"base_url": "https://x"})");
  add_channel(2, R"({"base_url":"https://x"})");
  EXPECT_EQ(must(store_.channels())[1].changed_at, channels[1].changed_at);
  add_channel(2, R"({"base_url":"https://y"})");
  EXPECT_GT(must(store_.channels())[1].changed_at, channels[1].changed_at);
}

TEST_F(Operations, BrokenSettingsAreRefused) {
  EXPECT_EQ(failure(store_.upsert_channel({3, "x", "p", "c", true, "{", {}})), Failure::invalid);
}

TEST_F(Operations, StatusTellsOfLanesRunsAndOrders) {
  product("A", 5);
  run(lease(1, "stock"), RunMode::full);
  const auto status = must(store_.status_json(0, "one"));
  for (const auto* part : {R"("job" : "stock")", R"("holder" : "one")", R"("mine" : true)", R"("pending" : 1)",
                           R"("due" : 1)", R"("mode" : "full")", R"("review" : 0)", R"("reviews" : [])"}) {
    EXPECT_THAT(status, HasSubstr(part));
  }
  EXPECT_EQ(must(store_.status_json(9, "one")), "[]");
  EXPECT_THAT(must(store_.runs_json({1, "stock"}, 5)), HasSubstr(R"("changed" : 1)"));
}

TEST_F(Operations, ExplainShowsWhatWasSentAndAnswered) {
  product("A''1", 5);  // quoted for the fixture's SQL
  const auto held = lease(1, "stock");
  run(held, RunMode::full);
  deliver_all(held);
  const auto told = must(store_.explain_json(1, "A'1"));
  for (const auto* part :
       {R"("verdict" : "delivered")", R"("request" : "request")", R"("state" : "settled")", R"("orders" : [])"}) {
    EXPECT_THAT(told, HasSubstr(part));
  }
  EXPECT_THAT(must(store_.explain_json(0, "nothing")), HasSubstr(R"("publications" : [])"));
}

TEST_F(Operations, PurgingLeavesWhatIsYoungOrNeeded) {
  product("A", 5);
  const auto held = lease(1, "stock");
  const auto first = run(held, RunMode::full).run;
  deliver_all(held);  // its exchange is dated 2023
  const auto second = run(held, RunMode::full).run;
  sql("UPDATE ferry.run SET started_at = now() - interval '40 days'");
  EXPECT_EQ(must(store_.purge(30)), 2);
  EXPECT_EQ(counts_of(first), "no row");
  EXPECT_EQ(counts_of(second), "0/0/0/0");  // the lane's last run is still shown
  EXPECT_EQ(must(store_.purge(30)), 0);
}

TEST_F(Operations, MissingRightsAreNamedWithTheirRemedy) {
  EXPECT_THAT(must(store_.missing_rights("tryton-6.0")), IsEmpty());
  sql("DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN");
  OdbcStore clerk(PrivateCluster::instance().settings(database_, "clerk"));
  auto missing = must(clerk.missing_rights("tryton-6.0"));
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].message, "role clerk may not use schema ferry: GRANT USAGE ON SCHEMA ferry TO clerk");
  sql("GRANT USAGE ON SCHEMA ferry TO clerk; GRANT ALL ON ALL TABLES IN SCHEMA ferry TO clerk; GRANT SELECT ON ALL "
      "TABLES IN SCHEMA "
      "public TO clerk; REVOKE SELECT ON stock_move FROM clerk; DROP TABLE stock_period_cache");
  missing = must(clerk.missing_rights("tryton-6.0"));
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_THAT(missing[0].message, HasSubstr("GRANT SELECT ON stock_move TO \"clerk\""));
  EXPECT_THAT(missing[1].message, HasSubstr("table stock_period_cache is missing"));
  sql("DROP OWNED BY clerk; DROP ROLE clerk");
}

TEST(Migrations, AnEmptyDatabaseGetsTheSchemaOnceAlsoFromTwoAtOnce) {
  const auto database = PrivateCluster::instance().create_database();
  OdbcStore store(PrivateCluster::instance().settings(database));
  EXPECT_EQ(must(store.schema_version()), 0);
  const auto first = must(store.migrate());
  EXPECT_EQ(first.from, 0);
  EXPECT_EQ(first.to, known_migration());
  EXPECT_THAT(first.applied, Not(IsEmpty()));
  EXPECT_EQ(first.applied[0], "0001_initial");
  const auto second = must(store.migrate());
  EXPECT_EQ(second.from, known_migration());
  EXPECT_THAT(second.applied, IsEmpty());
}

TEST(Migrations, ANewerDatabaseIsRefusedWithTheRemedy) {
  const auto database = PrivateCluster::instance().create_database(testing::template_database());
  OdbcStore store(PrivateCluster::instance().settings(database));
  Connection(PrivateCluster::instance().settings(database))
      .run("INSERT INTO ferry.migration (number, name) VALUES (999, 'later')");
  const auto refused = store.migrate();
  EXPECT_EQ(failure(refused), Failure::rights);
  EXPECT_THAT(refused.error().message, HasSubstr("schema ferry is at migration 999, this Ferry knows " +
                                                 std::to_string(known_migration()) + ": update Ferry"));
}

TEST(Migrations, ARoleWithoutTheRightIsToldSo) {
  const auto database = PrivateCluster::instance().create_database();
  Connection(PrivateCluster::instance().settings(database)).run("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
  OdbcStore guest(PrivateCluster::instance().settings(database, "guest"));
  EXPECT_EQ(failure(guest.migrate()), Failure::rights);
  EXPECT_THAT(must(guest.missing_rights(""))[0].message,
              HasSubstr("GRANT CREATE ON DATABASE " + database + " TO guest"));
}

}  // namespace
}  // namespace ferry::sql
