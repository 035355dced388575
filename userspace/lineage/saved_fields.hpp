// SPDX-License-Identifier: Apache-2.0
// The fields of processes in a saved state, and of what hangs on them. Included by saved_lineage.cpp alone.
#pragma once

#include "lineage/lineage.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Runtime> : Last<Runtime::other> {};
template <>
struct LastOf<Edge> : Last<Edge::evicted> {};

// Each names all fields of its struct, in their order: with a new one it does not compile, until that field
// has a tag here, or stands beside the others without one because it is derived.
#if defined(__x86_64__) && defined(__GLIBCXX__)
static_assert(sizeof(Lineage) == 712, "does Saved<Lineage> have all that is not derived?");
#endif

template <>
struct Saved<Image> {
  static void fields(auto& a, auto& i) {
    auto& [time, at_exec, exe, cwd, name, interp, argv, env, env_known, argc, argv_bytes, flags, inode,
           dev_major, dev_minor, nlink, execs, observed, content, owner, owner_uid, owned, comm, tty, sid,
           program, charge] = i;
    a(2, time);  // 1: its number
    a(3, at_exec, true);
    in_order(a, 4, exe, cwd, name, interp, argv, env, env_known, argc, argv_bytes, flags, inode, dev_major,
             dev_minor);
    a(17, nlink, 1u);
    in_order(a, 18, comm, tty, sid);
    in_order(a, 22, execs, observed, owner, owner_uid, owned, content);
    using A = std::remove_cvref_t<decltype(a)>;
    std::string bytes;
    if constexpr (!A::kReads) bytes = save_program(program);
    a(21, bytes);
    if constexpr (A::kReads)
      if (!restore_program(program, bytes)) a.fail();
  }
};

template <>
struct Saved<SignalSeen> {
  static void fields(auto& a, auto& s) {
    auto& [time, signal, from_kernel, sender, sender_name, sender_uid] = s;
    in_order(a, 1, time, signal, from_kernel, sender, sender_name, sender_uid);
  }
};

template <>
struct Saved<Ended> {
  static void fields(auto& a, auto& e) {
    auto& [time, status, user_ns, system_ns, runtime_ns, max_rss, killer, reaper, inferred, oom] = e;
    in_order(a, 1, time, status, user_ns, system_ns, runtime_ns, max_rss, killer, reaper, inferred, oom);
  }
};

template <>
struct Saved<ScriptSeen> {
  static void fields(auto& a, auto& s) {
    auto& [time, state, entry, path, inode, bytes, mtime_ns, ctime_ns, hash, dev_major, dev_minor, birth_ns,
           link_ctime_ns, link, target, package] = s;
    in_order(a, 1, time, state, entry, path, inode, bytes, mtime_ns, ctime_ns, hash, dev_major, dev_minor,
             birth_ns, link_ctime_ns, link, target, package);
  }
};

template <>
struct Saved<MemoryHour> {
  static void fields(auto& a, auto& h) {
    auto& [hour, sum, looks] = h;
    in_order(a, 1, hour, sum, looks);
  }
};

template <>
struct Saved<CpuSample> {
  static void fields(auto& a, auto& s) {
    auto& [time, ns] = s;
    in_order(a, 1, time, ns);
  }
};

template <>
struct Saved<ZombieRise> {
  static void fields(auto& a, auto& r) {
    auto& [since, from] = r;
    in_order(a, 1, since, from);
  }
};

template <>
struct Saved<ShortLife> {
  static void fields(auto& a, auto& l) {
    auto& [began, ended, status, what, name] = l;
    in_order(a, 1, began, ended, status, what, name);
  }
};

template <>
struct Saved<Listening> {
  static void fields(auto& a, auto& s) {
    auto& [family, port, address] = s;
    in_order(a, 1, family, port, address);
  }
};

template <>
struct Saved<Observed> {
  static void fields(auto& a, auto& o) {
    auto& [process_time, usage_time, sockets_time, gone, stdio, flags, stdio_tty, cwd, exe, user, login,
           pidfile, pm2, title, script, script_first, script_missing_since, script_changed_since, exe_state,
           boot, saved, restart, boot_by, rss, anon, swap, cpu_ns, peak, memory_limit, memory_used,
           memory_available, hours, cpu_samples, children_time, children, zombies, zombie_rise, pid_limit,
           pids, host_limit, host_pids, gpu, sockets, charge] = o;
    in_order(a, 1, process_time, usage_time, sockets_time, gone, stdio, flags, stdio_tty, cwd, exe, user,
             login, pidfile, pm2, title, script, script_first, script_missing_since, rss, anon, swap, cpu_ns,
             sockets, script_changed_since, exe_state, boot, saved, boot_by, memory_limit, memory_used,
             memory_available, hours, children_time, children, zombies, restart, peak, cpu_samples, gpu,
             zombie_rise, pid_limit, pids, host_limit, host_pids);
  }
};

template <>
struct Saved<Process> {
  static void fields(auto& a, auto& p, auto& links) {
    auto& [key, ns_pid, pidns, mntns, uid, sid, pgid, loginuid, audit_session, tty, cgroup_id, cgroup_path,
           parent, origin, creator, parent_key, parent_edge, origin_edge, reparented, image, past, images,
           kthread, subreaper, namespace_init, seeded, oom, skeleton, unread, ended, last_signal, seen,
           unreaped_most, short_lives, first_child, last_child, next, previous, live_children, needed_by,
           death] = p;
    in_order(a, 1, ns_pid, pidns, mntns, uid, sid, pgid);
    a(7, loginuid, kNoLogin);
    a(8, audit_session, kNoLogin);
    in_order(a, 9, tty, cgroup_id, parent_key, parent_edge, origin_edge, reparented, images, kthread,
             subreaper, namespace_init, seeded, oom, ended, last_signal, seen, links.cgroup, links.linked,
             links.place, links.origin, links.creator, links.image, links.past, links.died, skeleton,
             links.unlisted, unreaped_most, short_lives, unread);
  }
};

template <>
struct Saved<Lineage> {
  static void fields(auto& a, auto& l) {
    in_order(a, 1, l.now_, l.ready_, l.counts_.evicted_detail, l.counts_.evicted, l.counts_.broken_edges,
             l.waiting_, l.runtimes_, l.session_ttys_, l.counts_.cut_argv, l.cut_again_, l.gone_,
             l.next_gone_);
  }
};

}  // namespace tlv

}  // namespace stray
