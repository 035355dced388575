// SPDX-License-Identifier: Apache-2.0
// Files as an observed process sees them: through its own root and working directory, never out of its root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "base/descriptor.hpp"

namespace stray {

class ProcessFiles {
 public:
  using Place = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  // device, inode, mount: a directory

  explicit ProcessFiles(int process_dir);  // a directory of /proc/PID, which stays open

  // An O_PATH descriptor for an absolute path, or one relative to the working directory. Links are followed
  // as the process would follow them, except magic ones: /proc/self of the process is not ours. Empty: errno
  // says why.
  Descriptor open(const std::string& path) const;

  // The same of the last name itself, also when that is a symbolic link. Absolute paths only.
  Descriptor open_link(const std::string& path) const;

  // Where a descriptor from open() leads, as the process would name it.
  std::string path_of(int fd) const;

  bool readable() const { return readable_; }
  bool own_root() const { return own_root_; }  // the same root as stray's: the same mounts, the same files
  const Place& root_place() const { return root_place_; }  // the same: the same mounts, the same files
  const Place& cwd_place() const { return cwd_place_; }
  bool cwd_gone() const { return cwd_gone_; }                // the directory has no link left
  const std::string& cwd_text() const { return cwd_text_; }  // as the kernel names it, without " (deleted)"
  std::string cwd() const { return std::string(inside(cwd_text_)); }  // as the process would name it

  // A path of the kernel's, as the process would name it.
  std::string_view inside(std::string_view path) const;

  // The name of the executable as the kernel gives it, without " (deleted)".
  struct Executable {
    std::string path;
    bool deleted = false;
    bool replaced = false;  // and another file stands at its path
  };
  Executable executable(int process_dir) const;

 private:
  int root() const;
  int cwd_directory() const;

  int process_dir_;
  Descriptor root_;         // where it is not stray's own
  mutable Descriptor cwd_;  // opened when a file in it is: most are named from the root
  bool readable_ = false;
  Place root_place_, cwd_place_;
  std::string root_text_, cwd_text_;
  bool own_root_ = false;
  bool cwd_gone_ = false;
  bool cwd_named_ = false;  // cwd() opened from the root is the working directory
};

}  // namespace stray
