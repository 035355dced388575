// SPDX-License-Identifier: Apache-2.0
#include "observe/observer.hpp"

#include <optional>
#include <string>

#include "event.h"
#include "observe/probes/child_probe.hpp"
#include "observe/probes/content_probe.hpp"
#include "observe/probes/evidence_files.hpp"
#include "observe/probes/memory_limit.hpp"
#include "observe/probes/owner_probe.hpp"
#include "observe/probes/pid_room.hpp"
#include "observe/probes/process_probe.hpp"
#include "observe/probes/script_probe.hpp"
#include "observe/probes/socket_probe.hpp"
#include "observe/rooted_files.hpp"
#include "observe/systemd/boot_links.hpp"
#include "observe/systemd/main_process.hpp"
#include "procfs/process.hpp"
#include "program/program.hpp"
#include "record/wire.hpp"

namespace stray {
namespace {

constexpr std::size_t kEnvironRead = 512 * 1024;

std::uint64_t bytes_of(std::string_view status, std::string_view name) {
  return proc::number_at(proc::status_field(status, name), 0).value_or(0) * 1024;
}

std::uint32_t id_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint32_t>(proc::number_at(text, index).value_or(kNoLogin));
}

}  // namespace

struct Observer::State {
  explicit State(const std::vector<std::string_view>& names, std::shared_ptr<const PidFileDirs> dirs = {})
      : environment(names), pid_files(std::move(dirs)) {}

  stray_head head(stray_kind kind, std::uint32_t flags = 0) const {
    return wire::head(kind, now, request->process, flags);
  }

  template <wire::RecordHead T>
  RawRecord answer(wire::Record<T>& record) {
    const RawRecord bytes = record.bytes();
    out.assign(bytes.begin(), bytes.end());
    return out;
  }

  // Runs `look`, which fills a record, if the process is there; gives a record that says "gone" if it is not
  // there before or after. Where that is not known (no descriptor left) the record says that nothing was
  // read.
  template <wire::RecordHead T, typename F>
  RawRecord answer_if_alive(stray_kind kind, F&& look) {
    wire::Record<T> record(head(kind));
    reader.forget();
    for (Text* text : {&environ_text, &cmdline}) text->read = false, text->reader.forget();
    const auto lookup = process.open(request->process, reader);
    if (lookup == proc::Process::Lookup::found) look(record);
    const bool whole = lookup == proc::Process::Lookup::found && process.still_alive(reader);
    const bool unread = lookup == proc::Process::Lookup::failed || reader.starved() ||
                        environ_text.reader.starved() || cmdline.reader.starved();
    if (whole && !unread) return answer(record);
    wire::Record<T> nothing(head(kind, unread ? STRAY_SAW_UNREAD : STRAY_SAW_GONE));
    return answer(nothing);
  }

  void look_at_process(wire::Record<stray_saw_process>& record);
  void look_at_user(wire::Record<stray_saw_process>& record, PidFiles::Owner& owner);
  void look_at_files(wire::Record<stray_saw_process>& record, const PidFiles::Owner& owner);
  void look_at_program(wire::Record<stray_saw_process>& record, const ProcessFiles& files,
                       const std::string& exe);
  void look_at_memory(wire::Record<stray_saw_process>& record);
  void look_at_boot(wire::Record<stray_saw_process>& record, const ProcessFiles& files,
                    std::string_view cgroup);
  UnitOwner owner_of(const std::string& user_unit);
  void look_at_code(wire::Record<stray_saw_script>& record);
  void look_at_usage(wire::Record<stray_saw_usage>& record);
  std::string variable(const char* name);  // of the process's environment, unfiltered

  // A file of the process that several parts of a look need: read once for all.
  struct Text {
    const char* name;
    std::size_t limit;
    proc::FileReader reader{};
    bool read = false;
    std::optional<std::string_view> text{};
  };
  std::optional<std::string_view> text_of(Text& text) {
    if (!text.read) text.text = text.reader.read_piece(process.dir(), text.name, text.limit);
    text.read = true;
    return text.text;
  }

  const Request* request = nullptr;
  BootTime now{};
  proc::Process process;
  proc::FileReader reader;
  Text environ_text{"environ", kEnvironRead}, cmdline{"cmdline", STRAY_ARGV_MAX};
  EnvironmentFilter environment;
  UserNames users;
  PidFiles pid_files;
  EcosystemFiles ecosystem_files;
  SocketProbe sockets;
  ContentProbe contents;
  BootLinks boot;
  MemoryLimits limits;
  std::string kept;  // the environment variables kept
  std::vector<std::byte> out;
};

