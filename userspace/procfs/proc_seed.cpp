// SPDX-License-Identifier: Apache-2.0
#include "procfs/proc_seed.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "event.h"
#include "kernel/kernel_source.hpp"
#include "record/wire.hpp"

namespace stray::kernel {
namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What proc(5) says of /proc/PID/stat; the name is set apart because it may hold anything.
struct Stat {
  std::string comm;
  std::vector<std::string> fields;  // from field 3 on
  std::uint64_t number(std::size_t field) const { return std::stoull(fields[field - 3]); }
};

std::optional<Stat> read_stat(const std::string& dir) {
  const std::string text = read_file(dir + "stat");
  const auto open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::istringstream rest(text.substr(close + 1));
  Stat stat{text.substr(open + 1, close - open - 1), {std::istream_iterator<std::string>(rest), {}}};
  if (stat.fields.size() < 20) return std::nullopt;  // up to field 22, the start
  return stat;
}

// The numbers after "NAME:" in /proc/PID/status.
std::vector<std::uint32_t> status_line(const std::string& status, const std::string& name) {
  const auto at = status.find("\n" + name + ":");
  if (at == std::string::npos) return {};
  std::istringstream line(
      status.substr(at + name.size() + 2, status.find('\n', at + 1) - at - name.size() - 2));
  return {std::istream_iterator<std::uint32_t>(line), {}};
}

std::string link_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

std::string unified_cgroup(const std::string& text) {
  for (std::istringstream lines(text); !lines.eof();) {
    std::string line;
    std::getline(lines, line);
    if (line.starts_with("0::")) return line.substr(3);
  }
  return {};
}

stray_seed numbers_of(const Stat& stat, const std::string& dir) {
  stray_seed seed{};
  const std::string status = read_file(dir + "status");
  if (const auto uids = status_line(status, "Uid"); uids.size() >= 2) seed.uid = uids[0], seed.euid = uids[1];
  if (const auto gids = status_line(status, "Gid"); !gids.empty()) seed.gid = gids[0];
  if (const auto pids = status_line(status, "NSpid"); !pids.empty()) seed.ns_pid = pids.back();
  struct stat info {};
  if (::stat((dir + "ns/pid").c_str(), &info) == 0) seed.pidns = static_cast<__u32>(info.st_ino);
  if (::stat((dir + "ns/mnt").c_str(), &info) == 0) seed.mntns = static_cast<__u32>(info.st_ino);
  if (::stat((dir + "exe").c_str(), &info) == 0) {
    seed.inode = info.st_ino, seed.nlink = static_cast<__u32>(info.st_nlink);
    seed.dev_major = major(info.st_dev), seed.dev_minor = minor(info.st_dev);
  }
  const dev_t tty = stat.number(7);
  seed.pgid = static_cast<__u32>(stat.number(5)), seed.sid = static_cast<__u32>(stat.number(6));
  seed.tty_major = major(tty), seed.tty_minor = minor(tty);
  std::memcpy(seed.comm, stat.comm.data(), std::min(stat.comm.size(), sizeof seed.comm - 1));
  if (stat.number(9) & kKernelThread) seed.head.flags |= STRAY_SEED_KTHREAD;
  if (seed.ns_pid == 1) seed.head.flags |= STRAY_SEED_NAMESPACE_INIT;
  return seed;
}

bool same_start(const Stat& stat, ProcessKey key) {
  const auto a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return stat.number(22) == key.start.count() / (1'000'000'000 / a_second);
}

}  // namespace

void MissingParents::saw(RawRecord raw) {
  stray_seed seed{};
  std::memcpy(&seed, raw.data(), std::min(sizeof seed, raw.size()));
  seen_.push_back({BootTime{seed.head.start_ns}, seed.head.tgid});
  if (seed.parent.tgid != 0) named_.push_back({BootTime{seed.parent.start_ns}, seed.parent.tgid});
}

void MissingParents::make(const std::function<void(RawRecord)>& sink) {
  std::ranges::sort(seen_);
  std::ranges::sort(named_);
  const auto end = std::unique(named_.begin(), named_.end());
  for (auto key = named_.begin(); key != end; ++key) {
    if (std::ranges::binary_search(seen_, *key)) continue;
    const std::string dir = "/proc/" + std::to_string(key->tgid) + "/";
    const auto stat = read_stat(dir);
    if (!stat || !same_start(*stat, *key))
      continue;  // gone meanwhile, or in a namespace that /proc does not show
    const stray_seed numbers = numbers_of(*stat, dir);
    wire::Record<stray_seed> seed(wire::head(STRAY_SEED, boot_now(), *key, numbers.head.flags));
    seed.set([&](stray_seed& fixed) {
      const stray_head head = fixed.head;
      fixed = numbers;
      fixed.head = head;
      const auto parent = std::ranges::find(seen_, stat->number(4), &ProcessKey::tgid);
      if (parent != seen_.end()) fixed.parent = wire::id(*parent);
    });
    seed.add(&stray_seed::exe, wire::leaf_first(link_target(dir + "exe")))
        .add(&stray_seed::cwd, wire::leaf_first(link_target(dir + "cwd")))
        .add(&stray_seed::cgroup, wire::leaf_first(unified_cgroup(read_file(dir + "cgroup"))));
    sink(seed.bytes());
  }
}

}  // namespace stray::kernel
