// SPDX-License-Identifier: Apache-2.0
#include "findings/stray.hpp"

#include <algorithm>
#include <map>

#include "findings/rules.hpp"

namespace stray {
namespace {

bool is_wrapper(const Process& p) { return p.program().role == Role::wrapper || p.program().shell_c; }

std::size_t rank_of(Kind kind) {
  const auto rows = kinds_by_decisiveness();
  return static_cast<std::size_t>(
      std::find_if(rows.begin(), rows.end(), [&](const KindRow* row) { return row->kind == kind; }) -
      rows.begin());
}

bool serves(const Process& p) {
  const bool listens = p.seen && !p.seen->sockets.empty();
  if (is_app(p)) return listens || (production(p) && p.program().desk == Desk::none);
  return listens && p.program().role == Role::none && p.program().desk != Desk::browser &&
         p.program().desk != Desk::worker;
}

}  // namespace

const Process& top_of_launch(const Process& process) {
  const Process* top = &process;
  for (std::size_t left = Lineage::kMostAncestors;
       left > 0 && top->parent && !top->parent->namespace_init &&
       top->parent->first_child ==
           top->parent->last_child &&  // a shell that runs other things too is no launch
       is_wrapper(*top->parent);
       --left)
    top = top->parent;
  return *top;
}

const Process& top_of_stray(const Process& process, Kind kind) {
  return row_of(kind).of_launch ? top_of_launch(process) : process;
}

const Process* server_of(const Scene& scene, const Stray& stray) {
  for (const ProcessKey& key : stray.members)
    if (const Process* p = scene.lineage.find(key); p && serves(*p)) return p;
  return nullptr;
}

Stray stray_of(const Scene& scene, ProcessKey top, std::vector<Finding> open) {
  Stray out;
  out.top = top;
  std::stable_sort(open.begin(), open.end(), [](const Finding& a, const Finding& b) {
    return std::pair(rank_of(a.kind), a.process) < std::pair(rank_of(b.kind), b.process);
  });
  out.findings = std::move(open);
  out.subject = out.findings.empty() ? top : out.findings.front().process;
  for (const Finding& finding : out.findings) {
    out.severity = std::max(out.severity, finding.what.severity);
    out.alike = std::max(out.alike, finding.what.alike);
  }
  if (const Process* p = scene.lineage.find(top); p && p->alive()) {
    out.members = descendants(*p);
    out.members.insert(out.members.begin(), top);
  }
  for (const ProcessKey& key : out.members)
    if (const Process* p = scene.lineage.find(key); p && p->seen) out.memory += p->seen->rss;
  if (const Process* server = server_of(scene, out)) out.subject = server->key;
  out.treatment = treatment_of(scene, out);
  return out;
}

std::vector<Stray> strays_of(const Scene& scene, const std::vector<Finding>& open) {
  std::map<ProcessKey, std::vector<Finding>> by_top;
  for (const Finding& finding : open) {
    const Process* p = scene.lineage.find(finding.process);
    by_top[p ? top_of_stray(*p, finding.kind).key : finding.process].push_back(finding);
  }
  // What descends from a launch that has a finding of its own is part of it: a parent comes before its
  // children.
  std::map<ProcessKey, ProcessKey> into;
  for (const auto& [top, findings] : by_top) {
    ProcessKey whole = top;
    if (const Process* p = scene.lineage.find(top))
      Lineage::each_ancestor(*p, [&](const Process& above) {
        const auto it = by_top.find(above.key);
        const bool launch = it != by_top.end() && !above.program().supervisor &&
                            std::any_of(it->second.begin(), it->second.end(),
                                        [](const Finding& f) { return row_of(f.kind).of_launch; });
        if (launch) whole = above.key;
        return true;
      });
    into.emplace(top, whole);
  }
  std::map<ProcessKey, std::vector<Finding>> merged;
  for (auto& [top, findings] : by_top) {
    auto& to = merged[into.at(top)];
    to.insert(to.end(), std::make_move_iterator(findings.begin()), std::make_move_iterator(findings.end()));
  }
  std::vector<Stray> out;
  for (auto& [top, findings] : merged) out.push_back(stray_of(scene, top, std::move(findings)));
  std::stable_sort(out.begin(), out.end(),
                   [](const Stray& a, const Stray& b) { return a.severity > b.severity; });
  return out;
}

StrayTotals totals_of(const std::vector<Stray>& strays) {
  StrayTotals out;
  for (const Stray& stray : strays) {
    const std::size_t all = 1 + stray.alike;
    out.strays += all;
    out.alike += stray.alike;
    out.findings += all * stray.findings.size();
    out.processes += stray.members.size() + stray.alike;
    out.memory += stray.memory;
    out.frees += stray.treatment.frees;
    switch (stray.treatment.action) {
      case Remedy::end:
        out.end += all;
        break;
      case Remedy::move:
        out.move += all;
        break;
      case Remedy::restart:
        out.restart += all;
        break;
      case Remedy::note:
        out.note += all;
        break;
    }
  }
  return out;
}

std::string totals_text(const StrayTotals& totals, std::size_t entries) {
  std::string out = std::to_string(totals.strays) + (totals.strays == 1 ? " stray" : " strays");
  if (entries > 0 && entries < totals.strays)
    out += " in " + std::to_string(entries) + (entries == 1 ? " entry" : " entries");
  const char* between = ": ";
  const auto add = [&](std::size_t count, const char* what) {
    if (!count) return;
    out += between + std::to_string(count) + what;
    between = ", ";
  };
  add(totals.end, " to stop");
  add(totals.move, " to move under a supervisor");
  add(totals.restart, " to restart");
  add(totals.note, " to look at");
  return out;
}

}  // namespace stray
