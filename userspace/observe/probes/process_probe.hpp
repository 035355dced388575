// SPDX-License-Identifier: Apache-2.0
// The parts of an observation of a process that need more than one file read.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event.h"
#include "procfs/stat.hpp"

namespace stray {

struct Stdio {
  std::array<stray_stdio, 3> kind{};
  Tty tty;                // the first terminal among them
  bool readable = false;  // /proc/PID/fd could be looked into
};
Stdio look_at_stdio(int process_dir);

// One descriptor's kind, of its link's text and of the file behind it (its st_mode and device number).
stray_stdio stdio_kind(std::string_view link, std::uint32_t mode, Tty device);

// Keeps the variables of an environment that are on a list; long values are cut.
class EnvironmentFilter {
 public:
  explicit EnvironmentFilter(const std::vector<std::string_view>& names)
      : names_(names.begin(), names.end()) {}
  void keep(std::string_view environment, std::string& out) const;

 private:
  std::set<std::string, std::less<>> names_;
};

// Names of users. A name is asked for once: the answer may come from a directory service over the network.
class UserNames {
 public:
  const std::string& of(std::uint32_t uid) { return entry(uid).name; }  // empty when there is none
  const std::string& home_of(std::uint32_t uid) { return entry(uid).home; }

 private:
  struct Entry {
    std::string name, home;
  };
  const Entry& entry(std::uint32_t uid);
  std::unordered_map<std::uint32_t, Entry> names_;
};

// argv without the NULs a title leaves behind it: at most one at the end.
std::string_view without_padding(std::string_view argv);

}  // namespace stray
