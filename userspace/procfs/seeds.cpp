// SPDX-License-Identifier: Apache-2.0
#include "procfs/seeds.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "event.h"
#include "record/wire.hpp"

namespace stray::proc {
namespace {

constexpr std::uint32_t kNoLogin = ~0u;           // loginuid of who never logged in (audit)
constexpr std::size_t kMostProcesses = 1u << 22;  // PID_MAX_LIMIT of linux/threads.h

std::uint32_t id_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint32_t>(number_at(text, index).value_or(0));
}

std::uint32_t namespace_of(int dir, const char* name) {
  struct stat info {};
  return ::fstatat(dir, name, &info, 0) == 0 ? static_cast<std::uint32_t>(info.st_ino) : 0;
}

// Of a file that holds one number and nothing else.
std::uint32_t number_in(const Process& process, FileReader& reader, const char* file) {
  return id_at(reader.read_piece(process.dir(), file).value_or(""), 0);
}

void add_numbers(const Process& process, FileReader& reader, stray_seed& seed) {
  const Stat& stat = process.stat();
  seed.pgid = stat.pgid, seed.sid = stat.sid;
  seed.tty_major = stat.tty.major, seed.tty_minor = stat.tty.minor;
  seed.pidns = namespace_of(process.dir(), "ns/pid"), seed.mntns = namespace_of(process.dir(), "ns/mnt");
  struct stat exe {};
  if (::fstatat(process.dir(), "exe", &exe, 0) == 0) {
    seed.inode = exe.st_ino, seed.nlink = static_cast<__u32>(exe.st_nlink);
    seed.dev_major = major(exe.st_dev), seed.dev_minor = minor(exe.st_dev);
  }
  const std::string_view status = reader.read(process.dir(), "status").value_or("");
  const std::string_view uids = status_field(status, "Uid");
  seed.uid = id_at(uids, 0), seed.euid = id_at(uids, 1), seed.gid = id_at(status_field(status, "Gid"), 0);
  seed.ns_pid = static_cast<__u32>(innermost_pid(status).value_or(0));
  seed.loginuid = number_in(process, reader, "loginuid");
  seed.audit_session = number_in(process, reader, "sessionid");
  if (seed.loginuid != kNoLogin) seed.head.flags |= STRAY_SEED_LOGINUID;
  if (stat.kernel_thread()) seed.head.flags |= STRAY_SEED_KTHREAD;
  if (seed.ns_pid == 1) seed.head.flags |= STRAY_SEED_NAMESPACE_INIT;
  const std::string_view name = stat_name(reader.read(process.dir(), "stat").value_or(""));
  if (!name.empty()) std::memcpy(seed.comm, name.data(), std::min(name.size(), sizeof seed.comm - 1));
}

// Where the link leads; " (deleted)" behind it, which the kernel adds, becomes the flag (proc(5)).
std::string link_of(int dir, const char* name, std::uint16_t deleted, stray_head& head) {
  constexpr std::string_view kDeleted = " (deleted)";
  LinkReader link;
  std::string out = link.read(dir, name) ? std::string(link.text()) : std::string();
  struct stat info {};
  if (out.ends_with(kDeleted) && ::fstatat(dir, name, &info, 0) == 0 && info.st_nlink == 0) {
    out.resize(out.size() - kDeleted.size());
    head.flags |= deleted;
  }
  return out;
}

bool is_systemd(const stray_seed& seed, std::string_view exe) {
  return std::strncmp(reinterpret_cast<const char*>(seed.comm), "systemd", sizeof seed.comm) == 0 &&
         exe.ends_with("/systemd");
}

std::vector<std::uint32_t> all_pids() {
  std::vector<std::uint32_t> out;
  for_each_entry(AT_FDCWD, "/proc", 2 * kMostProcesses, [&](int, const char* name) {
    std::uint32_t pid = 0;
    const char* end = name + std::strlen(name);
    if (const auto [at, error] = std::from_chars(name, end, pid); error == std::errc{} && at == end)
      out.push_back(pid);
    return true;
  });
  return out;
}

struct Known {
  ProcessKey key;
  std::uint32_t ppid = 0;
  bool zombie = false;
};

// The same of all, so that each knows the key of its parent.
std::map<std::uint32_t, Known> all_known(FileReader& reader) {
  std::map<std::uint32_t, Known> out;
  for (const std::uint32_t pid : all_pids())
    if (const auto stat = read_stat(reader, pid))
      out[pid] = {{BootTime{stat->start_ticks * tick_ns()}, pid}, stat->ppid, stat->state == 'Z'};
  return out;
}

}  // namespace

void feed_seed(const Process& process, FileReader& reader, ProcessKey key, ProcessKey parent, BootTime now,
               const SeedSink& sink) {
  wire::Record<stray_seed> seed(wire::head(STRAY_SEED, now, key));
  const int dir = process.dir();
  std::string exe, cwd;
  seed.set([&](stray_seed& fixed) {
    add_numbers(process, reader, fixed);
    exe = link_of(dir, "exe", STRAY_SEED_EXE_DELETED, fixed.head);
    cwd = link_of(dir, "cwd", STRAY_SEED_CWD_DELETED, fixed.head);
    if (exe.starts_with("/memfd:")) fixed.head.flags |= STRAY_SEED_MEMFD;
    if (is_systemd(fixed, exe)) fixed.head.flags |= STRAY_SEED_SUBREAPER;
    if (parent.tgid != 0) fixed.parent = wire::id(parent);
  });
  seed.add(&stray_seed::exe, wire::leaf_first(exe))
      .add(&stray_seed::cwd, wire::leaf_first(cwd))
      .add(&stray_seed::cgroup, wire::leaf_first(cgroup_path(reader.read(dir, "cgroup").value_or(""))));
  sink(seed.bytes());
}

void feed_all_seeds(BootTime now, const SeedSink& sink) {
  FileReader reader;
  Process process;
  const auto known = all_known(reader);
  std::vector<Known> order;
  for (const auto& [pid, one] : known) order.push_back(one);
  std::ranges::stable_sort(order, {}, [](const Known& one) { return one.key.start; });
  for (const Known& one : order) {
    const auto at = known.find(one.ppid);
    const ProcessKey parent = at == known.end() ? ProcessKey{} : at->second.key;
    if (one.zombie) {
      wire::Record<stray_seed> zombie(wire::head(STRAY_SEED, now, one.key, STRAY_SEED_ZOMBIE));
      sink(zombie.set([&](stray_seed& seed) { seed.parent = wire::id(parent); }).bytes());
      continue;
    }
    if (process.open(one.key, reader) == Process::Lookup::found)
      feed_seed(process, reader, one.key, parent, now, sink);
  }
}

}  // namespace stray::proc
