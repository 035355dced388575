// SPDX-License-Identifier: Apache-2.0
// The file that --output names, and those that it is continued in: FILE, then FILE.000001, FILE.000002, ...,
// the oldest deleted when all together exceed a bound. Or FILE anew, after somebody else has moved it away.
//
// Threads: advance() belongs to who writes; the rest to who decides.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "base/descriptor.hpp"

namespace stray {

class OutputFiles {
 public:
  // Opens FILE, which must be new; `series`: or else the next of what earlier runs left, which counts too.
  // total 0: no bound. Throws std::system_error.
  OutputFiles(std::string path, std::uint64_t total, bool series);

  int fd() const { return file_.get(); }
  const std::string& path() const { return path_; }
  // Whether the open file does not stand under its name any more.
  bool was_moved() const;
  // What advance() will do: open the same name again, or the next one.
  void open_again() { again_ = true; }
  // The descriptor to write to from now on: the old one where no other can be had.
  int advance();
  std::string take_warning();  // what went wrong there; empty: nothing new

 private:
  void open_next();
  void open_same();
  void remember(const std::string& path);
  void keep_bound();
  std::string name_of(std::uint64_t number) const;

  struct Closed {
    std::string path;
    std::uint64_t bytes;
  };
  const std::string path_;
  const std::uint64_t total_;
  std::uint64_t next_ = 0;
  std::deque<Closed> closed_;  // oldest first
  Descriptor file_;
  mutable std::mutex mutex_;  // of the name and the warning
  std::string current_, warning_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::atomic<bool> again_{false};
};

}  // namespace stray
