// SPDX-License-Identifier: Apache-2.0
#include "record/decode.hpp"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <type_traits>

#include "event.h"

namespace stray {
namespace {

constexpr std::string_view kCut = "\xe2\x80\xa6";  // an ellipsis stands where path components were cut

ProcessKey key(const stray_id& id) { return {BootTime{id.start_ns}, id.tgid}; }

std::string_view fixed_text(const __u8* bytes, std::size_t size) {
  const auto* text = reinterpret_cast<const char*>(bytes);
  return {text, ::strnlen(text, size)};
}

// Reads one record. The first check that fails is kept and makes the result an error.
class Reader {
 public:
  Reader(RawRecord raw, std::string& paths) : raw_(raw), paths_(paths) { paths_.clear(); }

  const char* error() const { return error_; }
  void fail(const char* what) {
    if (!error_) error_ = what;
  }

  // A record of a newer contract may be longer: its start is the struct known here.
  template <typename T>
  T fixed() {
    T out{};
    if (raw_.size() < sizeof(T)) {
      fail("record shorter than its kind");
      return out;
    }
    std::memcpy(&out, raw_.data(), sizeof(T));
    fixed_size_ = sizeof(T);
    return out;
  }

  // A struct as an older contract had it: its bytes, and the spans that it brought.
  template <typename T>
  struct Older {
    std::size_t bytes;
    std::initializer_list<stray_span T::*> spans;
  };

  // The same for a struct that has grown: an older record ends, or its variable data begins, where its struct
  // ended then. `ages`: oldest first.
  template <typename T>
  T grown(std::initializer_list<Older<T>> ages) {
    T out{};
    std::size_t end = raw_.size(), known = 0;
    for (const auto& age : ages) {
      if (end < age.bytes) break;
      std::memcpy(&out, raw_.data(), known = age.bytes);
      for (const auto span : age.spans)
        if ((out.*span).length > 0) end = std::min<std::size_t>(end, (out.*span).offset);
      if (end == age.bytes) return fixed_size_ = known, out;
    }
    if (raw_.size() < ages.begin()->bytes)
      fail("record shorter than its kind");
    else if (end < sizeof(T))
      fail("variable data inside the fixed part");
    if (error_) return out;
    std::memcpy(&out, raw_.data(), fixed_size_ = sizeof(T));
    return out;
  }

  std::string_view text(const stray_span& span) {
    if (span.length == 0) return {};
    if (span.offset < fixed_size_ || std::uint64_t{span.offset} + span.length > raw_.size()) {
      fail("span outside its record");
      return {};
    }
    return {reinterpret_cast<const char*>(raw_.data()) + span.offset, span.length};
  }

  // Turns "node\0bin\0usr\0" into "/usr/bin/node". An empty span is `empty`.
  std::string_view path(const stray_span& span, bool cut, std::string_view empty) {
    const std::string_view names = text(span);
    if (names.empty()) return empty;
    if (names.back() != '\0') {
      fail("path component without its end");
      return {};
    }
    // Views into paths_ must survive later appends: room for all of a record's paths is made once. Each is at
    // most as long as the record: a forged one can name the same bytes three times.
    constexpr std::size_t kMostPaths = 3;
    const std::size_t room = (raw_.size() + kCut.size()) * kMostPaths;
    if (paths_.capacity() < room) paths_.reserve(room);
    const std::size_t begin = paths_.size();
    if (cut) paths_.append(kCut);
    // Each component trades its NUL for a slash: the length is known, and the first one goes to the end.
    paths_.resize(paths_.size() + names.size());
    char* to = paths_.data() + paths_.size();
    for (std::string_view rest = names; !rest.empty();) {
      const std::size_t length = rest.find('\0');
      if (length == 0) {
        fail("empty path component");
        return {};
      }
      to -= length;
      std::memcpy(to, rest.data(), length);
      *--to = '/';
      rest.remove_prefix(length + 1);
    }
    return std::string_view(paths_).substr(begin);
  }

  std::span<const std::byte> bytes(const stray_span& span) {
    const auto view = text(span);
    return std::as_bytes(std::span(view.data(), view.size()));
  }