void Observer::State::look_at_process(wire::Record<stray_saw_process>& record) {
  const proc::Stat& stat = process.stat();
  const Stdio stdio = look_at_stdio(process.dir());
  record.set([&](stray_saw_process& r) {
    r.ppid = stat.ppid;
    r.sid = stat.sid;
    r.pgid = stat.pgid;
    r.tty_major = stat.tty.major;
    r.tty_minor = stat.tty.minor;
    r.state = static_cast<__u8>(stat.state);
    for (std::size_t n = 0; n < stdio.kind.size(); ++n) r.stdio[n] = static_cast<__u8>(stdio.kind[n]);
    r.stdio_tty_major = stdio.tty.major;
    r.stdio_tty_minor = stdio.tty.minor;
    if (stdio.readable) r.head.flags |= STRAY_SAW_STDIO;
  });
  PidFiles::Owner owner{};
  look_at_user(record, owner);
  look_at_files(record, owner);
  look_at_memory(record);  // last: it is the longest, and what does not fit a record is cut
}

void Observer::State::look_at_user(wire::Record<stray_saw_process>& record, PidFiles::Owner& owner) {
  const auto login_text = reader.read_piece(process.dir(), "loginuid");  // absent in a kernel without audit
  const std::uint32_t login = id_at(login_text.value_or(""), 0);
  const std::string_view status = reader.read_piece(process.dir(), "status").value_or("");
  const std::string_view uids = proc::status_field(status, "Uid");
  owner = {.pid = proc::innermost_pid(status).value_or(request->process.tgid),
           .uid = id_at(uids, 0),
           .euid = id_at(uids, 1)};
  record.set([&](stray_saw_process& r) { r.uid = owner.uid, r.loginuid = login; });
  record.add(&stray_saw_process::user, users.of(owner.uid));
  if (login != kNoLogin) record.add(&stray_saw_process::login, users.of(login));
}

void Observer::State::look_at_files(wire::Record<stray_saw_process>& record, const PidFiles::Owner& owner) {
  const std::string cgroup(proc::cgroup_path(reader.read_piece(process.dir(), "cgroup").value_or("")));
  record.add(&stray_saw_process::cgroup, cgroup);
  const ProcessFiles files(process.dir());
  const auto exe = files.executable(process.dir());
  record.add(&stray_saw_process::cwd, files.cwd_text()).add(&stray_saw_process::exe, exe.path);
  std::string pid_file;
  if (files.readable()) {
    pid_file = pid_files.find(files, owner, now, reader);
    record.add(&stray_saw_process::pidfile, pid_file);
    record.add(&stray_saw_process::pm2, ecosystem_files.find(files, now));
    look_at_boot(record, files, cgroup);
    look_at_program(record, files, exe.path);
  }
  record.set([&](stray_saw_process& r) {
    if (files.cwd_gone()) r.head.flags |= STRAY_SAW_CWD_DELETED;
    if (exe.deleted) r.head.flags |= STRAY_SAW_EXE_DELETED;
    if (!pid_file.empty()) r.head.flags |= STRAY_SAW_PIDFILE;
  });
}

// What it runs, beside its name: what the file exports, and of a supervisor who can change it.
void Observer::State::look_at_program(wire::Record<stray_saw_process>& record, const ProcessFiles& files,
                                      const std::string& exe) {
  const stray_content content = contents.of(process.dir(), files, exe, reader);
  ProgramView view;
  view.exe = exe, view.argv = StringList(without_padding(text_of(cmdline).value_or("")));
  view.argv_at_exec = false;
  view.comm = std::string_view(process.name()).substr(0, process.name().find('\n'));
  const ProgramOwner owner = owner_of_program(process.dir(), files, exe, view);
  record.set([&](stray_saw_process& r) {
    r.content = content;
    r.owner = owner.owner;
    r.owner_uid = owner.uid;
  });
  record.add(&stray_saw_process::owned, owner.path);
}

std::string Observer::State::variable(const char* name) {
  return std::string(env_value(StringList(text_of(environ_text).value_or("")), name).value_or(""));
}

// By the "user@1000.service" that it stands below: the user of the process may be another, in a namespace.
UnitOwner Observer::State::owner_of(const std::string& user_unit) {
  const auto at = user_unit.find('@');
  if (at == std::string::npos) return {};
  const std::string uid = user_unit.substr(at + 1, user_unit.rfind('.') - at - 1);
  const auto number = proc::number_at(uid, 0);
  if (!number) return {uid, {}, {}, "/run/user/" + uid};
  const auto id = static_cast<std::uint32_t>(*number);
  return {uid, users.of(id), users.home_of(id), "/run/user/" + uid};
}

void Observer::State::look_at_boot(wire::Record<stray_saw_process>& record, const ProcessFiles& files,
                                   std::string_view cgroup) {
  const std::string home = variable("PM2_HOME");
  const CgroupPlace place = place_in_cgroup(cgroup);
  if (place.kind == CgroupPlace::Kind::container) return;  // its engine's business
  const UnitOwner owner = owner_of(place.user_unit);
  BootFacts facts = boot.unit(place, owner, now);
  if (!home.empty() && home.size() < PATH_MAX) {
    UnitFile file = std::move(facts.file);
    facts = boot.pm2(home, now);
    facts.file = std::move(file);
    const Pm2App app{variable("name"), variable("pm_exec_path"), pm2_title(reader, process.dir())};
    facts.saved = saved_by_pm2(files, home, app, reader);
  }
  const bool main = is_main_of_forking(place, cgroup, facts.file, owner, request->process.tgid,
                                       process.stat().ppid, reader);
  record.set([&](stray_saw_process& r) {
    r.boot = facts.boot;
    r.saved = facts.saved;
    r.restart = facts.file.restart;
    if (main) r.head.flags |= STRAY_SAW_UNIT_MAIN;
  });
  record.add(&stray_saw_process::boot_by, facts.by);
}

