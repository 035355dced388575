// SPDX-License-Identifier: Apache-2.0
// Findings over a restart: what a run left open, and the next one goes on with or resolves. It keeps the time
// it holds since, and is raised no second time. Whether it still holds shows like any other: by its
// condition, judged on fresh observations.
#include <utility>

#include "findings/finding_fields.hpp"

namespace stray {
namespace {

// Long enough for each kind to be observed again, with the samples that it needs.
constexpr BootTime kJudgedWithin = minutes(5);

}  // namespace

// Of an OOM kill the process has exited: what it ran is needed to see that it is back.
void Detectors::save_open(const EmitState& emit) const {
  for (const Finding& finding : open())
    if (finding.kind != Kind::oom_kill) emit({STRAY_STATE_FINDING, finding.process, tlv::save(finding)});
  for (const auto& [key, oom] : ooms_) emit({STRAY_STATE_OOM, key, tlv::save(oom)});
}

bool Detectors::carry(const StateItem& item) {
  return !lineage_.ready() && (item.kind == STRAY_STATE_OOM || item.kind == STRAY_STATE_FINDING) &&
         restore(item);
}

bool Detectors::restore_carried(const StateItem& item) {
  Finding finding;
  if (!tlv::restore(finding, item.body) || finding.process != item.process) return false;
  return carried_.emplace(std::pair{finding.process, finding.kind}, std::move(finding)).second;
}

bool Detectors::may_hold(const Finding& carried) const {
  const Process* process = lineage_.find(carried.process);
  return process && process->alive();
}

void Detectors::begin_carried() {
  carried_until_ = now_ + kJudgedWithin;
  for (auto it = carried_.begin(); it != carried_.end();)
    it = may_hold(it->second) ? std::next(it) : resolve(it, "the process exited while stray was not running");
}

// It holds: the finding goes on as the run before raised it.
void Detectors::go_on(Carried::iterator carried, const Process& process, State& state, Condition condition) {
  state.stage = State::Stage::open;
  state.raised = carried->second.raised;
  state.reported = std::move(carried->second.what);
  const Kind kind = carried->first.second;
  carried_.erase(carried);
  if (!says_the_same(state.reported, condition)) update(kind, process, state, std::move(condition));
}

Detectors::Carried::iterator Detectors::resolve(Carried::iterator carried, std::string reason) {
  Finding finding = std::move(carried->second);
  finding.action = Finding::Action::cleared, finding.time = now_, finding.reason = std::move(reason);
  findings_.push_back(std::move(finding));
  return carried_.erase(carried);
}

void Detectors::resolve_carried(ProcessKey key, const std::string& reason, std::optional<Kind> kind) {
  for (auto it = carried_.lower_bound({key, Kind{}}); it != carried_.end() && it->first.first == key;)
    it = !kind || *kind == it->first.second ? resolve(it, reason) : std::next(it);
}

void Detectors::resolve_all_carried(const std::string& reason) {
  for (auto it = carried_.begin(); it != carried_.end();) it = resolve(it, reason);
}

}  // namespace stray
