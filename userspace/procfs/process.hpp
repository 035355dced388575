// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "procfs/stat.hpp"

namespace stray::proc {

// A process held open. /proc/PID as a descriptor stays bound to this process: after its end reads fail, also
// when the pid was given to another one. So the start time is checked once, and everything read through dir()
// is of it.
class Process {
 public:
  enum class Lookup { found, gone, failed };  // failed: no descriptor left, or the like

  Lookup open(ProcessKey key, FileReader& reader);
  bool still_alive(FileReader& reader);
  // The directory to read from: of the leader, or of a live thread where the leader has ended before the
  // others.
  int dir() const { return thread_ ? thread_.get() : leader_.get(); }
  const Stat& stat() const { return stat_; }
  const std::string& name() const { return name_; }  // of what dir() is of, as its comm has it

 private:
  bool read_stat(FileReader& reader);

  Descriptor leader_, thread_, stat_file_;
  Stat stat_;
  std::string name_;
};

}  // namespace stray::proc
