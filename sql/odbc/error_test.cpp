#include "sql/odbc/error.h"

#include <gtest/gtest.h>

namespace ferry::sql {
namespace {

TEST(DatabaseErrors, AreClassifiedByTheirState) {
  EXPECT_EQ(classify("08S01"), ErrorClass::unavailable);
  EXPECT_EQ(classify("57P01"), ErrorClass::unavailable);
  EXPECT_EQ(classify("57014"), ErrorClass::unavailable);
  EXPECT_EQ(classify("53300"), ErrorClass::unavailable);
  EXPECT_EQ(classify("HYT00"), ErrorClass::unavailable);
  EXPECT_EQ(classify("40001"), ErrorClass::conflict);
  EXPECT_EQ(classify("40P01"), ErrorClass::conflict);
  EXPECT_EQ(classify("42501"), ErrorClass::rights);
  EXPECT_EQ(classify("42P01"), ErrorClass::rights);
  EXPECT_EQ(classify("3F000"), ErrorClass::rights);
  EXPECT_EQ(classify("23505"), ErrorClass::invalid);
  EXPECT_EQ(classify("HY000"), ErrorClass::invalid);
}

TEST(DatabaseErrors, ARefusedLogInIsForAPersonAlthoughTheDriverSaysUnreachable) {
  EXPECT_EQ(classify({{"08001", "FATAL: password authentication failed for user \"x\""}}), ErrorClass::rights);
  EXPECT_EQ(classify({{"08001", "FATAL: database \"x\" does not exist"}}), ErrorClass::rights);
  EXPECT_EQ(classify({{"08001", "connection refused"}}), ErrorClass::unavailable);
}

TEST(DatabaseErrors, TheRecordThatSaysMostDecides) {
  EXPECT_EQ(classify({{"HY000", "x"}, {"40001", "y"}}), ErrorClass::conflict);
}

TEST(DatabaseErrors, TheMessageHoldsEveryRecordInOneLine) {
  const DatabaseError error(ErrorClass::invalid, "do it", {{"23505", "first"}, {"HY000", "second"}});
  EXPECT_STREQ(error.what(), "do it: [23505] first; [HY000] second");
}

}  // namespace
}  // namespace ferry::sql