void Observer::State::look_at_code(wire::Record<stray_saw_script>& record) {
  const ProcessFiles files(process.dir());
  const bool relative = !request->entry.empty() && !request->entry.starts_with('/');
  const std::string logical = relative ? variable("PWD") : std::string();
  const auto facts = look_at_script(files, request->entry, logical, reader);
  const stray_exe_state exe = look_at_executable(files, process.dir());
  record.set([&](stray_saw_script& r) {
    r.state = facts.state;
    r.inode = facts.inode;
    r.bytes = facts.bytes;
    r.mtime_ns = facts.mtime_ns;
    r.ctime_ns = facts.ctime_ns;
    r.hash = facts.hash;
    r.dev_major = facts.dev_major;
    r.dev_minor = facts.dev_minor;
    r.birth_ns = facts.birth_ns;
    r.link_ctime_ns = facts.link_ctime_ns;
    r.exe = exe;
  });
  record.add(&stray_saw_script::entry, request->entry).add(&stray_saw_script::path, facts.path);
  record.add(&stray_saw_script::link, facts.link).add(&stray_saw_script::target, facts.target);
  record.add(&stray_saw_script::package, facts.package);
}

void Observer::State::look_at_usage(wire::Record<stray_saw_usage>& record) {
  const std::string_view status = reader.read_piece(process.dir(), "status").value_or("");
  record.set([&](stray_saw_usage& r) {
    r.rss = bytes_of(status, "VmRSS");
    r.peak = bytes_of(status, "VmHWM");
    r.anon = bytes_of(status, "RssAnon");
    r.swap = bytes_of(status, "VmSwap");
    r.cpu_ns = (process.stat().user_ticks + process.stat().system_ticks) * proc::tick_ns();
  });
  const std::string cgroup(reader.read_piece(process.dir(), "cgroup").value_or(""));
  const auto limit = limits.of(cgroup, reader);
  const std::uint64_t available = limits.host_available(now, reader);
  record.set(
      [&](stray_saw_usage& r) { r.limit = limit.bytes, r.used = limit.used, r.available = available; });
}

void Observer::State::look_at_memory(wire::Record<stray_saw_process>& record) {
  if (const auto variables = text_of(environ_text)) {
    environment.keep(*variables, kept);
    record.add(&stray_saw_process::env, kept);
    record.set([](stray_saw_process& r) { r.head.flags |= STRAY_SAW_ENVIRON; });
  }
  const auto argv = text_of(cmdline);
  if (argv) record.add(&stray_saw_process::argv, without_padding(*argv));
}

Observer::Observer() : Observer(environment_allow_list()) {}
Observer::Observer(std::shared_ptr<const PidFileDirs> pidfile_dirs)
    : state_(std::make_unique<State>(environment_allow_list(), std::move(pidfile_dirs))) {}
Observer::Observer(const std::vector<std::string_view>& environment_names)
    : state_(std::make_unique<State>(environment_names)) {}
Observer::~Observer() = default;

RawRecord Observer::look(const Request& request, BootTime now) {
  State& s = *state_;
  s.request = &request;
  s.now = now;
  switch (request.look) {
    case Look::process:
      return s.answer_if_alive<stray_saw_process>(STRAY_SAW_PROCESS, [&s](auto& r) { s.look_at_process(r); });
    case Look::script:
      return s.answer_if_alive<stray_saw_script>(STRAY_SAW_SCRIPT, [&s](auto& r) { s.look_at_code(r); });
    case Look::usage:
      return s.answer_if_alive<stray_saw_usage>(STRAY_SAW_USAGE, [&s](auto& r) { s.look_at_usage(r); });
    case Look::children:
      return s.answer_if_alive<stray_saw_children>(STRAY_SAW_CHILDREN, [&s](auto& record) {
        const ChildCount count = count_children(s.process.dir(), s.reader);
        const std::string cgroup(s.reader.read_piece(s.process.dir(), "cgroup").value_or(""));
        const PidRoom room = pid_room(cgroup, s.reader);
        record.set([&](stray_saw_children& r) {
          r.children = count.all, r.zombies = count.zombies;
          r.pid_limit = room.limit, r.pids = room.used;
          r.host_limit = room.host_limit, r.host_pids = room.host_used;
        });
      });
    case Look::sockets:
      break;
  }
  return s.answer_if_alive<stray_saw_sockets>(STRAY_SAW_SOCKETS, [&s](auto& record) {
    const auto found = s.sockets.listening(s.process.dir(), s.now, s.reader);
    record.add(&stray_saw_sockets::sockets, {reinterpret_cast<const char*>(found.sockets.data()),
                                             found.sockets.size() * sizeof(stray_socket)});
    record.add(&stray_saw_sockets::gpu, found.gpu);
  });
}

}  // namespace stray
