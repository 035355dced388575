// SPDX-License-Identifier: Apache-2.0
#include "sinks/lines.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/columns.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "findings/rules.hpp"
#include "sinks/text.hpp"

namespace stray {
namespace {

// Anybody may build a chain of processes as long as pids last: indents stop growing.
constexpr std::size_t kDeepest = 64;

struct Found {
  std::string text;
  Severity severity = Severity::info;
};
using AllFound = std::unordered_map<ProcessKey, Found>;

// By the process that the findings are about.
AllFound found_in(const std::vector<Stray>& strays) {
  AllFound out;
  for (const Stray& stray : strays) {
    std::unordered_map<ProcessKey, std::string> kinds;
    for (const Finding& f : stray.findings) add_to(kinds[f.process], to_string(f.kind));
    for (const auto& [key, text] : kinds) {
      Found& found = out[key];
      add_to(found.text, text + ": " + stray.treatment.title, "; ");
      found.severity = std::max(found.severity, stray.severity);
    }
  }
  return out;
}

TreeLine tree_line(const Process& p, const Scene& scene, const AllFound& all) {
  TreeLine out;
  out.process = &p;
  out.user = account_of(p);
  const Supervision who = supervise(scene.lineage, p);
  if (who.verdict != Verdict::kernel) out.supervisor = printable(supervisor_text(who));
  out.command = printable(p.command());
  out.age = age(scene, p.key.start);
  if (const auto it = all.find(p.key); it != all.end())
    out.found = it->second.text, out.severity = it->second.severity;
  return out;
}

}  // namespace

std::string account_of(const Process& process) {
  const std::string_view name = account_name(process);
  return name.empty() ? "uid " + std::to_string(process.uid) : printable(name);
}

StrayLine line_of(const Stray& stray, const Scene& scene) {
  StrayLine out{.severity = stray.severity,
                .title = stray.treatment.title,
                .pid = stray.top.tgid,
                .memory = stray.memory};
  const Process* p = scene.lineage.find(stray.subject);
  if (!p) p = scene.lineage.find(stray.top);
  out.gone = !p;
  if (!p) return out;
  out.user = printable(user_of(*p));
  out.command = printable(p->command());
  out.age = age(scene, p->key.start);
  return out;
}

std::string kinds_of(const Stray& stray) {
  std::vector<Kind> seen;
  for (const Finding& f : stray.findings)
    if (std::find(seen.begin(), seen.end(), f.kind) == seen.end()) seen.push_back(f.kind);
  return joined(seen, ", ", [](Kind kind) { return to_string(kind); });
}

MarkedCommand marked(const std::string& command, const std::string& found, std::size_t columns) {
  if (found.empty()) return {clipped(command, columns), {}};
  const std::string mark = "<- " + found;
  const std::size_t least = std::min(columns / 2, columns_of(command));
  const std::size_t most = std::min(columns_of(mark), columns > least + 1 ? columns - least - 1 : 0);
  if (most == 0) return {clipped(command, columns), {}};
  return {clipped(command, columns - most - 1), clipped(mark, most)};
}

std::vector<TreeLine> tree_lines(const Scene& scene, const Process* root, const std::vector<Stray>& strays,
                                 bool kernel_threads) {
  struct Level {
    const Process* process;
    std::size_t depth;
    std::string below;  // the guide of what descends from its parent
  };
  const AllFound all = found_in(strays);
  std::vector<Level> stack;
  if (root) {
    stack.push_back({root, 0, {}});
  } else {
    for (const Process* p : scene.lineage.live_by_key())
      if (!p->parent && (kernel_threads || !p->kthread)) stack.push_back({p, 0, {}});
    std::reverse(stack.begin(), stack.end());
  }
  std::vector<TreeLine> out;
  while (!stack.empty()) {
    const Level now = std::move(stack.back());
    stack.pop_back();
    const Process& p = *now.process;
    out.push_back(tree_line(p, scene, all));
    out.back().depth = now.depth;
    std::string below = now.below;
    if (now.depth > 0) {
      out.back().guide = now.below + (p.next ? "├─ " : "└─ ");
      if (now.depth < kDeepest) below += p.next ? "│  " : "   ";
    }
    for (const Process* c = p.last_child; c; c = c->previous) stack.push_back({c, now.depth + 1, below});
  }
  return out;
}

}  // namespace stray
