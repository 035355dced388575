// SPDX-License-Identifier: Apache-2.0
// /proc/PID/stat, status and cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "procfs/read.hpp"
#include "record/event.hpp"

namespace stray::proc {

// What stray uses of /proc/PID/stat (proc(5)); times in clock ticks.
struct Stat {
  char state = 0;
  std::uint32_t ppid = 0, pgid = 0, sid = 0, flags = 0, threads = 0;
  Tty tty;
  std::uint64_t user_ticks = 0, system_ticks = 0, start_ticks = 0;

  bool kernel_thread() const;
  bool ended() const;  // a zombie, or on its way to become one: memory and descriptors are gone
};
std::optional<Stat> parse_stat(std::string_view text);

// Of a process that need not be there any more. `path` is that of its stat: "/proc/PID/stat".
std::optional<Stat> read_stat(FileReader& reader, const std::string& path);
std::optional<Stat> read_stat(FileReader& reader, std::uint32_t pid);

// The name in it, which may hold anything.
std::string_view stat_name(std::string_view text);

// Nanoseconds of one clock tick, the unit of /proc/PID/stat.
std::uint64_t tick_ns();

// The value of "Name:\tvalue\n" in /proc/PID/status, or empty. The process cannot forge a line: the kernel
// escapes newlines in its name.
std::string_view status_field(std::string_view status, std::string_view name);

// The pid in the innermost pid namespace, the one the process itself knows: the last number of NSpid.
std::optional<std::uint64_t> innermost_pid(std::string_view status);

// "1 \t22 333": the number at `index`, or nothing.
std::optional<std::uint64_t> number_at(std::string_view text, std::size_t index);

// The cgroup of /proc/PID/cgroup: of the unified hierarchy, else of name=systemd.
std::string_view cgroup_path(std::string_view text);

}  // namespace stray::proc
