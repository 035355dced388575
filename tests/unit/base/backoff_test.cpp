// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.hpp"

#include <gtest/gtest.h>

namespace stray {
namespace {

TEST(Backoff, TriesAreRareWithoutProgressAndOftenWithIt) {
  Backoff backoff;
  Backoff::Clock::time_point now{};
  int tries = 0;
  for (const auto end = now + std::chrono::seconds(60); now < end; now += std::chrono::milliseconds(5)) {
    if (!backoff.due(now)) continue;
    ++tries;
    backoff.tried(now, false);
  }
  EXPECT_LT(tries, 70) << "a minute of a journald that is away";
  EXPECT_GT(tries, 50) << "it may be back";
  EXPECT_FALSE(backoff.soon());
  backoff.tried(now, true);
  EXPECT_TRUE(backoff.soon());
  EXPECT_TRUE(backoff.due(now + std::chrono::milliseconds(5)));
}

}  // namespace
}  // namespace stray
