// SPDX-License-Identifier: Apache-2.0
// On which file systems of others a process stands, by names alone: none of them is touched, since one may
// not answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

struct Mount {
  std::string device;  // "0:45": the same wherever and how often it is mounted
  std::string point, type, source;
};

// The mounts of a mountinfo (proc_pid_mountinfo(5)), those of other hosts and of programs alone marked by
// is_foreign().
std::vector<Mount> parse_mountinfo(std::string_view text);

// Served by another host or by a program: it may stop to answer.
bool is_foreign(const Mount& mount);

// The mount that a path without symbolic links leads to; nullptr: none.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path);

// The foreign mounts that the working directory, the root, the executable, the standard files and the entry
// of a process are on, each once.
std::vector<Mount> foreign_mounts_of(std::uint32_t tgid, const std::string& entry);

}  // namespace stray
