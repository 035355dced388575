// SPDX-License-Identifier: Apache-2.0
#include "observe/for_a_pass.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stray::test {
namespace {

TEST(ForAPass, ReadsOnceForAllThatAreLookedAtTogether) {
  ForAPass<int, std::string> kept;
  int reads = 0;
  const auto get = [&](int key, BootTime now) {
    return kept.get(key, now, [&] { return std::to_string(key) + "#" + std::to_string(++reads); });
  };
  const BootTime begin = std::chrono::seconds(10);
  EXPECT_EQ(get(1, begin), "1#1");
  EXPECT_EQ(get(1, begin + std::chrono::milliseconds(100)), "1#1");
  EXPECT_EQ(get(2, begin), "2#2");
  EXPECT_EQ(get(1, begin + std::chrono::milliseconds(101)), "1#3") << "what was read before may have changed";
  EXPECT_EQ(get(1, begin), "1#4") << "a time before that of the read is of another pass";
}

TEST(ForAPass, KeepsABoundedNumber) {
  ForAPass<int, int> kept;
  int reads = 0;
  const auto read = [&] { return ++reads; };
  for (int key = 0; key < 1000; ++key) kept.get(key, {}, read);
  kept.get(0, {}, read);
  EXPECT_EQ(reads, 1001) << "the first is not kept any more";
}

}  // namespace
}  // namespace stray::test
