// SPDX-License-Identifier: Apache-2.0
// Decoded records: what the core works on. One struct a kind of bpf/event.h, same meaning, same units.
//
// Ownership: strings and lists are views into the record and into the Decoder that made the event. They hold
// until the next decode; whoever keeps one copies it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/boot_time.hpp"
#include "base/process_id.hpp"
#include "base/string_list.hpp"

namespace stray {

using RawRecord = std::span<const std::byte>;  // borrowed: valid until the source is polled again

struct Tty {
  std::uint32_t major = 0, minor = 0;
  explicit operator bool() const { return major != 0 || minor != 0; }
  bool operator==(const Tty&) const = default;
};

inline constexpr std::uint32_t kNoLogin = 0xffffffff;  // loginuid and audit session that were never set

struct Fork {
  ProcessKey parent, creator;
  std::uint64_t clone_flags, cgroup_id;
  std::uint32_t pidns, ns_pid, uid, sid, pgid;
};

struct Exec {
  std::uint64_t inode, cgroup_id;
  std::uint32_t dev_major, dev_minor, nlink, argc, argv_bytes, old_tid;
  std::uint32_t uid, euid, gid, loginuid, audit_session;
  Tty tty;
  std::uint32_t sid, pgid, pidns, mntns, execs;
  std::string_view exe, cwd, cgroup, name, interp, comm;
  StringList argv;
};

struct Exit {
  ProcessKey parent, reaper;
  std::uint64_t user_ns, system_ns, runtime_ns, max_rss;
  std::uint32_t status;  // as wait(2)
  std::string_view comm;
};

struct Oom {
  ProcessKey trigger;
  std::uint64_t total_vm, anon_rss, file_rss, shmem_rss, swap, page_tables, limit;
  std::int32_t score_adj;
  std::uint32_t uid;
  std::string_view cgroup, comm;
};

struct Signal {
  ProcessKey sender;
  std::uint32_t signal;
  std::int32_t code;
  std::uint32_t result, sender_uid;
};

struct Listen {
  std::uint16_t family, port;
  std::array<std::uint8_t, 16> address;
};

struct Seed {
  ProcessKey parent;
  std::uint64_t inode, cgroup_id;
  std::uint32_t dev_major, dev_minor, nlink, uid, euid, gid, loginuid, audit_session;
  Tty tty;
  std::uint32_t sid, pgid, pidns, ns_pid, mntns, execs;
  std::string_view exe, cwd, cgroup, comm;
};

struct Session {
  std::uint64_t real_ns, memory;
  std::array<std::uint8_t, 16> boot_id;
  std::uint32_t contract, cpus, ticks_per_second, pidns;
  std::string_view host, kernel, version, machine_id;
};

struct Clock {
  std::uint64_t real_ns;
};
struct Tick {};
struct Ready {
  std::uint32_t missing_kinds;         // bit N: the kernel offers no records of kind N
  std::uint32_t missing_capabilities;  // bit N: the observer lacks capability N
  BootTime unwatched_from;             // the end of the run that this one goes on from; 0: of none
};
struct End {};
struct Gap {
  BootTime from;
  std::uint64_t count;
};
struct InferredExit {};

struct SawProcess {
  std::uint32_t ppid, sid, pgid;
  Tty tty;
  std::uint32_t uid, loginuid;
  std::array<std::uint8_t, 3> stdio;  // enum stray_stdio
  Tty stdio_tty;                      // the terminal among them, also when it is gone
  char state;
  StringList argv, env;
  std::string_view cwd, exe, cgroup, user, login, pidfile, pm2, boot_by;
  std::uint32_t boot, saved, restart;  // enum stray_boot, stray_saved, stray_restart
  std::uint32_t owner, owner_uid;      // enum stray_owner
  std::uint32_t content;               // enum stray_content
  std::string_view owned;              // the file that owner is about
};

struct SawScript {
  std::uint64_t inode, bytes, mtime_ns, ctime_ns, hash;
  std::uint32_t dev_major, dev_minor, state;  // state: enum stray_script_state
  std::string_view entry, path, link, target;
  std::uint64_t birth_ns, link_ctime_ns;
  std::uint32_t exe;  // enum stray_exe_state
  std::string_view package;
};

struct SawUsage {
  std::uint64_t rss, anon, swap, cpu_ns, limit, used, available, peak;
};

struct SawChildren {
  std::uint32_t children, zombies;
  std::uint32_t pid_limit, pids, host_limit, host_pids;  // as in struct stray_saw_children
};

struct SawSockets {
  std::span<const std::byte> raw;  // struct stray_socket[], unaligned: copy each out
  std::string_view gpu;            // the path of a device, or empty
};

// A record of a saved state, or a piece of one that did not fit into a record (record/saved_state.hpp).
struct SavedState {
  std::uint16_t kind;  // STRAY_STATE_*
  bool more;           // its body goes on in the next record
  std::string_view body;
};

struct Event {
  BootTime time{};
  ProcessKey process;  // the subject; empty for records that have none
  std::uint64_t lost = 0;
  std::uint32_t cpu = 0;
  std::uint32_t flags = 0;
  std::variant<Tick, Fork, Exec, Exit, Oom, Signal, Listen, Seed, Session, Clock, Ready, End, Gap,
               InferredExit, SawProcess, SawScript, SawUsage, SawSockets, SawChildren, SavedState>
      what;
};

}  // namespace stray
