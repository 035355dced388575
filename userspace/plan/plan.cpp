// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/quote.hpp"
#include "base/words.hpp"
#include "event.h"
#include "findings/stray.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongText = 120;

std::string described(const Process& p) {
  const std::string command = p.command();
  return command.size() > kLongText ? command.substr(0, kLongText) + "..." : command;
}

bool ends(Kind kind) {
  switch (kind) {
    case Kind::orphan:
    case Kind::dev_tool:
    case Kind::stale_script:
    case Kind::supervisor_lost:
    case Kind::duplicate:
      return true;
    default:
      return false;
  }
}

std::string absolute(std::string_view path, std::string_view folder) {
  if (path.empty() || path.starts_with('/')) return std::string(path);
  if (path.starts_with("./")) path.remove_prefix(2);
  return std::string(folder) + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

std::string name_of(const Process& p, const std::string& cwd, const std::string& script) {
  if (const auto package = env_value(p.env(), "npm_package_name")) return plain_name(file_name(*package));
  if (!file_name(cwd).empty()) return plain_name(file_name(cwd));
  return plain_name(without_script_suffix(file_name(script)));
}

void take_arguments(const Process& p, Server& out) {
  const Words words = words_of(p.argv());
  const auto entry = std::find(words.begin() + !words.empty(), words.end(), p.program().entry);
  out.args_known = entry != words.end() && !p.program().entry.empty();
  if (!out.args_known) return;
  out.interpreter_args.assign(words.begin() + 1, entry);
  out.args.assign(entry + 1, words.end());
  out.redacted = p.image->flags & STRAY_EXEC_REDACTED;
  const auto cut = [](const std::string& word) { return word.find("<redacted>") != std::string::npos; };
  out.redacted |= std::any_of(out.args.begin(), out.args.end(), cut);
  out.redacted |= std::any_of(out.interpreter_args.begin(), out.interpreter_args.end(), cut);
}

Server server_of(const Scene& scene, const Process& p) {
  Server out;
  out.process = p.key;
  out.uid = p.uid;
  out.user = p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid);
  out.cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd : p.image ? p.image->cwd : std::string();
  out.interpreter = p.exe();
  // As it was given, so that a link to the current release stays one; the file itself where the runtime
  // looked for its extension.
  const bool seen = p.seen && p.seen->script.state == STRAY_SCRIPT_PRESENT && !p.seen->script.path.empty();
  const bool whole = !seen || file_name(p.seen->script.path) == file_name(p.program().entry);
  out.script = whole ? absolute(p.program().entry, out.cwd) : p.seen->script.path;
  out.name = name_of(p, out.cwd, out.script);
  out.node_env = env_value(p.env(), "NODE_ENV").value_or("");
  take_arguments(p, out);
  out.listens = ports_text(p);
  out.memory = group_memory(scene, p);
  out.memory_limit = memory_limit_for(out.memory, p.program().heap_limit_mib);
  out.end = end_group_of(scene, p);
  return out;
}

std::string through_supervisor(const Supervision& who) {
  switch (who.verdict) {
    case Verdict::pm2:
      return "pm2 restart " + who.name;
    case Verdict::systemd:
      return "systemctl restart " + who.name;
    case Verdict::container:
      return "restart container " + who.name + " through its engine";
    default:
      return "restart it through " + who.name;
  }
}

}  // namespace

std::uint64_t memory_limit_for(std::uint64_t used, std::uint32_t heap_limit_mib) {
  constexpr std::uint64_t mib = 1u << 20, step = 64 * mib, least = 256 * mib;
  const std::uint64_t heap = heap_limit_mib * mib;
  const std::uint64_t wanted = std::max({2 * used, heap + heap / 2, least});
  return (wanted + step - 1) / step * step;
}

EndGroup end_group_of(const Scene& scene, const Process& process) {
  return end_below(scene, top_of_launch(process));
}

