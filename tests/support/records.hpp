// SPDX-License-Identifier: Apache-2.0
// Records built in memory, as the kernel and the observer would send them: the tests' way into the core.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event.h"
#include "record/wire.hpp"

namespace stray::records {

using Bytes = std::vector<std::byte>;

// A process of a test: its pid and the second of its start.
inline ProcessKey key(std::uint32_t tgid, std::uint64_t start_s) {
  return {BootTime{start_s * 1'000'000'000}, tgid};
}
inline BootTime at(double s) { return BootTime{static_cast<std::uint64_t>(s * 1e9)}; }

template <typename T>
Bytes bytes_of(wire::Record<T>& record) {
  const auto raw = record.bytes();
  return {raw.begin(), raw.end()};
}

inline std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += word + '\0';
  return out;
}

struct Who {
  std::uint32_t uid = 1000, sid = 0, pgid = 0, pidns = 1, tty_major = 0, tty_minor = 0;
  std::string cgroup = "/";
  std::uint32_t execs = 0;  // 0: as in captures before contract 4
  std::uint64_t inode = 0;
};

inline Bytes session(BootTime time = at(1), std::uint64_t real_s = 1'700'000'000) {
  wire::Record<stray_session> record(wire::head(STRAY_SESSION, time));
  record.set([&](stray_session& s) {
    s.real_ns = real_s * 1'000'000'000, s.memory = 4ull << 30, s.contract = STRAY_CONTRACT, s.cpus = 2;
    s.ticks_per_second = 100;
    for (int i = 0; i < 16; ++i) s.boot_id[i] = static_cast<__u8>(i);
  });
  record.add(&stray_session::host, "testhost")
      .add(&stray_session::kernel, "6.1")
      .add(&stray_session::version, "0");
  return bytes_of(record);
}

inline Bytes fork(ProcessKey child, ProcessKey parent, BootTime time, ProcessKey creator = {}, Who who = {}) {
  wire::Record<stray_fork> record(wire::head(STRAY_FORK, time, child));
  record.set([&](stray_fork& f) {
    f.parent = wire::id(parent), f.creator = wire::id(creator ? creator : parent);
    f.pidns = who.pidns, f.ns_pid = child.tgid, f.uid = who.uid, f.sid = who.sid, f.pgid = who.pgid;
  });
  return bytes_of(record);
}

inline Bytes exec(ProcessKey who_key, BootTime time, std::string_view exe,
                  const std::vector<std::string>& argv, Who who = {}, std::string_view cwd = "/srv/app",
                  std::uint32_t flags = 0) {
  wire::Record<stray_exec> record(wire::head(STRAY_EXEC, time, who_key, flags));
  const std::string args = joined(argv);
  record.set([&](stray_exec& e) {
    e.argc = static_cast<__u32>(argv.size()), e.argv_bytes = static_cast<__u32>(args.size()),
    e.old_tid = who_key.tgid;
    e.execs = who.execs, e.inode = who.inode, e.uid = e.euid = who.uid, e.nlink = 1, e.sid = who.sid,
    e.pgid = who.pgid, e.pidns = who.pidns;
    e.tty_major = who.tty_major, e.tty_minor = who.tty_minor;
    e.loginuid = e.audit_session = kNoLogin;
    const auto name = exe.substr(exe.rfind('/') + 1);
    name.copy(reinterpret_cast<char*>(e.comm), 15);
  });
  record.add(&stray_exec::exe, wire::leaf_first(exe)).add(&stray_exec::cwd, wire::leaf_first(cwd));
  record.add(&stray_exec::cgroup, wire::leaf_first(who.cgroup)).add(&stray_exec::name, exe);
  record.add(&stray_exec::argv, args);
  return bytes_of(record);
}

inline Bytes exit(ProcessKey who, BootTime time, std::uint32_t status = 0, ProcessKey reaper = {},
                  std::uint32_t flags = 0) {
  wire::Record<stray_exit> record(wire::head(STRAY_EXIT, time, who, flags));
  record.set([&](stray_exit& e) { e.status = status, e.reaper = wire::id(reaper); });
  return bytes_of(record);
}

inline Bytes signal(ProcessKey target, BootTime time, std::uint32_t number, ProcessKey sender,
                    std::uint32_t flags = 0) {
  wire::Record<stray_signal> record(wire::head(STRAY_SIGNAL, time, target, flags));
  record.set([&](stray_signal& s) { s.signal = number, s.sender = wire::id(sender); });
  return bytes_of(record);
}

inline Bytes seed(ProcessKey who_key, ProcessKey parent, std::string_view exe, BootTime time,
                  std::uint32_t flags = 0, Who who = {}) {
  wire::Record<stray_seed> record(wire::head(STRAY_SEED, time, who_key, flags));
  record.set([&](stray_seed& s) {
    s.parent = wire::id(parent), s.uid = who.uid, s.sid = who.sid, s.pgid = who.pgid, s.pidns = who.pidns;
    s.execs = who.execs, s.inode = who.inode, s.ns_pid = who_key.tgid, s.nlink = 1,
    s.tty_major = who.tty_major, s.tty_minor = who.tty_minor;
    s.loginuid = s.audit_session = kNoLogin;
  });
  record.add(&stray_seed::exe, wire::leaf_first(exe)).add(&stray_seed::cwd, wire::leaf_first("/"));
  record.add(&stray_seed::cgroup, wire::leaf_first(who.cgroup));
  return bytes_of(record);
}

inline Bytes ready(BootTime time) {
  wire::Record<stray_ready> record(wire::head(STRAY_READY, time));
  return bytes_of(record);
}

inline Bytes tick(BootTime time, std::uint64_t lost = 0) {
  stray_head head = wire::head(STRAY_TICK, time);
  head.lost = lost;
  wire::Record<stray_tick> record(head);
  return bytes_of(record);
}

inline Bytes inferred_exit(ProcessKey who, BootTime time) {
  wire::Record<stray_inferred_exit> record(wire::head(STRAY_INFERRED_EXIT, time, who));
  return bytes_of(record);
}

inline Bytes listen(ProcessKey who, BootTime time, std::uint16_t port, bool loopback = true) {
  wire::Record<stray_listen> record(wire::head(STRAY_LISTEN, time, who));
  record.set([&](stray_listen& l) {
    l.family = 2, l.port = port;
    if (loopback) l.address[0] = 127, l.address[3] = 1;
  });
  return bytes_of(record);
}

struct Saw {
  std::uint32_t ppid = 0, sid = 0, pgid = 0;
  Tty tty{};
  std::vector<std::string> argv{}, env{};
  std::string cwd = "/srv/app", exe{}, cgroup = "/", pidfile{};
  std::uint32_t boot = 0, saved = 0, restart = 0;
  std::string boot_by{};
  std::uint32_t flags = STRAY_SAW_ENVIRON | STRAY_SAW_STDIO;
  std::uint8_t stdio = STRAY_STDIO_NULL;
  std::uint32_t uid = 1000;
  std::string user = "alice";
  std::uint32_t owner = STRAY_OWNER_UNKNOWN, owner_uid = 0, content = STRAY_CONTENT_UNKNOWN;
  std::string owned{};
};

inline Bytes saw(ProcessKey who, BootTime time, const Saw& saw = {}) {
  wire::Record<stray_saw_process> record(wire::head(STRAY_SAW_PROCESS, time, who, saw.flags));
  record.set([&](stray_saw_process& s) {
    s.ppid = saw.ppid, s.sid = saw.sid, s.pgid = saw.pgid, s.uid = saw.uid, s.loginuid = kNoLogin,
    s.state = 'S';
    s.tty_major = saw.tty.major, s.tty_minor = saw.tty.minor;
    for (int i = 0; i < 3; ++i) s.stdio[i] = saw.stdio;
    s.boot = saw.boot, s.saved = saw.saved, s.restart = saw.restart;
    s.owner = saw.owner, s.owner_uid = saw.owner_uid, s.content = saw.content;
  });
  record.add(&stray_saw_process::boot_by, saw.boot_by);
  record.add(&stray_saw_process::argv, joined(saw.argv)).add(&stray_saw_process::env, joined(saw.env));
  record.add(&stray_saw_process::cwd, saw.cwd).add(&stray_saw_process::exe, saw.exe);
  record.add(&stray_saw_process::cgroup, saw.cgroup).add(&stray_saw_process::pidfile, saw.pidfile);
  record.add(&stray_saw_process::user, saw.user).add(&stray_saw_process::owned, saw.owned);
  return bytes_of(record);
}

struct Code {  // what a look at a script finds
  std::uint64_t inode = 7, hash = 0, bytes = 0, mtime_ns = 0, birth_ns = 0, link_ctime_ns = 0;
  std::uint32_t exe = STRAY_EXE_UNKNOWN;
  std::string path{}, link{}, target{}, package{};  // path: empty: as the entry
};

inline Bytes saw_script(ProcessKey who, BootTime time, std::uint32_t state, std::string_view entry,
                        const Code& code = {}) {
  wire::Record<stray_saw_script> record(wire::head(STRAY_SAW_SCRIPT, time, who));
  record.set([&](stray_saw_script& s) {
    s.state = state, s.inode = code.inode, s.hash = code.hash, s.bytes = code.bytes, s.exe = code.exe;
    s.mtime_ns = code.mtime_ns, s.birth_ns = code.birth_ns, s.link_ctime_ns = code.link_ctime_ns;
  });
  record.add(&stray_saw_script::entry, entry);
  record.add(&stray_saw_script::path, code.path.empty() ? entry : std::string_view(code.path));
  record.add(&stray_saw_script::link, code.link).add(&stray_saw_script::target, code.target);
  record.add(&stray_saw_script::package, code.package);
  return bytes_of(record);
}

struct Pids {  // limits, and what is taken of them
  std::uint32_t limit = 0, used = 0, host_limit = 0, host_used = 0;
};

inline Bytes saw_children(ProcessKey who, BootTime time, std::uint32_t zombies, Pids pids = {}) {
  wire::Record<stray_saw_children> record(wire::head(STRAY_SAW_CHILDREN, time, who));
  record.set([&](stray_saw_children& c) {
    c.children = c.zombies = zombies;
    c.pid_limit = pids.limit, c.pids = pids.used, c.host_limit = pids.host_limit,
    c.host_pids = pids.host_used;
  });
  return bytes_of(record);
}

inline Bytes saw_usage(ProcessKey who, BootTime time, std::uint64_t rss, std::uint64_t limit = 0,
                       std::uint64_t peak = 0, std::uint64_t cpu_ns = 0) {
  wire::Record<stray_saw_usage> record(wire::head(STRAY_SAW_USAGE, time, who));
  record.set([&](stray_saw_usage& u) {
    u.rss = rss, u.anon = rss / 2, u.limit = limit, u.peak = peak, u.cpu_ns = cpu_ns;
  });
  return bytes_of(record);
}

inline Bytes saw_sockets(ProcessKey who, BootTime time, const std::vector<std::uint16_t>& ports,
                         bool loopback = true, std::string_view gpu = {}) {
  std::string list;
  for (const auto port : ports) {
    stray_socket one{2, port, {}};
    if (loopback) one.address[0] = 127, one.address[3] = 1;
    list.append(reinterpret_cast<const char*>(&one), sizeof one);
  }
  wire::Record<stray_saw_sockets> record(wire::head(STRAY_SAW_SOCKETS, time, who));
  record.add(&stray_saw_sockets::sockets, list).add(&stray_saw_sockets::gpu, gpu);
  return bytes_of(record);
}

inline Bytes oom(ProcessKey victim, BootTime time, std::string_view cgroup) {
  wire::Record<stray_oom> record(wire::head(STRAY_OOM, time, victim, STRAY_OOM_MEMCG));
  record.set([&](stray_oom& o) { o.anon_rss = 100u << 20, o.limit = 100u << 20; });
  record.add(&stray_oom::cgroup, wire::leaf_first(cgroup));
  return bytes_of(record);
}

}  // namespace stray::records
