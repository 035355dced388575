// SPDX-License-Identifier: Apache-2.0
#include "procfs/missing_parents.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>

#include "event.h"
#include "procfs/process.hpp"
#include "record/wire.hpp"

namespace stray::proc {
namespace {

std::uint32_t id_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint32_t>(number_at(text, index).value_or(0));
}

std::uint32_t namespace_of(int dir, const char* name) {
  struct stat info {};
  return ::fstatat(dir, name, &info, 0) == 0 ? static_cast<std::uint32_t>(info.st_ino) : 0;
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
  if (stat.kernel_thread()) seed.head.flags |= STRAY_SEED_KTHREAD;
  if (seed.ns_pid == 1) seed.head.flags |= STRAY_SEED_NAMESPACE_INIT;
  const std::string_view name = stat_name(reader.read(process.dir(), "stat").value_or(""));
  if (!name.empty()) std::memcpy(seed.comm, name.data(), std::min(name.size(), sizeof seed.comm - 1));
}

std::string link_of(int dir, const char* name) {
  LinkReader link;
  return link.read(dir, name) ? std::string(link.text()) : std::string();
}

}  // namespace

void MissingParents::saw(RawRecord raw) {
  stray_seed seed{};
  std::memcpy(&seed, raw.data(), std::min(sizeof seed, raw.size()));
  seen_.push_back({BootTime{seed.head.start_ns}, seed.head.tgid});
  if (seed.parent.tgid != 0) named_.push_back({BootTime{seed.parent.start_ns}, seed.parent.tgid});
}

void MissingParents::make(BootTime now, const std::function<void(RawRecord)>& sink) {
  std::ranges::sort(seen_);
  std::ranges::sort(named_);
  const auto end = std::unique(named_.begin(), named_.end());
  FileReader reader;
  Process process;
  for (auto key = named_.begin(); key != end; ++key) {
    if (std::ranges::binary_search(seen_, *key)) continue;
    // Gone meanwhile, or in a namespace that /proc does not show.
    if (process.open(*key, reader) != Process::Lookup::found) continue;
    wire::Record<stray_seed> seed(wire::head(STRAY_SEED, now, *key));
    seed.set([&](stray_seed& fixed) {
      add_numbers(process, reader, fixed);
      const auto parent = std::ranges::find(seen_, process.stat().ppid, &ProcessKey::tgid);
      if (parent != seen_.end()) fixed.parent = wire::id(*parent);
    });
    const int dir = process.dir();
    seed.add(&stray_seed::exe, wire::leaf_first(link_of(dir, "exe")))
        .add(&stray_seed::cwd, wire::leaf_first(link_of(dir, "cwd")))
        .add(&stray_seed::cgroup, wire::leaf_first(cgroup_path(reader.read(dir, "cgroup").value_or(""))));
    sink(seed.bytes());
  }
}

}  // namespace stray::proc
