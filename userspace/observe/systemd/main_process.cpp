// SPDX-License-Identifier: Apache-2.0
#include "observe/systemd/main_process.hpp"

#include <fcntl.h>

#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::size_t kMembersRead = 64 * 1024;  // of cgroup.procs: a service of thousands is not guessed at

// The parent is no member of the cgroup, as a manager never is of its unit's, and has no other child in it.
bool only_child(std::string_view cgroup, std::uint32_t pid, std::uint32_t ppid, proc::FileReader& reader,
                const std::string& root) {
  const std::string file = std::string(cgroup) + "/cgroup.procs";
  auto text = reader.read(AT_FDCWD, (root + "/sys/fs/cgroup" + file).c_str(), kMembersRead);
  if (!text) text = reader.read(AT_FDCWD, (root + "/sys/fs/cgroup/systemd" + file).c_str(), kMembersRead);
  if (!text || text->empty() || text->size() == kMembersRead) return false;
  const std::string members(*text);
  const std::string self = std::to_string(pid), above = std::to_string(ppid);
  const bool another = any_part(members, '\n', [&](std::string_view member) {
    if (member.empty() || member == self) return false;
    if (member == above) return true;
    const auto stat = proc::read_stat(reader, root + "/proc/" + std::string(member) + "/stat");
    return stat && stat->ppid == ppid && !stat->ended();
  });
  return !another;
}

}  // namespace

bool is_main_of_forking(const CgroupPlace& place, std::string_view cgroup, const UnitFile& unit,
                        const UnitOwner& owner, std::uint32_t pid, std::uint32_t ppid,
                        proc::FileReader& reader, const std::string& root) {
  if (place.kind != CgroupPlace::Kind::service || !unit.forking || !cgroup.starts_with('/')) return false;
  if (unit.pidfile.empty()) return unit.guess_main && only_child(cgroup, pid, ppid, reader, root);
  const std::string path = unit_path(unit.pidfile, place.unit, owner);
  const auto text = path.empty() ? std::nullopt : reader.read_regular(root + path, 64);
  return text && proc::number_at(*text, 0) == pid;
}

}  // namespace stray
