#include "sql/odbc/statement.h"

#include <gmock/gmock.h>

#include <functional>
#include <future>

#include "sql/odbc/array.h"
#include "sql/testing/private_cluster.h"
#include "tests/support/open_files.h"

namespace ferry::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PrivateCluster;

class Database : public ::testing::Test {
 protected:
  std::string answer(std::string_view sql) {
    Statement statement(connection_, parse_sql(sql), "test");
    statement.execute();
    return statement.fetch() ? std::string(statement.text(0)) : "no row";
  }
  Connection connection_{PrivateCluster::instance().settings("postgres")};
};

ErrorClass class_of_failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const DatabaseError& error) {
    return error.error_class();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorClass::invalid;
}

TEST_F(Database, SpeaksUtf8AndUtc) {
  EXPECT_EQ(answer("show client_encoding"), "UTF8");
  EXPECT_EQ(answer("show timezone"), "UTC");
}

TEST_F(Database, ReturnsEveryTypeAndNull) {
  Statement row(connection_, parse_sql("select 42::bigint, true, false, null::text, 1.50::numeric, ''::text"), "test");
  row.execute();
  ASSERT_TRUE(row.fetch());
  EXPECT_EQ(row.integer(0), 42);
  EXPECT_TRUE(row.boolean(1));
  EXPECT_FALSE(row.boolean(2));
  EXPECT_TRUE(row.is_null(3));
  EXPECT_EQ(row.integer(3), 0);
  EXPECT_EQ(row.text(4), "1.50");
  EXPECT_FALSE(row.is_null(5));
  EXPECT_EQ(row.text(5), "");
  EXPECT_THROW(row.integer(4), DatabaseError);
  EXPECT_FALSE(row.fetch());
  EXPECT_FALSE(row.fetch());
}

TEST_F(Database, NothingIsCutWhateverItsLengthAndPosition) {
  // 255 bytes fill a cell, 256 do not fit, and multi-byte characters cross the edge
  Statement rows(connection_, parse_sql("select g, repeat('a', g), repeat('ü', g) from generate_series(0, 2500) g"),
                 "test");
  rows.execute();
  std::int64_t count = 0;
  while (rows.fetch()) {
    ASSERT_EQ(rows.integer(0), count);
    ASSERT_EQ(rows.text(1), std::string(static_cast<std::size_t>(count), 'a'));
    ASSERT_EQ(rows.text(2).size(), static_cast<std::size_t>(count) * 2);
    ++count;
  }
  EXPECT_EQ(count, 2501);
}

TEST_F(Database, RowCountsAroundTheBlockSizeAreExact) {
  Statement rows(connection_, parse_sql("select g from generate_series(1, :n::integer) g"), "test");
  for (const std::int64_t expected : {0, 1, 15, 16, 17, 1000, 1015, 1016, 1017, 2016, 2017, 16, 3}) {
    rows.set("n", expected).execute();
    std::int64_t count = 0;
    while (rows.fetch()) ASSERT_EQ(rows.integer(0), ++count);
    EXPECT_EQ(count, expected);
  }
}

TEST_F(Database, AParameterStaysTextWhateverItHolds) {
  const std::string nasty = "'; DROP TABLE x; -- $1 ? {fn now()} \\ \" 日本 \n";
  Statement echo(connection_, parse_sql("select :a::text, length(:a::text), (:b::text[])[2]"), "test");
  echo.set("a", nasty).set("b", ArrayLiteral().add_text("x").add_text(nasty).text()).execute();
  ASSERT_TRUE(echo.fetch());
  EXPECT_EQ(echo.text(0), nasty);
  EXPECT_EQ(echo.text(2), nasty);
  echo.set_null("a").execute();
  ASSERT_TRUE(echo.fetch());
  EXPECT_TRUE(echo.is_null(0));
}

TEST_F(Database, AParameterMayBeLong) {
  const std::string text(1 << 20, 'x');
  Statement echo(connection_, parse_sql("select :a::text"), "test");
  echo.set("a", text).execute();
  ASSERT_TRUE(echo.fetch());
  EXPECT_EQ(echo.text(0), text);
}

