// SPDX-License-Identifier: Apache-2.0
#include "pipeline/filter.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "record/action.hpp"

namespace stray {
namespace {

bool named(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// Up by who started it: the tree of a process is whole also when who is in between has exited, and a reaper
// has what is below.
bool FilterSink::in_trees(const View& view, const Process* p, ProcessKey key) const {
  const auto named_here = [&](ProcessKey one) {
    return named(options_.trees, std::to_string(one.tgid)) ||
           named(options_.trees, process_id(view.host.boot, one));
  };
  if (named_here(key)) return true;
  for (std::size_t left = Lineage::kMostAncestors; p && left > 0; --left) {
    p = p->origin ? p->origin : p->parent;
    if (p && named_here(p->key)) return true;
  }
  return false;
}

bool FilterSink::matches(const View& view, const Process* p, ProcessKey key) const {
  const auto& o = options_;
  if (!o.pids.empty() && std::find(o.pids.begin(), o.pids.end(), key.tgid) == o.pids.end()) return false;
  if (!o.ids.empty()) {
    const std::string id = process_id(view.host.boot, key);
    if (std::none_of(o.ids.begin(), o.ids.end(),
                     [&](const std::string& wanted) { return wanted.substr(wanted.rfind(':') + 1) == id; }))
      return false;
  }
  if (!o.trees.empty() && !in_trees(view, p, key)) return false;
  if (!o.exes.empty() || !o.argvs.empty() || !o.users.empty() || !o.units.empty()) {
    if (!p) return false;
    if (!o.argvs.empty() && !matches_any_glob(o.argvs, p->command())) return false;
    const std::string exe(p->exe());
    if (!o.exes.empty() && !matches_any_glob(o.exes, exe) &&
        !matches_any_glob(o.exes, exe.substr(exe.rfind('/') + 1)))
      return false;
    if (!o.users.empty() && !named(o.users, std::to_string(p->uid)) &&
        !(p->seen && named(o.users, p->seen->user)))
      return false;
    if (!o.units.empty() && !matches_any_glob(o.units, place_in_cgroup(p->cgroup()).unit)) return false;
  }
  return true;
}

void FilterSink::event(const View& view, const Event& event) {
  if (!options_.findings.empty()) return;
  // A loss concerns every process.
  if (!std::holds_alternative<Gap>(event.what) &&
      !matches(view, view.scene.lineage.find(event.process), event.process))
    return;
  ++events_[std::string(action_of(event))];
  next_.event(view, event);
}

void FilterSink::seed(const View& view, const Process& process) {
  if (!options_.findings.empty() || !matches(view, &process, process.key)) return;
  ++events_["seed"];
  next_.seed(view, process);
}

void FilterSink::reparent(const View& view, const Change& change) {
  if (!options_.findings.empty() || !matches(view, change.process, change.process->key)) return;
  ++events_["reparent"];
  next_.reparent(view, change);
}

bool FilterSink::wanted(const View& view, const Finding& finding, const Process* process) const {
  const auto& kinds = options_.findings;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), finding.kind) == kinds.end()) return false;
  return matches(view, process, finding.process);
}

void FilterSink::finding(const View& view, const Finding& finding, const Process* process) {
  if (!wanted(view, finding, process)) return;
  raised_ += finding.action == Finding::Action::raised;
  if (finding.action == Finding::Action::cleared)
    ++cleared_, open_.erase({finding.kind, finding.process});
  else
    open_.insert_or_assign({finding.kind, finding.process}, finding);
  next_.finding(view, finding, process);
}

void FilterSink::standing(const View& view, const Finding& finding, const Process* process) {
  if (!wanted(view, finding, process)) return;
  open_.insert_or_assign({finding.kind, finding.process}, finding);
  next_.standing(view, finding, process);
}

void FilterSink::summary(const View& view, const Summary& summary) {
  Summary mine = summary;
  mine.events = events_;
  mine.raised = raised_, mine.cleared = cleared_;
  std::vector<Finding> open;
  for (const auto& [key, finding] : open_) open.push_back(finding);
  mine.open = totals_of(open, view.scene.lineage);
  next_.summary(view, mine);
}

}  // namespace stray
