// SPDX-License-Identifier: Apache-2.0
// The files of one run on disk: PATH, then PATH.000001, PATH.000002, ... (names that sort in the order of
// time), the oldest deleted when all together exceed a bound.
//
// Errors: std::system_error, saying what was being done to which file. Nothing existing is ever opened: files
// are created anew (mode 0600). Only those that this object created or was given as earlier ones go, and only
// while they still are the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"

namespace stray::capture {

class Series {
 public:
  // total 0: no bound. `earlier`: files of earlier runs that count too, oldest first; they go first.
  Series(std::string path, std::uint64_t total_bytes, const std::vector<std::string>& earlier = {});

  void open_next();  // the file before must be closed
  // All or nothing: what a failed write left behind is cut off again.
  void write(std::string_view bytes);
  void sync();  // onto the disk
  void close();

  std::uint64_t size() const { return current_.size; }  // of the open file
  std::uint64_t total() const { return closed_bytes_ + current_.size; }

 private:
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
    std::uint64_t size = 0;
  };
  void keep_bound();
  [[noreturn]] void fail(int error, const char* doing) const;

  const std::string path_;
  const std::uint64_t bound_;
  std::uint64_t next_ = 0;
  Descriptor file_;
  File current_;
  std::deque<File> closed_;  // oldest first
  std::uint64_t closed_bytes_ = 0;
};

}  // namespace stray::capture
