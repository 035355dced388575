// SPDX-License-Identifier: Apache-2.0
// Files beside a process that say how it is supervised: pid files, and PM2's ecosystem file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "observe/for_a_pass.hpp"
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
  const std::vector<Entry>& entries(const ProcessFiles& files, const std::string& directory, BootTime now,
                                    proc::FileReader& reader);

  std::shared_ptr<const PidFileDirs> more_;
  ForAPass<std::pair<ProcessFiles::Place, std::string>, std::vector<Entry>> known_;  // by root and path
};

class EcosystemFiles {
 public:
  // The path of an ecosystem file of PM2 in the process's directory or at most four levels up, or empty.
  std::string find(const ProcessFiles& files, BootTime now);

 private:
  using Key = std::tuple<ProcessFiles::Place, ProcessFiles::Place, std::string>;  // root, directory, its name
  ForAPass<Key, std::string> known_;
};

}  // namespace stray
