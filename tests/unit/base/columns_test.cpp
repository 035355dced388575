// SPDX-License-Identifier: Apache-2.0
#include "base/columns.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

class Columns : public ::testing::Test {
 protected:
  void SetUp() override { use_utf8(); }
};

TEST_F(Columns, AreThoseOfATerminal) {
  EXPECT_EQ(columns_of("node"), 4u);
  EXPECT_EQ(columns_of("größe"), 5u);
  EXPECT_EQ(columns_of("漢字"), 4u);
  EXPECT_EQ(columns_of("🦀"), 2u);
  EXPECT_EQ(columns_of("e\u0301"), 1u);  // a combining accent
}

TEST_F(Columns, AreExactlySoManyWhenFitted) {
  EXPECT_EQ(fitted("node", 6), "node  ");
  EXPECT_EQ(fitted("node server", 6), "node …");
  EXPECT_EQ(fitted("漢字漢字", 8), "漢字漢字");
  EXPECT_EQ(fitted("漢字漢字", 7), "漢字漢…");
  EXPECT_EQ(fitted("漢字漢字", 6), "漢字… ");  // no half of a character
  EXPECT_EQ(fitted("abc", 0), "");
  EXPECT_EQ(fitted("abc", 1), "…");
}

TEST_F(Columns, HoldNothingThatMovesTheCursor) {
  EXPECT_EQ(fitted("a\x1b[2Jb\r\n\xff\x7f", 12), "a?[2Jb????  ");
  EXPECT_EQ(columns_of("\x1b\xff"), 2u);
}

TEST_F(Columns, AreKeptByWrappedLines) {
  EXPECT_EQ(wrapped("why    it is there", 10, 4),
            (std::vector<std::string>{"why    it ", "    is ", "    there"}));
  EXPECT_EQ(wrapped("", 10, 4), std::vector<std::string>{""});
  EXPECT_EQ(wrapped("abcdefghij", 4, 1), (std::vector<std::string>{"abcd", " efg", " hij"}));
  for (const std::string& line : wrapped("漢字漢字漢字漢字", 5, 2)) EXPECT_LE(columns_of(line), 5u);
}

}  // namespace
}  // namespace stray
