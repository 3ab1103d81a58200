#include "host-api/hosts/console/ini.h"

#include <gtest/gtest.h>

namespace ferry::console {
namespace {

TEST(Ini, IsReadAsTrytonReadsIt) {
  const auto ini = parse_ini(
      "# comment\n; another\n\n[database]\nURI = postgresql://x/\n[ferry]\nsecret.Portal: a=b:c  \r\nlist = one,\n  "
      "two\n"
      "  # between\n\tthree\nempty =\n");
  ASSERT_TRUE(ini);
  EXPECT_EQ(ini->at("database").at("uri"), "postgresql://x/");
  EXPECT_EQ(ini->at("ferry").at("secret.portal"), "a=b:c");
  EXPECT_EQ(ini->at("ferry").at("list"), "one,\ntwo\nthree");
  EXPECT_EQ(ini->at("ferry").at("empty"), "");
}

TEST(Ini, WhatIsWrongIsNamedWithItsLine) {
  EXPECT_EQ(parse_ini("x = 1").error().reason, "line 1: an option stands before the first [section]");
  EXPECT_EQ(parse_ini("[a]\nnonsense").error().reason, "line 2: write 'option = value'");
  EXPECT_EQ(parse_ini("[a]\n= x").error().reason, "line 2: write 'option = value'");
  EXPECT_EQ(parse_ini("[a\n").error().reason, "line 1: a section ends with ']'");
  EXPECT_EQ(parse_ini("[a]\nx=1\nX=2").error().reason, "line 3: option 'x' is given twice");
}

}  // namespace
}  // namespace ferry::console
