// SPDX-License-Identifier: Apache-2.0
// What a process image is, judged from itself alone: which runtime, which entry point, which role. Pure
// functions of their arguments; who its relatives are is judged elsewhere (supervision.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/event.hpp"

namespace stray {

enum class Runtime : std::uint8_t {
  none,
  node,
  bun,
  deno,
  electron,
  // Watched only where a configuration says so (host_programs.hpp).
  python,
  ruby,
  java,
  php,
  other,  // by its name in the configuration
};
std::string_view to_string(Runtime runtime);
std::optional<Runtime> runtime_named(std::string_view name);  // "node", …, "php"

enum class EntryKind : std::uint8_t {
  none,    // not a runtime
  file,    // runs Program::entry
  eval,    // -e, -p
  stdin_,  // the program comes on standard input
  repl,
  run,      // node --run SCRIPT, python -m MODULE: Program::entry is the name
  test,     // node --test
  oneshot,  // --version, --check, …: ends by itself at once
  titled,   // argv was overwritten before stray saw it: entry not known
};

// The role of an image. `child` is a matter of its parent and is settled in supervision.
enum class Role : std::uint8_t {
  none,        // nothing stray watches by itself
  supervisor,  // restarts what it starts (Program::supervisor)
  wrapper,     // npm, npx, yarn, pnpm, npm-run-all, concurrently, cross-env, …
  dev_tool,
  cli,          // a one-shot tool: npm ci, tsc, eslint, vite build, …
  interactive,  // a REPL
  eval,         // EntryKind::eval or stdin_
  app,
};

enum class Restarts : std::uint8_t { no, yes, unknown };

// What a program is to its client, where it serves one client alone: an agent, an editor, a test run. `agent`
// and `editor` are such clients themselves.
enum class Desk : std::uint8_t {
  none,
  agent,       // a coding agent's command: claude, codex, gemini, …
  editor,      // an editor, or the server of an IDE
  mcp_server,  // on its standard files; one that listens is a server as others are
  language_server,
  type_checker,
  browser,  // headless
  worker,   // of python\'s multiprocessing, started by an exec of its own
};
std::string_view to_string(Desk desk);  // "MCP server", "headless browser"; empty: none

// What stands between a process and the service it was reached through: whoever
// descends from it was started by a person or a scheduler, not by the service.
enum class Breaker : std::uint8_t {
  none,
  login,        // sshd, login, mosh-server
  multiplexer,  // tmux, screen
  cron,
  at,
  terminal,  // script, expect, terminal emulators
};

struct SupervisorKind {
  std::string_view name;  // "pm2", "supervisord", …: static text, or that of a rule (host_programs.hpp)
  Restarts restarts = Restarts::unknown;
  bool by_system = false;          // part of the system (comes back at boot), not of a user
  bool container = false;          // a container engine's monitor: the policy is the engine's
  bool by_pidfile = false;         // no ancestor of what it restarts (monit)
  bool restarts_children = false;  // what it has as a child is a service, and no helper of its own
};

struct Program {  // every field is saved in saved_program.cpp: a new one needs a line there
  Runtime runtime = Runtime::none;
  EntryKind entry_kind = EntryKind::none;
  std::string runtime_name;  // of Runtime::other
  std::string entry;         // as given (relative to its directory), or what the wrapper script runs
  Role role = Role::none;
  std::string name;            // of what is no app: "prisma studio", "npm run dev", "pm2", "tmux"
  bool watcher = false;        // restarts its own child: to be ended first
  bool data_explorer = false;  // prisma studio, drizzle-kit studio
  bool ide = false;            // IDE server or language server
  bool shell_c = false;        // sh -c, bash -c, dash -c
  bool shell = false;          // an interactive or script shell by name
  bool daemon = false;         // a known daemon or agent
  bool inspector = false;
  std::string inspector_address;  // "127.0.0.1:9229"
  bool runs_runtime = false;      // shell_c: the command names a runtime or a package manager
  bool daemonizer = false;        // makes daemons on purpose: start-stop-daemon, systemd-run, …
  Breaker breaker = Breaker::none;
  std::uint32_t heap_limit_mib = 0;  // --max-old-space-size of argv or NODE_OPTIONS; 0: not given
  std::optional<SupervisorKind> supervisor;
  Desk desk = Desk::none;
};

// The fields of a saved state (saved_program.cpp). restore_program: false where they are malformed.
std::string save_program(const Program& program);
bool restore_program(Program& program, std::string_view body);

struct ProgramRules;  // host_programs.hpp

struct ProgramView {
  std::string_view exe;  // resolved path of the image, without " (deleted)"
  StringList argv{};
  bool argv_at_exec = true;  // false: read later, may be a title
  StringList env{};          // what is known of it; empty: not (yet) known
  std::string_view comm{};
  StringList title{};                    // argv as read later, where it differs from that at exec
  Runtime runtime = Runtime::none;       // known otherwise: by inode or by configuration (a renamed binary)
  const ProgramRules* rules = nullptr;   // of the configuration
  std::optional<bool> stdin_terminal{};  // fd 0 is a terminal; tells a REPL from a program on standard input
};

// Decides all of Program. Cheap for what stray does not watch: a few comparisons of the base name.
Program recognise(const ProgramView& view);

// True when recognise() of this image can depend on the environment, so that it is worth reading it (any
// runtime or shell -c with a runtime word, supervisors' children are found through the tree).
bool wants_environment(const Program& program);

// The dynamic loader, run as a program: `/lib64/ld-linux-x86-64.so.2 /usr/bin/node server.js`.
bool is_loader(std::string_view exe);

// A runtime, python or ruby: what it is depends on the script.
bool is_interpreter(std::string_view exe);

// True for the base name of a tool that makes daemons on purpose.
bool is_daemonizer(std::string_view base_name);

// The value of NAME in an environment list, or nothing.
std::optional<std::string_view> env_value(StringList env, std::string_view name);

// The names of environment variables stray may keep; all others are never stored. Values pass through the
// redaction of secrets all the same (npm_lifecycle_script and NODE_OPTIONS are command lines).
const std::vector<std::string_view>& environment_allow_list();

// Where a process stands in the cgroup tree.
struct CgroupPlace {
  enum class Kind : std::uint8_t {
    none,      // root, a slice, or something unknown
    service,   // NAME.service of the system manager or of a user manager
    session,   // session-N.scope: a login
    terminal,  // tmux-spawn-*, vte-spawn-*, app-*terminal*
    scope,     // another scope: no restart
    manager,   // user@N.service itself, init.scope
    container,
  } kind = Kind::none;
  std::string unit;       // "web.service", "session-3.scope"; of a container: the service inside it
  std::string user_unit;  // the "user@1000.service" it stands below, or empty
  std::string engine;  // "docker", "containerd", "cri-o", "podman", "lxc", "systemd-nspawn", "kubernetes", ""
  std::string container;  // id or name
  bool launcher = false;  // a unit that starts others' jobs and restarts none of them: cron, ssh, getty, …
};
CgroupPlace place_in_cgroup(std::string_view path);

}  // namespace stray
