// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/pid_room.hpp"

#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "observe/probes/cgroup_levels.hpp"

namespace stray {
namespace {

std::optional<std::uint32_t> number_in(const std::string& path, proc::FileReader& reader) {
  const auto text = reader.read(AT_FDCWD, path.c_str(), 64);
  const auto number = text ? proc::number_at(*text, 0) : std::nullopt;  // "max" is none
  if (!number) return {};
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*number, most));
}

// "0.52 0.58 0.59 2/1234 5678": tasks that run, of all, which include zombies and threads.
std::uint32_t tasks_of(const std::string& loadavg, proc::FileReader& reader) {
  const auto text = reader.read(AT_FDCWD, loadavg.c_str(), 128);
  const auto slash = text ? text->find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return 0;
  return static_cast<std::uint32_t>(proc::number_at(text->substr(slash + 1), 0).value_or(0));
}

}  // namespace

PidRoom pid_room(std::string_view cgroup, proc::FileReader& reader, const std::string& cgroup_root,
                 const std::string& proc_root) {
  PidRoom out;
  each_cgroup_level(cgroup_root, cgroup, "pids", [&](const std::string& folder, bool) {
    const auto limit = number_in(folder + "/pids.max", reader);
    if (!limit || *limit == 0) return;
    const std::uint32_t used = number_in(folder + "/pids.current", reader).value_or(0);
    const auto left = [](std::uint32_t of, std::uint32_t taken) { return of - std::min(of, taken); };
    if (out.limit == 0 || left(*limit, used) < left(out.limit, out.used)) out.limit = *limit, out.used = used;
  });
  out.host_limit = number_in(proc_root + "/sys/kernel/pid_max", reader).value_or(0);
  out.host_used = tasks_of(proc_root + "/loadavg", reader);
  return out;
}

}  // namespace stray
