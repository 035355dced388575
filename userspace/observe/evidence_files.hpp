// SPDX-License-Identifier: Apache-2.0
// Files beside a process that say how it is looked after: pid files, and PM2's ecosystem file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "observe/proc_files.hpp"
#include "observe/process_files.hpp"

namespace stray {

class PidFiles {
 public:
  struct Owner {
    std::uint64_t pid;  // as the process itself knows it
    std::uint32_t uid, euid;
  };

  // The path of a pid file of this process, or empty: in /run, /var/run, /tmp, its directory or the one
  // above. It counts only when it belongs to the process's user or to root.
  std::string find(const ProcessFiles& files, const Owner& owner, BootTime now, proc::FileReader& reader);

 private:
  struct Entry {
    std::uint64_t pid;
    std::uint32_t owner;
    std::string path;
  };
  void scan(const ProcessFiles& files, const std::string& directory, proc::FileReader& reader,
            std::vector<Entry>& out) const;

  std::vector<Entry> shared_;  // of /run, /var/run and /tmp as stray itself sees them
  BootTime shared_at_{};
  bool shared_known_ = false;
};

// The path of an ecosystem file of PM2 in the process's directory or at most four levels up, or empty.
std::string ecosystem_file(const ProcessFiles& files);

}  // namespace stray
