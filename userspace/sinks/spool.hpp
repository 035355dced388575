// SPDX-License-Identifier: Apache-2.0
// A bounded queue of byte strings in an unlinked file: first in, first out, nothing left behind by a crash.
//
// Disk used never exceeds the bound: what was read is punched out of the file, and an empty queue empties it.
// Where a file system cannot punch holes, room comes back when the queue is empty. No fsync: it is a buffer,
// not a store. Threads: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace stray {

class Spool {
 public:
  // "" as directory: $STATE_DIRECTORY, /var/lib/stray, $TMPDIR, /var/tmp, /tmp, the first that takes a file.
  Spool(std::string directory, std::uint64_t bytes);

  bool push(std::string_view entry);  // false: no room, or the file cannot be written
  const std::string* front();         // nullptr: empty or unreadable
  void pop();                         // removes front()
  std::uint64_t clear();              // forgets everything; how many entries that were
  std::uint64_t entries() const { return entries_; }

 private:
  bool open();
  bool open_in(const std::string& directory);
  void release();  // gives back the disk of what was read

  std::string directory_;
  std::uint64_t bound_;
  Descriptor file_;
  std::uint64_t block_ = 4096;
  std::uint64_t freed_ = 0, read_ = 0, write_ = 0;  // offsets; on disk is [freed_, write_)
  std::uint64_t entries_ = 0;
  std::string front_;
  bool front_read_ = false;
};

}  // namespace stray
