// SPDX-License-Identifier: Apache-2.0
// Which process of a Type=forking service systemd takes for its main process. What it started itself carries
// SYSTEMD_EXEC_PID; of this type that one ends, and what it left behind is the service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/systemd/unit_file.hpp"
#include "procfs/stat.hpp"
#include "program/program.hpp"

namespace stray {

// As systemd decides (service_load_pid_file and unit_search_main_pid in its src/core, v252): PIDFile= names
// it; without one it is guessed, when a single process in the unit's cgroup is a child of the manager.
// `cgroup`: its path in the hierarchy that systemd uses. `root`: for tests.
bool is_main_of_forking(const CgroupPlace& place, std::string_view cgroup, const UnitFile& unit,
                        const UnitOwner& owner, std::uint32_t pid, std::uint32_t ppid,
                        proc::FileReader& reader, const std::string& root = {});

}  // namespace stray
