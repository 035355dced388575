// SPDX-License-Identifier: Apache-2.0
// The folders of a process's cgroup and of those above it, in the hierarchy that has a controller.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace stray {

// `cgroup`: the text of /proc/PID/cgroup; `root`: /sys/fs/cgroup. f(folder, v1) for each level, its own
// first, without the root of the hierarchy. Nothing for a cgroup outside of our cgroup namespace.
void each_cgroup_level(const std::string& root, std::string_view cgroup, std::string_view controller,
                       const std::function<void(const std::string& folder, bool v1)>& f);

}  // namespace stray