TEST_F(Database, AValueBeyondItsBoundIsRefusedOnTheWayInAndOut) {
  const auto refusal = [](const std::function<void()>& work) {
    try {
      work();
    } catch (const DatabaseError& error) {
      EXPECT_EQ(error.error_class(), ErrorClass::invalid);
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  Statement in(connection_, parse_sql("select length(:value::text)"), "test");
  EXPECT_THAT(refusal([&] { in.set("value", std::string(Statement::kMaxValueBytes + 1, 'x')).execute(); }),
              HasSubstr("parameter 'value' is too large"));
  const auto sql = "select repeat('x', " + std::to_string(Statement::kMaxValueBytes + 1) + ")";
  EXPECT_THAT(refusal([&] { answer(sql); }), HasSubstr("a value of the result is too large"));
  EXPECT_EQ(answer("select 'and the connection goes on'"), "and the connection goes on");
}

TEST_F(Database, MisusedParametersAreDefects) {
  Statement echo(connection_, parse_sql("select :a::text"), "test");
  EXPECT_THROW(echo.set("b", "x"), std::logic_error);
  EXPECT_THROW(echo.execute(), std::logic_error);
}

TEST_F(Database, ATransactionIsRolledBackUnlessCommitted) {
  connection_.run("create table kept (x int)");
  {
    const Transaction transaction(connection_, Isolation::read_committed);
    connection_.run("insert into kept values (1)");
  }
  EXPECT_EQ(answer("select count(*) from kept"), "0");
  {
    Transaction transaction(connection_, Isolation::repeatable_read);
    EXPECT_EQ(answer("show transaction_isolation"), "repeatable read");
    connection_.run("insert into kept values (1)");
    transaction.commit();
  }
  EXPECT_EQ(answer("select count(*) from kept"), "1");
  EXPECT_EQ(answer("show transaction_isolation"), "read committed");
  connection_.run("drop table kept");
}

TEST_F(Database, AnErrorAbortsTheWholeTransaction) {
  const Transaction transaction(connection_, Isolation::read_committed);
  EXPECT_EQ(class_of_failure([&] { connection_.run("select * from nowhere"); }), ErrorClass::rights);
  EXPECT_EQ(class_of_failure([&] { connection_.run("select 1"); }), ErrorClass::invalid);
}

TEST_F(Database, CancelBreaksOffTheStatementUnderWayAndOnlyThat) {
  Statement slow(connection_, parse_sql("select pg_sleep(60)::text"), "sleep");
  const auto sleeping = std::async(std::launch::async, [&] { return class_of_failure([&] { slow.execute(); }); });
  while (sleeping.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) connection_.cancel();
  connection_.cancel();
  EXPECT_EQ(answer("select 1"), "1");
}

TEST_F(Database, ALostConnectionIsSeen) {
  EXPECT_FALSE(connection_.is_dead());
  EXPECT_EQ(class_of_failure([&] { connection_.run("select pg_terminate_backend(pg_backend_pid())"); }),
            ErrorClass::unavailable);
  EXPECT_TRUE(connection_.is_dead());
}

TEST(Connecting, NobodyListeningIsUnavailable) {
  ConnectionSettings settings{
      "Driver={PostgreSQL Unicode};Servername=127.0.0.1;Port=1;Database=x;UID=x", "s3cret;}{", {}, {}};
  try {
    const Connection connection(settings);
    ADD_FAILURE();
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.error_class(), ErrorClass::unavailable);
    EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    EXPECT_THAT(error.what(), HasSubstr("refused"));
  }
}

TEST(Connecting, F18_WorksInAProcessWithMoreThan1024OpenFiles) {
  const ferry::test::ManyOpenFiles many;
  Connection connection(PrivateCluster::instance().settings("postgres"));
  Statement row(connection, parse_sql("select 42::bigint"), "test");
  row.execute();
  ASSERT_TRUE(row.fetch());
  EXPECT_EQ(row.integer(0), 42);
}

TEST(Connecting, AMissingDatabaseIsForAPerson) {
  EXPECT_EQ(class_of_failure([] { const Connection c(PrivateCluster::instance().settings("nowhere")); }),
            ErrorClass::rights);
}

TEST(Connecting, PasswordsMayHoldAnyCharacter) {
  auto settings = PrivateCluster::instance().settings("postgres");
  settings.password = "a;b}c{d 'e\"";
  const Connection connection(settings);  // this cluster trusts; that the string is well formed is what is tested
  EXPECT_FALSE(connection.is_dead());
}

TEST(DriverWarnings, NameTheSettingThatSerialisesConnections) {
  EXPECT_THAT(driver_warnings("Driver={PostgreSQL Unicode};UID=x"), IsEmpty());
  EXPECT_THAT(driver_warnings("DSN=x"), IsEmpty());
}

}  // namespace
}  // namespace ferry::sql
