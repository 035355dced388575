// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "findings/finding.hpp"

namespace stray {
namespace {

// One output has one time zone: evidence holds its time as a time.
TEST(Evidence, ShowsItsTimeInTheZoneOfTheOutput) {
  const char* const zone = std::getenv("TZ");
  const std::string before = zone ? zone : "";
  ::setenv("TZ", "CET-1", 1);
  ::tzset();
  constexpr std::int64_t offset = 1'795'401'000'000'000'000;
  const Evidence started{"started", "2 d ago, by alice", seconds(90)};
  EXPECT_EQ(text_of(started, offset, {}), "2026-11-23 03:31:30 CET, 2 d ago, by alice");
  EXPECT_EQ(text_of(started, offset, kUtc), "2026-11-23 02:31:30 UTC, 2 d ago, by alice");
  EXPECT_EQ(text_of({"tty", "from terminal pts/3"}, offset, {}), "from terminal pts/3");
  zone ? ::setenv("TZ", before.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace stray
