// SPDX-License-Identifier: Apache-2.0
// The fields of processes in a saved state, and of what hangs on them. Included by saved_lineage.cpp alone.
#pragma once

#include "lineage/lineage.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Runtime> {
  static constexpr auto value = Runtime::other;
};
template <>
struct LastOf<Edge> {
  static constexpr auto value = Edge::evicted;
};

// A new field needs a line below; then the size here.
#if defined(__x86_64__) && defined(__GLIBCXX__)
static_assert(sizeof(Image) == 504, "does Saved<Image> have all of it?");
static_assert(sizeof(SignalSeen) == 72, "does Saved<SignalSeen> have all of it?");
static_assert(sizeof(Ended) == 152, "does Saved<Ended> have all of it?");
static_assert(sizeof(ScriptSeen) == 240, "does Saved<ScriptSeen> have all of it?");
static_assert(sizeof(Listening) == 20, "does Saved<Listening> have all of it?");
static_assert(sizeof(Observed) == 952, "does Saved<Observed> have all of it?");
static_assert(sizeof(Process) == 520, "does Saved<Process> have all of it?");
static_assert(sizeof(Lineage) == 712, "does Saved<Lineage> have all that is not derived?");
#endif

template <>
struct Saved<Image> {
  static void fields(auto& a, auto& i) {  // 1: its number
    a(2, i.time);
    a(3, i.at_exec, true);
    a(4, i.exe);
    a(5, i.cwd);
    a(6, i.name);
    a(7, i.interp);
    a(8, i.argv);
    a(9, i.env);
    a(10, i.env_known);
    a(11, i.argc);
    a(12, i.argv_bytes);
    a(13, i.flags);
    a(14, i.inode);
    a(15, i.dev_major);
    a(16, i.dev_minor);
    a(17, i.nlink, 1u);
    a(18, i.comm);
    a(19, i.tty);
    a(20, i.sid);
    a(22, i.execs);
    using A = std::remove_cvref_t<decltype(a)>;
    std::string program;
    if constexpr (!A::kReads) program = save_program(i.program);
    a(21, program);
    if constexpr (A::kReads)
      if (!restore_program(i.program, program)) a.fail();
  }
};

template <>
struct Saved<SignalSeen> {
  static void fields(auto& a, auto& s) {
    a(1, s.time);
    a(2, s.signal);
    a(3, s.from_kernel);
    a(4, s.sender);
    a(5, s.sender_name);
    a(6, s.sender_uid);
  }
};

template <>
struct Saved<Ended> {
  static void fields(auto& a, auto& e) {
    a(1, e.time);
    a(2, e.status);
    a(3, e.user_ns);
    a(4, e.system_ns);
    a(5, e.runtime_ns);
    a(6, e.max_rss);
    a(7, e.killer);
    a(8, e.reaper);
    a(9, e.inferred);
    a(10, e.oom);
  }
};

template <>
struct Saved<ScriptSeen> {
  static void fields(auto& a, auto& s) {
    a(1, s.time);
    a(2, s.state);
    a(3, s.entry);
    a(4, s.path);
    a(5, s.inode);
    a(6, s.bytes);
    a(7, s.mtime_ns);
    a(8, s.ctime_ns);
    a(9, s.hash);
    a(10, s.dev_major);
    a(11, s.dev_minor);
    a(12, s.birth_ns);
    a(13, s.link_ctime_ns);
    a(14, s.link);
    a(15, s.target);
    a(16, s.package);
  }
};

template <>
struct Saved<MemoryHour> {
  static void fields(auto& a, auto& h) {
    a(1, h.hour);
    a(2, h.sum);
    a(3, h.looks);
  }
};

template <>
struct Saved<ShortLife> {
  static void fields(auto& a, auto& l) {
    a(1, l.began);
    a(2, l.ended);
    a(3, l.status);
    a(4, l.what);
    a(5, l.name);
  }
};

template <>
struct Saved<Listening> {
  static void fields(auto& a, auto& s) {
    a(1, s.family);
    a(2, s.port);
    a(3, s.address);
  }
};

template <>
struct Saved<Observed> {
  static void fields(auto& a, auto& o) {
    a(1, o.process_time);
    a(2, o.usage_time);
    a(3, o.sockets_time);
    a(4, o.gone);
    a(5, o.stdio);
    a(6, o.flags);
    a(7, o.stdio_tty);
    a(8, o.cwd);
    a(9, o.exe);
    a(10, o.user);
    a(11, o.login);
    a(12, o.pidfile);
    a(13, o.pm2);
    a(14, o.title);
    a(15, o.script);
    a(16, o.script_first);
    a(17, o.script_missing_since);
    a(18, o.rss);
    a(19, o.anon);
    a(20, o.swap);
    a(21, o.cpu_ns);
    a(22, o.sockets);
    a(23, o.script_changed_since);
    a(24, o.exe_state);
    a(25, o.boot);
    a(26, o.saved);
    a(27, o.boot_by);
    a(28, o.memory_limit);
    a(29, o.memory_used);
    a(30, o.memory_available);
    a(31, o.hours);
    a(32, o.children_time);
    a(33, o.children);
    a(34, o.zombies);
    a(35, o.restart);
    a(36, o.peak);
  }
};

template <>
struct Saved<Process> {
  static void fields(auto& a, auto& p, auto& links) {
    a(1, p.ns_pid);
    a(2, p.pidns);
    a(3, p.mntns);
    a(4, p.uid);
    a(5, p.sid);
    a(6, p.pgid);
    a(7, p.loginuid, kNoLogin);
    a(8, p.audit_session, kNoLogin);
    a(9, p.tty);
    a(10, p.cgroup_id);
    a(11, p.parent_key);
    a(12, p.parent_edge);
    a(13, p.origin_edge);
    a(14, p.reparented);
    a(15, p.images);
    a(16, p.kthread);
    a(17, p.subreaper);
    a(18, p.namespace_init);
    a(19, p.seeded);
    a(20, p.oom);
    a(21, p.ended);
    a(22, p.last_signal);
    a(23, p.seen);
    a(24, links.cgroup);
    a(25, links.linked);
    a(26, links.place);
    a(27, links.origin);
    a(28, links.creator);
    a(29, links.image);
    a(30, links.past);
    a(31, links.died);
    a(32, p.skeleton);
    a(33, links.unlisted);
    a(34, p.unreaped_most);
    a(35, p.short_lives);
    a(36, p.unread);
  }
};

template <>
struct Saved<Lineage> {
  static void fields(auto& a, auto& l) {
    a(1, l.now_);
    a(2, l.ready_);
    a(3, l.counts_.evicted_detail);
    a(4, l.counts_.evicted);
    a(5, l.counts_.broken_edges);
    a(6, l.waiting_);
    a(7, l.runtimes_);
    a(8, l.session_ttys_);
    a(9, l.counts_.cut_argv);
    a(10, l.cut_again_);
    a(11, l.gone_);
    a(12, l.next_gone_);
  }
};

}  // namespace tlv

}  // namespace stray
