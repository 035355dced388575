// SPDX-License-Identifier: Apache-2.0
// The memory a process may use before the kernel acts: the limits of its memory cgroup, and the host's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "procfs/stat.hpp"

namespace stray {

class MemoryLimits {
 public:
  explicit MemoryLimits(std::string root = "/sys/fs/cgroup") : root_(std::move(root)) {}

  struct Limit {
    std::uint64_t bytes = 0;  // 0: none
    std::uint64_t used = 0;   // by the cgroup that has it
  };
  // `cgroup`: the text of /proc/PID/cgroup. The lowest limit on the way up, of either hierarchy.
  Limit of(std::string_view cgroup, proc::FileReader& reader) const;

  // MemAvailable in bytes; read once a second at most.
  std::uint64_t host_available(BootTime now, proc::FileReader& reader);

 private:
  std::string root_;
  BootTime read_at_{};
  std::uint64_t available_ = 0;
};

}  // namespace stray
