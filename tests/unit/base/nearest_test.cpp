// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

const std::vector<std::string> kNames{"scan", "stop", "explain", "export", "stale-script", "orphan"};

TEST(Nearest, FindsWhatWasMistyped) {
  EXPECT_EQ(nearest("scna", kNames), "scan");
  EXPECT_EQ(nearest("explian", kNames), "explain");
  EXPECT_EQ(nearest("stale_script", kNames), "stale-script");
  EXPECT_EQ(nearest("Orphans", kNames), "orphan");
  EXPECT_EQ(nearest("expl", kNames), "explain");
}

TEST(Nearest, SuggestsNothingFarAway) {
  EXPECT_EQ(nearest("bogus", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest(std::string(100'000, 's'), kNames), "");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Nearest, IsPartOfASentence) {
  EXPECT_EQ(did_you_mean("scna", kNames), "; did you mean scan?");
  EXPECT_EQ(did_you_mean("bogus", kNames), "");
}

}  // namespace
}  // namespace stray
