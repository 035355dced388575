// SPDX-License-Identifier: Apache-2.0
#include "export/difference.hpp"

#include <algorithm>

#include "base/units.hpp"
#include "findings/rules.hpp"
#include "sinks/lines.hpp"
#include "supervision/supervision.hpp"

namespace stray {
namespace {

// Memory moves all the time: what is shown is at least this much, and a quarter of what it was.
constexpr std::uint64_t kMemoryStep = 16u << 20;

bool moved(std::uint64_t before, std::uint64_t after) {
  const std::uint64_t step = std::max(before, after) - std::min(before, after);
  return before && after && step >= kMemoryStep && step >= before / 4;
}

}  // namespace

DifferenceSink::Facts DifferenceSink::facts_of(const View& view, const Process& p) {
  Facts out{.command = p.command(), .user = account_of(p), .listens = ports_text(p)};
  out.supervisor = supervisor_text(supervise(view.scene.lineage, p));
  if (p.seen && !p.seen->cwd.empty())
    out.directory = p.seen->cwd;
  else if (p.image && p.image->at_exec)
    out.directory = p.image->cwd;
  out.parent = p.parent ? p.parent->key : p.parent_key;
  out.parent_name = p.parent ? p.parent->label() : "pid";
  if (out.parent)
    out.parent_name += " " + std::to_string(out.parent.tgid);
  else
    out.parent_name = "none";
  out.memory = p.seen ? p.seen->rss : 0;
  out.execs = p.image ? p.image->execs : 0;
  out.argv_known = p.image && !p.image->argv.empty();
  out.sockets_known = p.seen && p.seen->sockets_time != BootTime{};
  return out;
}

std::vector<FactChange> DifferenceSink::changes(const Facts& before, const Facts& after) {
  std::vector<FactChange> out;
  const auto add = [&](std::string_view fact, const std::string& was, const std::string& is) {
    if (was != is) out.push_back({fact, was, is});
  };
  // What a first look brings was so before.
  if (before.execs != after.execs || before.argv_known == after.argv_known)
    add("command", before.command, after.command);
  if (before.parent != after.parent) out.push_back({"parent", before.parent_name, after.parent_name});
  // A name is known once some process of the user was looked at: the number alone is no other user.
  if (!before.user.starts_with("uid ")) add("user", before.user, after.user);
  add("supervisor", before.supervisor, after.supervisor);
  if (!before.directory.empty() && !after.directory.empty())
    add("directory", before.directory, after.directory);
  if (before.sockets_known) add("listens", before.listens, after.listens);
  if (moved(before.memory, after.memory))
    out.push_back({"memory", memory_text(before.memory), memory_text(after.memory)});
  return out;
}

std::vector<const Process*> DifferenceSink::living(const View& view) const {
  auto out = alive(view);
  if (!options_.kernel_threads) std::erase_if(out, [](const Process* p) { return p->kthread; });
  return out;
}

void DifferenceSink::ready(const View& view) {
  if (begun_) return;  // another run of the same boot: the first moment stays
  begun_ = true;
  from_ = view.time;
  for (const Process* p : living(view)) before_.emplace(p->key, Before{.facts = facts_of(view, *p)});
}

void DifferenceSink::event(const View& view, const Event& event) {
  if (!begun_ || !std::holds_alternative<Exit>(event.what)) return;
  const Process* p = view.scene.lineage.find(event.process);
  if (!p || !p->ended || view.scene.lineage.repeated()) return;
  const auto known = before_.find(p->key);
  if (known == before_.end()) {
    between_ += p->key.start >= from_ && !p->kthread;
    return;
  }
  known->second.ended = true;
  known->second.facts.command = p->command();
  known->second.end = {p->ended->time, Text(view.host, {}).end_of(*p)};
}

void DifferenceSink::standing(const View&, const Finding& finding, const Process*) {
  open_.emplace(finding.kind, finding.process);
}

void DifferenceSink::finding(const View&, const Finding& finding, const Process*) {
  const Id id{finding.kind, finding.process};
  if (finding.action == Finding::Action::cleared && open_.contains(id)) cleared_[id] = finding;
}

void DifferenceSink::compare_processes(const View& view, Differences& out) {
  for (const Process* p : living(view)) {
    const auto known = before_.find(p->key);
    if (known == before_.end()) {
      out.came.push_back(p);
      continue;
    }
    auto facts = changes(known->second.facts, facts_of(view, *p));
    if (!facts.empty()) out.changed.push_back({p, std::move(facts)});
    before_.erase(known);
  }
  for (auto& [key, gone] : before_)
    // One that no longer passes the filter has not ended by that.
    if (gone.ended || !view.scene.lineage.live(key.tgid) || view.scene.lineage.live(key.tgid)->key != key)
      out.ended.push_back({key, std::move(gone.facts.command), std::move(gone.end)});
}

void DifferenceSink::compare_findings(const View& view, Differences& out) const {
  std::set<Id> now;
  for (const Finding& finding : view.detectors.open()) {
    const Process* p = view.scene.lineage.find(finding.process);
    if (!p || !wanted(view, *p)) continue;
    const Id id{finding.kind, finding.process};
    now.insert(id);
    if (!open_.contains(id)) out.raised.push_back(finding);
  }
  for (const auto& [id, finding] : cleared_)
    if (!now.contains(id)) out.cleared.push_back(finding);
}

void DifferenceSink::close(const View& view) {
  Differences out{.from = from_, .to = view.time, .between = between_};
  compare_processes(view, out);
  compare_findings(view, out);
  done_(view, out);
  before_.clear();
}

}  // namespace stray
