// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/child_probe.hpp"

#include <string>

#include "base/words.hpp"

namespace stray {
namespace {

// Bounds against a process made to hold us up.
constexpr std::size_t kThreadsLookedAt = 1024;
constexpr std::size_t kListBytes = 64 * 1024;  // some 10000 pids
constexpr std::uint32_t kChildrenLookedAt = 4096;

}  // namespace

ChildCount count_children(int process_dir, proc::FileReader& reader) {
  ChildCount out;
  // A child stands with the thread that made it, until that one ends.
  proc::for_each_entry(process_dir, "task", kThreadsLookedAt, [&](int dir, const char* thread) {
    const std::string list(
        reader.read(dir, (std::string(thread) + "/children").c_str(), kListBytes).value_or(""));
    for (const std::string_view pid : split(list, ' ')) {
      if (!is_number(pid)) continue;
      if (++out.all > kChildrenLookedAt) return false;
      const auto stat = proc::read_stat(reader, "/proc/" + std::string(pid) + "/stat");
      out.zombies += stat && stat->state == 'Z';
    }
    return true;
  });
  return out;
}

}  // namespace stray
