// SPDX-License-Identifier: Apache-2.0
// Facts that several rules use.
#include <algorithm>

#include "base/layout.hpp"
#include "base/words.hpp"
#include "findings/rules.hpp"
#include "program/dev_tools.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostMembers = 256;

bool stdio_is(const Process& p, auto&& test) {
  if (!p.seen || !(p.seen->flags & STRAY_SAW_STDIO)) return false;
  return std::any_of(p.seen->stdio.begin(), p.seen->stdio.end(), test);
}

// A shell's job: its session has a leader, and that leader has exited or is alive.
bool leader_gone(const Scene& scene, const Process& p, std::uint32_t id) {
  return id != 0 && id != p.key.tgid && scene.lineage.live(id) == nullptr;
}

std::string_view session_word(const Process& p) {
  for (const std::string_view name :
       {"SSH_CONNECTION", "SSH_TTY", "TMUX", "STY", "XDG_SESSION_ID", "TERM_PROGRAM"})
    if (env_value(p.env(), name)) return name;
  return {};
}

// "@fsouza/prettierd" is the package of the command `prettierd`.
bool same_package(const Process& client, const Process& daemon) {
  const std::string_view a = installed_name(client.program().entry);
  const std::string_view b = installed_name(daemon.program().entry);
  return !a.empty() && file_name(a) == file_name(b);
}

// What a binary of these does is not its own.
bool same_binary(const Process& client, const Process& daemon) {
  constexpr std::string_view others = "java|perl|php|lua|dotnet|mono|busybox|Rscript|guile|tclsh";
  const bool runs_others = daemon.program().runtime != Runtime::none || is_interpreter(daemon.exe()) ||
                           daemon.program().shell || one_of(others, file_name(daemon.exe()));
  return !runs_others && client.image && daemon.image && client.image->inode != 0 &&
         client.image->file() == daemon.image->file();
}

// The client may have been gone before stray: the name of what it installed says what it is.
bool named_daemon(const Process& p) {
  const std::string_view entry = p.program().entry;
  return !installed_name(entry).empty() && contains(file_name(entry), "daemon");
}

}  // namespace

bool helper_daemon(const Process& p) {
  const Program& program = p.program();
  if (program.role == Role::dev_tool && program.daemon) return true;
  if (program.role == Role::wrapper || p.tty || exposed(p)) return false;
  const bool findable = p.seen && (!p.seen->sockets.empty() || !p.seen->pidfile.empty());
  if (!findable || (program.runtime != Runtime::none && p.sid != p.key.tgid)) return false;
  const Process* client = p.creator;
  if (!client || client == p.parent) return p.origin_edge == Edge::snapshot && named_daemon(p);
  return same_package(*client, p) || same_binary(*client, p);
}

// Entries of the servers that stay when the editor disconnects; what they start has other names.
bool ide_server(const Process& p) {
  if (!p.program().ide) return false;
  constexpr std::string_view servers[] = {"/out/server-main.js", "/out/server-cli.js", "/out/node/entry.js",
                                          "/out/node/entry", "/code-server"};
  const std::string_view entry = p.program().entry;
  const bool named = std::any_of(std::begin(servers), std::end(servers),
                                 [&](std::string_view end) { return entry.ends_with(end); });
  return named || entry.empty();
}

bool is_watched(const Program& program) {
  return program.runtime != Runtime::none || program.role == Role::wrapper ||
         program.role == Role::dev_tool || program.role == Role::cli ||
         (program.desk != Desk::none && program.desk != Desk::editor);
}

bool left_behind(const Process& p) {
  if (p.kthread || !p.parent || p.namespace_init) return false;
  if (p.reparented != BootTime{}) return p.origin != p.parent;
  // Alive before stray: who made it is not known. A child of an init or of a subreaper may have been left
  // there.
  return p.origin_edge == Edge::snapshot &&
         (p.parent->namespace_init || p.parent->key.tgid == 1 || p.parent->subreaper);
}