EndGroup end_below(const Scene& scene, const Process& top) {
  std::vector<const Process*> family{&top};
  for (const ProcessKey& key : descendants(top))
    if (const Process* p = scene.lineage.find(key); p && p->alive()) family.push_back(p);
  std::vector<Ending> watchers, programs, wrappers;
  for (auto it = family.rbegin(); it != family.rend(); ++it) {  // from below
    const Program& program = (*it)->program();
    const bool wrapper = program.role == Role::wrapper || program.shell_c || program.shell;
    auto& stage = program.watcher ? watchers : wrapper ? wrappers : programs;
    stage.push_back({(*it)->key, described(**it)});
  }
  EndGroup out;
  for (auto* stage : {&watchers, &programs, &wrappers})
    if (!stage->empty()) out.stages.push_back(std::move(*stage));
  return out;
}

// It serves somebody: it is moved below a supervisor in a quiet hour, not ended with what was forgotten.
bool serves(const Process& p, const std::vector<const Finding*>& findings) {
  bool unsupervised = false, outdated = false;
  for (const Finding* f : findings) {
    unsupervised |= f->kind == Kind::unsupervised_node;
    outdated |= f->kind == Kind::stale_script || f->kind == Kind::duplicate;
  }
  const bool used = (p.seen && !p.seen->sockets.empty()) || env_value(p.env(), "NODE_ENV") == "production";
  return unsupervised && !outdated && used && p.program().entry_kind == EntryKind::file;
}

Plan make_plan(const Scene& scene, const std::vector<Finding>& open) {
  Plan out;
  std::set<ProcessKey> ended, serving, kept;
  std::map<ProcessKey, std::vector<const Finding*>> by_process;
  for (const Finding& finding : open) by_process[finding.process].push_back(&finding);
  std::map<ProcessKey, std::size_t> group_of;  // by the topmost process
  for (const auto& [key, findings] : by_process) {
    const Process* p = scene.lineage.find(key);
    if (!p || !p->alive()) continue;
    const Supervision who = supervise(scene.lineage, *p);
    bool end = false, serve = false, gone = false;
    for (const Finding* f : findings) {
      end |= ends(f->kind), serve |= f->kind == Kind::unsupervised_node;
      gone |= f->kind == Kind::stale_script;
    }
    if (who.supervised()) {
      for (const Finding* f : findings) out.notes.push_back(f->what.message + ": " + through_supervisor(who));
      continue;
    }
    if (serve && !gone && p->program().entry_kind == EntryKind::file) serving.insert(key);
    if (serves(*p, findings)) kept.insert(key);
    if (!end) {
      for (const Finding* f : findings) {
        if (f->kind == Kind::unsupervised_node) continue;
        out.notes.push_back(std::string(to_string(f->kind)) + ": " + f->what.message);
      }
      continue;
    }
    const auto [it, fresh] = group_of.emplace(top_of_launch(*p).key, out.end.size());
    if (fresh) out.end.push_back(end_group_of(scene, *p));
    EndGroup& group = out.end[it->second];
    for (const Finding* f : findings) {
      group.why.push_back(std::string(to_string(f->kind)) + ": " + f->what.message);
    }
  }
  std::erase_if(out.end, [&](const EndGroup& group) {
    return std::any_of(group.stages.begin(), group.stages.end(), [&](const auto& stage) {
      return std::any_of(stage.begin(), stage.end(),
                         [&](const Ending& e) { return kept.contains(e.process); });
    });
  });
  // A process stands in one group only: the first, whose top is older.
  for (EndGroup& group : out.end) {
    for (auto& stage : group.stages)
      std::erase_if(stage, [&](const Ending& e) { return !ended.insert(e.process).second; });
    std::erase_if(group.stages, [](const auto& stage) { return stage.empty(); });
  }
  std::set<std::string> names;
  for (const ProcessKey& key : serving) {
    Server server = server_of(scene, *scene.lineage.find(key));
    server.ended = ended.contains(key);
    const std::string name = server.name;
    for (int n = 2; !names.insert(server.name).second; ++n) server.name = name + "-" + std::to_string(n);
    out.servers.push_back(std::move(server));
  }
  return out;
}

}  // namespace stray
