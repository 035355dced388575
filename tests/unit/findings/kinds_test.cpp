// SPDX-License-Identifier: Apache-2.0
// The rows of the kinds: each is whole.
#include "findings/kinds.hpp"

#include <gtest/gtest.h>

#include <set>

namespace stray {
namespace {

TEST(Kinds, EachRowIsWholeAndItsOwn) {
  std::set<std::string_view> names;
  for (const Kind kind : kKinds) {
    const KindRow& row = row_of(kind);
    EXPECT_EQ(row.kind, kind) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(kind_of(row.name), kind);
    for (const std::string_view text : {row.when, row.wait, row.impact, row.reason})
      EXPECT_FALSE(text.empty()) << row.name;
    EXPECT_EQ(row.judge == nullptr, kind == Kind::oom_kill) << row.name;
  }
}

TEST(Kinds, TheOrderOfDecisivenessHasEachOnce) {
  std::set<Kind> seen;
  for (const KindRow* row : kinds_by_decisiveness()) EXPECT_TRUE(seen.insert(row->kind).second) << row->name;
  EXPECT_EQ(seen.size(), kKindCount);
}

}  // namespace
}  // namespace stray