std::vector<Evidence> accident_evidence(const Scene& scene, const Process& p) {
  std::vector<Evidence> out;
  const bool no_leader = leader_gone(scene, p, p.sid);
  const bool on_tty = stdio_is(p, [](auto k) { return k == STRAY_STDIO_TTY || k == STRAY_STDIO_TTY_GONE; });
  if (on_tty && !p.tty && !no_leader && on_open_terminal(p, {}))
    out.push_back(
        {"A1",
         "it left the terminal session it was started in; its standard files are still on that terminal"});
  else if ((no_leader && p.image && p.image->tty) || (on_tty && !p.tty))
    out.push_back(
        {"A1", "the terminal session it was started in (session " + std::to_string(p.sid) + ") has ended"});
  if (p.pgid != p.sid && p.pgid != 0)
    out.push_back({"A2", "it runs as a job of a shell (process group " + std::to_string(p.pgid) +
                             ", session " + std::to_string(p.sid) + ")"});
  if (p.pgid != p.sid && leader_gone(scene, p, p.pgid))
    out.push_back({"A3", "the leader of its process group (" + std::to_string(p.pgid) + ") has exited"});
  if (const auto word = session_word(p); !word.empty())
    out.push_back({"A4", "its environment has " + std::string(word) + " of a login session"});
  const CgroupPlace place = place_in_cgroup(p.cgroup());
  if (place.kind == CgroupPlace::Kind::session || place.kind == CgroupPlace::Kind::terminal)
    out.push_back({"A5", "it stands in the cgroup of a login session, " + place.unit});
  if (p.loginuid != kNoLogin)
    out.push_back({"A6", "a login started it (loginuid " + std::to_string(p.loginuid) + ")"});
  bool npm_above = false;
  Lineage::each_ancestor(p,
                         [&](const Process& a) { return !(npm_above = a.program().role == Role::wrapper); });
  if (const auto script = env_value(p.env(), "npm_lifecycle_event");
      script && !npm_above && p.program().role != Role::wrapper)
    out.push_back({"A7", "npm started it (script \"" + std::string(*script) + "\") and has exited"});
  if (const auto lost = environment_supervisor(p); !lost.empty())
    out.push_back({"A8", "its environment is that of " + std::string(lost) + ", which is not above it"});
  const auto last_command = env_value(p.env(), "_");
  if (stdio_is(p, [](auto k) { return k == STRAY_STDIO_NOHUP; }) ||
      (last_command && last_command->ends_with("/nohup")))
    out.push_back({"A9", "it was started with nohup"});
  return out;
}

bool on_open_terminal(const Process& p, Tty tty) {
  return stdio_is(p, [](auto k) { return k == STRAY_STDIO_TTY; }) &&
         !stdio_is(p, [](auto k) { return k == STRAY_STDIO_TTY_GONE; }) &&
         (!tty || !p.seen->stdio_tty || p.seen->stdio_tty == tty);
}

bool detached_like_daemon(const Process& p) {
  if (p.tty || p.loginuid != kNoLogin || !session_word(p).empty()) return false;
  if (p.sid != p.key.tgid && p.pgid != p.sid) return false;
  return !stdio_is(p, [](auto k) { return k == STRAY_STDIO_TTY || k == STRAY_STDIO_TTY_GONE; });
}

std::optional<Evidence> daemon_evidence(const Scene& scene, const Process& p) {
  if (p.program().daemon || p.program().supervisor)
    return Evidence{"D5", p.label() + " is a known daemon or agent"};
  if (p.seen && !p.seen->pidfile.empty()) return Evidence{"D2", "a pid file names it: " + p.seen->pidfile};
  if (helper_daemon(p))
    return Evidence{"D6", "its own client started it and finds it again by its socket or pid file"};
  if (p.creator && p.creator != p.parent && p.creator->program().daemonizer)
    return Evidence{"D1", "made a daemon on purpose, by " + p.creator->label()};
  if (const auto last = env_value(p.env(), "_")) {
    const auto tool = last->substr(last->rfind('/') + 1);
    if (is_daemonizer(tool)) return Evidence{"D1", "made a daemon on purpose, by " + std::string(tool)};
  }
  const CgroupPlace place = scene.lineage.place_of(p);
  // Also of a launcher unit (a CI runner, sshd): what systemd itself started there is the service, not a
  // left-over.
  const bool main = (p.seen && (p.seen->flags & STRAY_SAW_UNIT_MAIN)) ||
                    env_value(p.env(), "SYSTEMD_EXEC_PID") == std::to_string(p.key.tgid);
  if (place.kind == CgroupPlace::Kind::service && main)
    return Evidence{"D3", "the main process of the service " + place.unit};
  if (place.kind == CgroupPlace::Kind::service && !place.launcher && !is_watched(p.program()))
    return Evidence{"D3", "part of the service " + place.unit};
  return {};
}

