// SPDX-License-Identifier: Apache-2.0
#include "findings/rules.hpp"
#include "base/layout.hpp"

#include <algorithm>

namespace stray {

void append(std::vector<Evidence>& to, std::vector<Evidence> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string quoted(const Process& p) { return "`" + shortened(p.command(), 160) + "`"; }

std::string user_of(const Process& p) {
  return p.seen && !p.seen->user.empty() ? p.seen->user : "uid " + std::to_string(p.uid);
}

std::string_view account_name(const Process& process) {
  const Process* p = &process;
  while (p && p->uid == process.uid && !(p->seen && !p->seen->user.empty())) p = p->parent;
  return p && p->uid == process.uid ? std::string_view(p->seen->user) : std::string_view();
}

std::string subject_text(const Process& p) { return role_word(p) + " " + quoted(p); }

void cost_evidence(const Scene& scene, const Process& p, Condition& out) {
  if (const auto bytes = group_memory(scene, p))
    out.evidence.push_back({"memory", "uses " + memory_text(bytes, scene.host_memory) + " of memory"});
  cpu_evidence(scene, p, out);
  if (const std::string gpu = group_gpu(scene, p); !gpu.empty())
    out.evidence.push_back({"gpu", "has the GPU device " + gpu + " open"});
  if (const auto ports = ports_text(p); !ports.empty())
    out.evidence.push_back({"listens", "listens on " + ports + (exposed(p) ? ", open to the network" : "")});
}

bool production(const Process& p) { return env_value(p.env(), "NODE_ENV") == "production"; }

// An app: a server of its own, or evaluated code that listens.
bool is_app(const Process& p) {
  const Program& program = p.program();
  if (program.role == Role::app) return true;
  return program.role == Role::eval && p.seen && !p.seen->sockets.empty();
}

namespace {

bool piped(std::uint8_t kind) { return kind == STRAY_STDIO_PIPE || kind == STRAY_STDIO_SOCKET; }

// Who started it, past the package managers and the `sh -c` between them; nullptr: one of them was left
// behind.
const Process* starter(const Process& p) {
  const Process* at = &p;
  for (std::size_t left = Lineage::kMostAncestors; left > 0; --left) {
    if (left_behind(*at) || !at->parent || at->parent->namespace_init) return nullptr;
    at = at->parent;
    if (at->program().role != Role::wrapper && !at->program().shell_c) return at;
  }
  return nullptr;
}

// `npx mcp-server-git` of an agent: it talks to the agent over what npm and sh only hand on.
bool starter_answers(const Process& p) {
  const Process* by = starter(p);
  return by && by != p.parent && is_watched(by->program()) && !by->program().supervisor;
}

}  // namespace

// A child process whose parent answers for it: of a runtime (fork, cluster), or one that talks to a living
// parent over pipes and serves nobody else (language servers, MCP servers, workers of other programs).
bool parent_answers(const Process& p) {
  if (!p.parent) return false;
  const bool alone = p.seen && p.seen->sockets.empty() && piped(p.seen->stdio[0]) && piped(p.seen->stdio[1]);
  if (alone && starter_answers(p)) return true;
  if (p.parent->program().role == Role::wrapper || p.parent->program().supervisor) return false;
  if (p.parent->program().runtime != Runtime::none) {
    if (env_value(p.env(), "NODE_CHANNEL_FD") || env_value(p.env(), "NODE_UNIQUE_ID")) return true;
    if (p.program().entry_kind == EntryKind::file && p.program().entry == p.parent->program().entry)
      return true;
  }
  return alone && !left_behind(p) && !p.parent->program().shell && !p.parent->namespace_init;
}

// It listens on nothing. By its name, or because whoever started it talked to it over its standard input and
// has exited; what a supervisor started and lost is a worker of its own.
bool serves_one_client(const Process& p) {
  if (!p.seen || !p.seen->sockets.empty()) return false;
  const Desk desk = p.program().desk;
  if (desk == Desk::mcp_server || desk == Desk::language_server || desk == Desk::type_checker) return true;
  const bool lost = !environment_supervisor(p).empty() || (p.creator && p.creator->program().supervisor);
  return left_behind(p) && !lost && piped(p.seen->stdio[0]);
}

bool in_ci(const Process& p) {
  for (const std::string_view name : {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_TAG"})
    if (env_value(p.env(), name)) return true;
  return false;
}

BootTime age(const Scene& scene, BootTime since) {
  return scene.now > since ? scene.now - since : BootTime{};
}

bool script_gone(const Process& p) {
  return p.seen &&
         (p.seen->script.state == STRAY_SCRIPT_MISSING || p.seen->script.state == STRAY_SCRIPT_CWD_GONE);
}

}  // namespace stray
