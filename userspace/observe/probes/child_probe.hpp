// SPDX-License-Identifier: Apache-2.0
// The children of a process, and how many of them have ended without being waited for.
#pragma once

#include <cstdint>

#include "procfs/stat.hpp"

namespace stray {

struct ChildCount {
  std::uint32_t all = 0, zombies = 0;
};

// Nothing where the kernel has no /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN).
ChildCount count_children(int process_dir, proc::FileReader& reader);

}  // namespace stray