bool covered_by_above(const Process& p) {
  bool covered = false;
  Lineage::each_ancestor(p, [&](const Process& a) {
    const Program& program = a.program();
    covered = (program.role == Role::dev_tool && !program.ide) || program.role == Role::app ||
              ((program.role == Role::eval) && a.seen && !a.seen->sockets.empty());
    return !covered && !a.namespace_init;
  });
  return covered;
}

std::vector<ProcessKey> descendants(const Process& p) {
  std::vector<const Process*> queue{&p};
  std::vector<ProcessKey> out;
  for (std::size_t i = 0; i < queue.size() && out.size() < kMostMembers; ++i)
    Lineage::each_child(*queue[i], [&](const Process& child) {
      if (out.size() == kMostMembers) return;
      queue.push_back(&child);
      out.push_back(child.key);
    });
  return out;
}

BootTime since_exec(const Process& p) { return p.image && p.image->at_exec ? p.image->time : p.key.start; }

bool exposed(const Process& p) {
  return p.seen && std::any_of(p.seen->sockets.begin(), p.seen->sockets.end(),
                               [](const Listening& s) { return !s.loopback(); });
}

std::string ports_text(const Process& p) {
  std::string out;
  if (!p.seen) return out;
  for (const Listening& s : p.seen->sockets) {
    if (out.size() > 200) return out + ", ...";
    add_to(out, s.text());
  }
  return out;
}

std::uint64_t memory_peak(const Process& p) { return p.seen ? std::max(p.seen->peak, p.seen->rss) : 0; }

MemoryTrend memory_trend(const Process& process) {
  MemoryTrend out;
  if (!process.seen || process.seen->hours.empty()) return out;
  out.hours = process.seen->hours;
  const auto [least, most] = std::ranges::minmax_element(out.hours, {}, &MemoryHour::mean);
  out.least = least->mean(), out.most = most->mean();
  return out;
}

std::uint64_t group_memory(const Scene& scene, const Process& p) {
  std::uint64_t sum = p.seen ? p.seen->rss : 0;
  for (const ProcessKey& key : descendants(p))
    if (const Process* member = scene.lineage.find(key); member && member->seen) sum += member->seen->rss;
  return sum;
}

std::string group_gpu(const Scene& scene, const Process& p) {
  if (p.seen && !p.seen->gpu.empty()) return p.seen->gpu;
  for (const ProcessKey& key : descendants(p))
    if (const Process* member = scene.lineage.find(key); member && member->seen && !member->seen->gpu.empty())
      return member->seen->gpu;
  return {};
}

std::string role_word(const Process& p) {
  const Program& program = p.program();
  switch (program.desk) {
    case Desk::agent:
      return "agent " + program.name;
    case Desk::type_checker:
      return "type checker " + program.name;
    case Desk::mcp_server:
    case Desk::language_server:
    case Desk::browser:
    case Desk::worker:
      return std::string(to_string(program.desk));
    case Desk::editor:
    case Desk::none:
      break;
  }
  switch (program.role) {
    case Role::dev_tool:
      return "dev tool " + program.name;
    case Role::wrapper:
      return program.name.empty() ? "wrapper" : program.name;
    default:
      break;
  }
  const bool server = p.seen && !p.seen->sockets.empty();
  switch (program.runtime) {
    case Runtime::node:
      return server ? "node server" : "node process";
    case Runtime::bun:
      return server ? "bun server" : "bun process";
    case Runtime::deno:
      return server ? "deno server" : "deno process";
    case Runtime::electron:
      return "electron process";
    case Runtime::python:
    case Runtime::ruby:
    case Runtime::java:
    case Runtime::php:
      return std::string(to_string(program.runtime)) + (server ? " server" : " process");
    case Runtime::other:
      return program.runtime_name + (server ? " server" : " process");
    case Runtime::none:
      break;
  }
  return "process";
}

}  // namespace stray
