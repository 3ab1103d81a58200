#include "sql/odbc/sql_text.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace ferry::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SqlText, NamedParametersBecomeQuestionMarksInOrder) {
  const auto sql = parse_sql("select :a, :b_2 where x = :a");
  EXPECT_EQ(sql.text, "select ?, ? where x = ?");
  EXPECT_THAT(sql.parameters, ElementsAre("a", "b_2", "a"));
}

TEST(SqlText, CastsQuotesAndDollarBodiesAreLeftAlone) {
  const std::string_view source = "select 'a :b ''c:d', x::text, \":q\", $$ :no $$, $t$ :no $t$, '1:2'";
  const auto sql = parse_sql(source);
  EXPECT_EQ(sql.text, source);
  EXPECT_THAT(sql.parameters, IsEmpty());
}

TEST(SqlText, CommentsDisappearWithWhatLooksLikeAParameterInThem) {
  const auto sql = parse_sql("select 1 -- it's :x ?\n/* :y ' ? */+ :z::int");
  EXPECT_EQ(sql.text, "select 1 \n + ?::int");
  EXPECT_THAT(sql.parameters, ElementsAre("z"));
}

TEST(SqlText, BrokenTextIsRefused) {
  for (const auto* text : {"select 'a", "select \"a", "/* a", "select $$ a", "select ?"}) {
    EXPECT_THROW(parse_sql(text), std::invalid_argument) << text;
  }
}

TEST(SqlText, SectionsAreFoundByNameAndTrimmed) {
  const auto sections = parse_sections("preamble\n-- name: one\nselect 1;\n\n-- name: two\n-- why\nselect 2\n");
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections.at("one"), "select 1");
  EXPECT_EQ(sections.at("two"), "-- why\nselect 2");
}

TEST(SqlText, ASectionThatStandsTwiceIsRefused) {
  EXPECT_THROW(parse_sections("-- name: a\nx\n-- name: a\ny\n"), std::invalid_argument);
}

TEST(SqlText, AFileWithoutSectionsHasNone) { EXPECT_THAT(parse_sections("select 1"), IsEmpty()); }

}  // namespace
}  // namespace ferry::sql
