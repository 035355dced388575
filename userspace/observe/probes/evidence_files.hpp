// SPDX-License-Identifier: Apache-2.0
// Files beside a process that say how it is supervised: pid files, and PM2's ecosystem file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "observe/rooted_files.hpp"
#include "procfs/stat.hpp"

namespace stray {

// More directories to look for pid files in. Observers look in threads of their own: another list may take
// its place meanwhile.
class PidFileDirs {
 public:
  using List = std::vector<std::string>;
  void set(List dirs) { list_.store(std::make_shared<const List>(std::move(dirs))); }
  std::shared_ptr<const List> get() const { return list_.load(); }

 private:
  std::atomic<std::shared_ptr<const List>> list_{std::make_shared<const List>()};
};

class PidFiles {
 public:
  explicit PidFiles(std::shared_ptr<const PidFileDirs> more = {}) : more_(std::move(more)) {}

  struct Owner {
    std::uint64_t pid;  // as the process itself knows it
    std::uint32_t uid, euid;
  };

  // The path of a pid file of this process, or empty: in /run, /var/run, /tmp, those of the configuration,
  // its directory or the one above. It counts only when it belongs to the process's user or to root.
  std::string find(const ProcessFiles& files, const Owner& owner, BootTime now, proc::FileReader& reader);

 private:
  struct Entry {
    std::uint64_t pid;
    std::uint32_t owner;
    std::string path;
  };
  void scan(const ProcessFiles& files, const std::string& directory, proc::FileReader& reader,
            std::vector<Entry>& out) const;

  std::shared_ptr<const PidFileDirs> more_;
  std::vector<Entry> shared_;  // of the directories that all share, as stray itself sees them
  BootTime shared_at_{};
  bool shared_known_ = false;
};

// The path of an ecosystem file of PM2 in the process's directory or at most four levels up, or empty.
std::string ecosystem_file(const ProcessFiles& files);

}  // namespace stray
