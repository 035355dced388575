// SPDX-License-Identifier: Apache-2.0
#include "procfs/read.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace stray::proc {
namespace {

class ReadTest : public testing::Test {
 protected:
  ~ReadTest() override { std::remove(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  const std::string path_ = testing::TempDir() + "stray-read-" + std::to_string(::getpid());
  FileReader reader_;
};

TEST_F(ReadTest, APieceThatFillsTheBufferIsReadOn) {
  const std::string large(5 * FileReader::kSmall + 7, 'x');
  write(large);
  EXPECT_EQ(reader_.read_piece(AT_FDCWD, path_.c_str(), 1 << 20), large);
  EXPECT_EQ(reader_.read_piece(AT_FDCWD, path_.c_str(), 100), large.substr(0, 100));
  write("short");
  EXPECT_EQ(reader_.read_piece(AT_FDCWD, path_.c_str()), "short");
  write("");
  EXPECT_EQ(reader_.read_piece(AT_FDCWD, path_.c_str()), "");
  EXPECT_FALSE(reader_.read_piece(AT_FDCWD, (path_ + "-none").c_str()));
}

TEST_F(ReadTest, WhatIsOpenIsReadAgainFromItsBeginning) {
  write("first");
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(reader_.read_again(file.get()), "first");
  write("now");
  EXPECT_EQ(reader_.read_again(file.get()), "now");
}

}  // namespace
}  // namespace stray::proc
