// SPDX-License-Identifier: Apache-2.0
// How many pids are left: in the cgroup of a process, and on the host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "procfs/stat.hpp"

namespace stray {

struct PidRoom {
  std::uint32_t limit = 0, used = 0;            // of the cgroup with the fewest left; 0: no limit
  std::uint32_t host_limit = 0, host_used = 0;  // 0: not known
};

// `cgroup`: the text of /proc/PID/cgroup.
PidRoom pid_room(std::string_view cgroup, proc::FileReader& reader,
                 const std::string& cgroup_root = "/sys/fs/cgroup", const std::string& proc_root = "/proc");

}  // namespace stray
