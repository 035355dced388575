// SPDX-License-Identifier: Apache-2.0
#include "sinks/spool.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "support/temporary_directory.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kHead = 8;  // what an entry takes beside its bytes

TEST(Spool, GivesBackInOrderWhatItWasGiven) {
  TemporaryDirectory directory;
  Spool spool(directory.path(), 1 << 20);
  EXPECT_EQ(spool.front(), nullptr);
  const std::string entries[] = {"first", std::string("\0\n", 2), std::string(5000, 'x')};
  for (const std::string& entry : entries) ASSERT_TRUE(spool.push(entry));
  EXPECT_EQ(spool.entries(), 3u);
  for (const std::string& entry : entries) {
    ASSERT_NE(spool.front(), nullptr);
    EXPECT_EQ(*spool.front(), entry);
    spool.pop();
  }
  EXPECT_EQ(spool.front(), nullptr);
  EXPECT_EQ(spool.entries(), 0u);
}

TEST(Spool, LeavesNoFileBehindAndNobodyElseReadsIt) {
  TemporaryDirectory directory;
  Spool spool(directory.path(), 1 << 20);
  ASSERT_TRUE(spool.push("secret"));
  EXPECT_TRUE(directory.empty());
  struct stat status {};
  ASSERT_EQ(::fstat(directory.open_file(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_nlink, 0u);
}

TEST(Spool, RefusesWhatDoesNotFit) {
  TemporaryDirectory directory;
  Spool spool(directory.path(), 3 * (kHead + 10));
  const std::string entry(10, 'x');
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(spool.push(entry)) << i;
  EXPECT_FALSE(spool.push(entry));
  EXPECT_FALSE(spool.push(""));
  EXPECT_EQ(spool.entries(), 3u);
}

TEST(Spool, AnEmptySpoolTakesNoDisk) {
  TemporaryDirectory directory;
  Spool spool(directory.path(), 1 << 20);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(spool.push(std::string(4096, 'x')));
  while (spool.entries() > 0) spool.pop();
  struct stat status {};
  ASSERT_EQ(::fstat(directory.open_file(), &status), 0);
  EXPECT_EQ(status.st_size, 0);
}

// A reader that trails for ever must not fill the disk, and must not be refused for what it read long ago.
TEST(Spool, ATrailingReaderStaysWithinTheBound) {
  TemporaryDirectory directory;
  constexpr std::uint64_t kBound = 256 << 10;
  Spool spool(directory.path(), kBound);
  const std::string entry(4096 - kHead, 'x');
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(spool.push(entry));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(spool.push(std::to_string(i) + entry.substr(10))) << i;
    ASSERT_NE(spool.front(), nullptr);
    if (i >= 32) {
      ASSERT_TRUE(spool.front()->starts_with(std::to_string(i - 32) + "x")) << i;
    }
    spool.pop();
    struct stat status {};
    ASSERT_EQ(::fstat(directory.open_file(), &status), 0);
    ASSERT_LE(static_cast<std::uint64_t>(status.st_blocks) * 512, kBound + 4096) << i;
  }
  EXPECT_EQ(spool.entries(), 32u);
}

TEST(Spool, SaysSoWhenTheFileDoesNotGiveBackWhatItTook) {
  TemporaryDirectory directory;
  Spool spool(directory.path(), 1 << 20);
  ASSERT_TRUE(spool.push("one"));
  ASSERT_TRUE(spool.push("two"));
  ASSERT_EQ(::ftruncate(directory.open_file(), 4), 0);
  EXPECT_EQ(spool.front(), nullptr);
  EXPECT_EQ(spool.clear(), 2u);
  ASSERT_TRUE(spool.push("three"));
  ASSERT_NE(spool.front(), nullptr);
  EXPECT_EQ(*spool.front(), "three");
}

TEST(Spool, WithoutAFileItTakesNothingUntilThereIsOne) {
  TemporaryDirectory directory;
  const std::string later = directory.path() + "/later";
  Spool spool(later, 1 << 20);
  EXPECT_FALSE(spool.push("x"));
  ASSERT_EQ(::mkdir(later.c_str(), 0700), 0);
  EXPECT_TRUE(spool.push("x"));
}

}  // namespace
}  // namespace stray