 private:
  RawRecord raw_;
  std::string& paths_;
  std::size_t fixed_size_ = 0;
  const char* error_ = nullptr;
};

Fork fork_of(Reader& in) {
  const auto r = in.fixed<stray_fork>();
  return {key(r.parent), key(r.creator), r.clone_flags, r.cgroup_id, r.pidns, r.ns_pid, r.uid, r.sid, r.pgid};
}

// Text of a struct read into a local: fixed-size names are views into the raw record, not into the local.
template <typename T>
std::string_view comm_of(RawRecord raw, std::size_t offset) {
  return raw.size() < sizeof(T) ? std::string_view()
                                : fixed_text(reinterpret_cast<const __u8*>(raw.data()) + offset, 16);
}

void fill(Exec& e, Reader& in, RawRecord raw) {
  const auto r = in.fixed<stray_exec>();
  const auto flags = r.head.flags;
  e.inode = r.inode, e.cgroup_id = r.cgroup_id, e.dev_major = r.dev_major, e.dev_minor = r.dev_minor;
  e.nlink = r.nlink, e.argc = r.argc, e.argv_bytes = r.argv_bytes, e.old_tid = r.old_tid;
  e.uid = r.uid, e.euid = r.euid, e.gid = r.gid;
  e.loginuid = (flags & STRAY_EXEC_LOGINUID) ? r.loginuid : kNoLogin;
  e.audit_session = (flags & STRAY_EXEC_LOGINUID) ? r.audit_session : kNoLogin;
  e.tty = {r.tty_major, r.tty_minor}, e.sid = r.sid, e.pgid = r.pgid, e.pidns = r.pidns, e.mntns = r.mntns;
  e.execs = r.execs;
  e.exe = in.path(r.exe, flags & STRAY_EXEC_EXE_CUT, "");
  e.cwd = in.path(r.cwd, flags & STRAY_EXEC_CWD_CUT, "/");
  e.cgroup = in.path(r.cgroup, flags & STRAY_EXEC_CGROUP_CUT, "/");
  e.name = in.text(r.name), e.interp = in.text(r.interp), e.argv = StringList(in.text(r.argv));
  e.comm = comm_of<stray_exec>(raw, offsetof(stray_exec, comm));
}

Exit exit_of(Reader& in, RawRecord raw) {
  const auto r = in.fixed<stray_exit>();
  return {key(r.parent), key(r.reaper), r.user_ns, r.system_ns,
          r.runtime_ns,  r.max_rss,     r.status,  comm_of<stray_exit>(raw, offsetof(stray_exit, comm))};
}

Oom oom_of(Reader& in, RawRecord raw) {
  const auto r = in.fixed<stray_oom>();
  return {key(r.trigger),
          r.total_vm,
          r.anon_rss,
          r.file_rss,
          r.shmem_rss,
          r.swap,
          r.page_tables,
          r.limit,
          r.score_adj,
          r.uid,
          in.path(r.cgroup, false, "/"),
          comm_of<stray_oom>(raw, offsetof(stray_oom, comm))};
}

Seed seed_of(Reader& in, RawRecord raw) {
  const auto r = in.fixed<stray_seed>();
  const auto flags = r.head.flags;
  Seed s{};
  s.parent = key(r.parent), s.inode = r.inode, s.cgroup_id = r.cgroup_id;
  s.dev_major = r.dev_major, s.dev_minor = r.dev_minor, s.nlink = r.nlink;
  s.uid = r.uid, s.euid = r.euid, s.gid = r.gid;
  s.loginuid = (flags & STRAY_SEED_LOGINUID) ? r.loginuid : kNoLogin;
  s.audit_session = (flags & STRAY_SEED_LOGINUID) ? r.audit_session : kNoLogin;
  s.tty = {r.tty_major, r.tty_minor}, s.sid = r.sid, s.pgid = r.pgid;
  s.pidns = r.pidns, s.ns_pid = r.ns_pid, s.mntns = r.mntns;
  s.execs = r.execs;
  s.exe = in.path(r.exe, flags & STRAY_SEED_EXE_CUT, "");
  s.cwd = in.path(r.cwd, flags & STRAY_SEED_CWD_CUT, "/");
  s.cgroup = in.path(r.cgroup, flags & STRAY_SEED_CGROUP_CUT, "/");
  s.comm = comm_of<stray_seed>(raw, offsetof(stray_seed, comm));
  return s;
}

Session session_of(Reader& in) {
  const auto r = in.fixed<stray_session>();
  Session s{};
  s.real_ns = r.real_ns, s.memory = r.memory;
  std::memcpy(s.boot_id.data(), r.boot_id, sizeof r.boot_id);
  s.contract = r.contract, s.cpus = r.cpus, s.ticks_per_second = r.ticks_per_second, s.pidns = r.pidns;
  s.host = in.text(r.host), s.kernel = in.text(r.kernel);
  s.version = in.text(r.version), s.machine_id = in.text(r.machine_id);
  return s;
}

SawProcess saw_process_of(Reader& in) {
  using R = stray_saw_process;
  const auto r = in.grown<R>(
      {{offsetof(R, boot),
        {&R::argv, &R::env, &R::cwd, &R::exe, &R::cgroup, &R::user, &R::login, &R::pidfile, &R::pm2}},
       {offsetof(R, owner), {&R::boot_by}}});
  SawProcess s{};
  s.ppid = r.ppid, s.sid = r.sid, s.pgid = r.pgid, s.tty = {r.tty_major, r.tty_minor};
  s.uid = r.uid, s.loginuid = r.loginuid, s.state = static_cast<char>(r.state);
  for (std::size_t i = 0; i < s.stdio.size(); ++i) s.stdio[i] = r.stdio[i];
  s.stdio_tty = {r.stdio_tty_major, r.stdio_tty_minor};
  s.argv = StringList(in.text(r.argv)), s.env = StringList(in.text(r.env));
  s.cwd = in.text(r.cwd), s.exe = in.text(r.exe), s.cgroup = in.text(r.cgroup), s.user = in.text(r.user);
  s.login = in.text(r.login), s.pidfile = in.text(r.pidfile), s.pm2 = in.text(r.pm2);
  s.boot = r.boot, s.saved = r.saved, s.restart = r.restart, s.boot_by = in.text(r.boot_by);
  s.owner = r.owner, s.owner_uid = r.owner_uid, s.content = r.content, s.owned = in.text(r.owned);
  return s;
}

SawScript saw_script_of(Reader& in) {
  using R = stray_saw_script;
  const auto r = in.grown<R>(
      {{offsetof(R, birth_ns), {&R::entry, &R::path}}, {offsetof(R, package), {&R::link, &R::target}}});
  if (r.state > STRAY_SCRIPT_CWD_GONE) in.fail("unknown script state");
  SawScript s{};
  s.inode = r.inode, s.bytes = r.bytes, s.mtime_ns = r.mtime_ns, s.ctime_ns = r.ctime_ns, s.hash = r.hash;
  s.dev_major = r.dev_major, s.dev_minor = r.dev_minor, s.state = r.state;
  s.birth_ns = r.birth_ns, s.link_ctime_ns = r.link_ctime_ns, s.exe = r.exe;
  s.entry = in.text(r.entry), s.path = in.text(r.path);
  s.link = in.text(r.link), s.target = in.text(r.target), s.package = in.text(r.package);
  return s;
}

SawSockets saw_sockets_of(Reader& in) {
  using R = stray_saw_sockets;
  const auto r = in.grown<R>({{offsetof(R, gpu), {&R::sockets}}});
  const auto list = in.bytes(r.sockets);
  if (list.size() % sizeof(stray_socket) != 0) in.fail("list of sockets cut inside a socket");
  return {list, in.text(r.gpu)};
}

bool body_of(Event& event, std::uint16_t kind, Reader& in, RawRecord raw) {
  switch (kind) {
    case STRAY_FORK:
      event.what.emplace<Fork>(fork_of(in));
      return true;
    case STRAY_EXEC:
      fill(event.what.emplace<Exec>(), in, raw);
      return true;
    case STRAY_EXIT:
      event.what.emplace<Exit>(exit_of(in, raw));
      return true;
    case STRAY_OOM:
      event.what = oom_of(in, raw);
      return true;
    case STRAY_SIGNAL: {
      const auto r = in.fixed<stray_signal>();
      event.what = Signal{key(r.sender), r.signal, r.code, r.result, r.sender_uid};
      return true;
    }
    case STRAY_SEED:
      event.what = seed_of(in, raw);
      return true;
    case STRAY_LISTEN: {
      const auto r = in.fixed<stray_listen>();
      event.what = Listen{r.family, r.port, std::to_array(r.address)};
      return true;
    }
    case STRAY_SESSION:
      event.what = session_of(in);
      return true;
    case STRAY_CLOCK:
      event.what = Clock{in.fixed<stray_clock>().real_ns};
      return true;
    case STRAY_TICK:
      event.what = Tick{};
      return true;
    case STRAY_READY: {
      const auto r = in.grown<stray_ready>(
          {{offsetof(stray_ready, missing_kinds), {}}, {offsetof(stray_ready, unwatched_from_ns), {}}});
      event.what = Ready{r.missing_kinds, r.missing_capabilities, BootTime{r.unwatched_from_ns}};
      return true;
    }
    case STRAY_END:
      event.what = End{};
      return true;
    case STRAY_GAP: {
      const auto r = in.fixed<stray_gap>();
      event.what = Gap{BootTime{r.from_ns}, r.count};
      return true;
    }
    case STRAY_INFERRED_EXIT:
      event.what = InferredExit{};
      return true;
    case STRAY_SAW_PROCESS:
      event.what = saw_process_of(in);
      return true;
    case STRAY_SAW_SCRIPT:
      event.what = saw_script_of(in);
      return true;
    case STRAY_SAW_USAGE: {
      const auto r = in.grown<stray_saw_usage>(
          {{offsetof(stray_saw_usage, limit), {}}, {offsetof(stray_saw_usage, peak), {}}});
      event.what = SawUsage{r.rss, r.anon, r.swap, r.cpu_ns, r.limit, r.used, r.available, r.peak};
      return true;
    }
    case STRAY_SAW_SOCKETS:
      event.what = saw_sockets_of(in);
      return true;
    case STRAY_SAW_CHILDREN: {
      const auto r = in.grown<stray_saw_children>({{offsetof(stray_saw_children, pid_limit), {}}});
      event.what = SawChildren{r.children, r.zombies, r.pid_limit, r.pids, r.host_limit, r.host_pids};
      return true;
    }
    case STRAY_STATE_IMAGE:
    case STRAY_STATE_PROCESS:
    case STRAY_STATE_WATCH:
    case STRAY_STATE_OOM:
    case STRAY_STATE_CORE:
    case STRAY_STATE_END:
    case STRAY_STATE_FINDING: {
      const auto r = in.fixed<stray_state>();
      event.what = SavedState{kind, (r.head.flags & STRAY_STATE_MORE) != 0, in.text(r.body)};
      return true;
    }
  }
  return false;
}

}  // namespace

std::variant<Event, DecodeError> Decoder::decode(RawRecord raw) {
  Reader in(raw, paths_);
  const auto head = in.fixed<stray_head>();
  if (in.error()) return DecodeError{"record shorter than a head"};
  if (head.size != raw.size()) return DecodeError{"size in the head is not the record's"};
  if (head.size > STRAY_RECORD_MAX) return DecodeError{"record larger than the contract allows"};
  if (head.time_ns >= kLatestTime || head.start_ns >= kLatestTime)
    return DecodeError{"time beyond any uptime"};
  std::variant<Event, DecodeError> out;  // filled in place: events are large
  Event& event = *std::get_if<Event>(&out);
  event.time = BootTime{head.time_ns};
  event.process = {BootTime{head.start_ns}, head.tgid};
  event.lost = head.lost, event.cpu = head.cpu, event.flags = head.flags;
  if (!body_of(event, head.kind, in, raw)) return DecodeError{"unknown kind of record"};
  if (in.error()) return DecodeError{in.error()};
  return out;
}

}  // namespace stray
