#include "host-api/hosts/console/database_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry::console {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DatabaseUri, IsTheExampleOfTheSettingsPage) {
  const auto address = database_address("postgresql://tryton:p%40ss@db.example:5433/", "company");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->odbc, "Driver=PostgreSQL ANSI;Servername=db.example;Port=5433;Database=company;UID=tryton");
  EXPECT_EQ(address->libpq, "host='db.example' port='5433' dbname='company' user='tryton'");
  EXPECT_EQ(address->password, "p@ss");
}

TEST(DatabaseUri, ARefusalNeverShowsAPasswordHoweverItIsWritten) {
  for (const auto* uri : {"postgresql://u:s3cr?et-word@host/", "postgresql://u:s3cr/et-word@host/", "u:s3cret-word@host://",
                          "u:s3cret-word@host", "postgresql://u:x@host:et-word/", "postgresql://u:et-word;@h;/"}) {
    const auto address = database_address(uri, "company");
    ASSERT_FALSE(address) << uri;
    EXPECT_THAT(address.error().reason, Not(HasSubstr("et-word"))) << uri;
    EXPECT_THAT(address.error().reason, Not(HasSubstr("s3cr"))) << uri;
  }
}

TEST(DatabaseUri, WhatIsAbsentIsLeftOut) {
  const auto address = database_address("postgresql://", "company");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->odbc, "Driver=PostgreSQL ANSI;Database=company");
  EXPECT_EQ(address->libpq, "dbname='company'");
  EXPECT_EQ(address->password, "");
}

TEST(DatabaseUri, PathIsIgnoredAndSslmodeCarried) {
  const auto address = database_address("postgres://u@[::1]:5432/other?sslmode=verify-full", "it's");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->odbc, "Driver=PostgreSQL ANSI;Servername=::1;Port=5432;Database=it's;UID=u;SSLmode=verify-full");
  EXPECT_EQ(address->libpq, R"(host='::1' port='5432' dbname='it\'s' user='u' sslmode='verify-full')");
}

TEST(DatabaseUri, ASocketFolderIsAHost) {
  const auto address = database_address("postgresql://%2Frun%2Fpg/", "company");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->libpq, "host='/run/pg' dbname='company'");
}

TEST(DatabaseUri, WhatCannotBeCarriedIsRefusedWithoutThePassword) {
  EXPECT_THAT(database_address("sqlite://", "x").error().reason,
              HasSubstr("is of 'sqlite'; Ferry needs postgresql://"));
  EXPECT_THAT(database_address("postgresql://u:pw@h/?target=x", "x").error().reason, HasSubstr("'target'"));
  EXPECT_THAT(database_address("postgresql://u:pw@h:5x/", "x").error().reason, HasSubstr("port"));
  const auto refused = database_address("postgresql://a;b:pw@h/", "x");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("'a;b' cannot stand in an ODBC connection string"));
  EXPECT_THAT(refused.error().reason, Not(HasSubstr("pw")));
}

}  // namespace
}  // namespace ferry::console
