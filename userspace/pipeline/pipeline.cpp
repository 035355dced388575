// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.hpp"
#include "record/action.hpp"

#include <algorithm>

namespace stray {

Pipeline::Pipeline(DetectOptions detect, LineageOptions lineage)
    : detect_(std::move(detect)), bounds_(lineage) {
  reset();
}

void Pipeline::reset() {
  detectors_.reset();  // it refers to the lineage
  lineage_ = std::make_unique<Lineage>(bounds_);
  if (detect_.programs) lineage_->set_rules(detect_.programs);
  detectors_ = std::make_unique<Detectors>(detect_, *lineage_);
  stage_ = Stage::fresh;
  core_known_ = false;
  joiner_ = {};
  host_ = {};
  counts_ = {};
  lost_ = 0;
  time_ = {};
}

void Pipeline::replace_options(DetectOptions detect) {
  detect_ = std::move(detect);
  lineage_->set_rules(detect_.programs);
  detectors_->replace_options(detect_);
}

void Pipeline::feed(RawRecord raw) {
  const auto decoded = decoder_.decode(raw);
  const Event* event = std::get_if<Event>(&decoded);
  if (!event) {
    ++counts_.malformed;
    return;
  }
  if (const auto* state = std::get_if<SavedState>(&event->what)) return restore(*event, *state);
  if (stage_ == Stage::restoring) {
    ++counts_.malformed;  // the saved state has no end
    end_restore(event->time);
  }
  stage_ = Stage::running;
  time_ = std::max(time_, event->time);
  lost_ = std::max(lost_, event->lost);
  host_.learn(*event);
  const auto& changes = lineage_->apply(*event);
  const View now = view();
  const bool is_seed = std::holds_alternative<Seed>(event->what);
  if (const auto action = action_of(*event); !action.empty() && !is_seed && !lineage_->repeated()) {
    Counted& counted = counts_.events[event->what.index()];
    counted.action = action;
    ++counted.count;
    emit([&](Sink& sink) { sink.event(now, *event); });
  }
  for (const Change& change : changes) {
    if (change.kind == Change::Kind::reparented) {
      ++counts_.reparented;
      emit([&](Sink& sink) { sink.reparent(now, change); });
    } else if (change.kind == Change::Kind::image && is_seed) {
      emit_inferred_exec(now, *event);
    } else if (change.kind == Change::Kind::seeded) {
      ++counts_.seeded;
      // Before the snapshot is whole parents may be missing: emitted together when it is.
      if (lineage_->ready()) emit([&](Sink& sink) { sink.seed(now, *change.process); });
    }
  }
  if (std::holds_alternative<Ready>(event->what)) emit_ready(now);
  detectors_->apply(*event, changes);
  for (const Finding& finding : detectors_->take_findings()) {
    counts_.raised += finding.action == Finding::Action::raised;
    counts_.cleared += finding.action == Finding::Action::cleared;
    emit([&](Sink& sink) { sink.finding(view(), finding, lineage_->find(finding.process)); });
  }
  if (std::holds_alternative<End>(event->what)) emit_summary();
}

// A snapshot that shows another program than the table is an exec whose record was lost.
void Pipeline::emit_inferred_exec(const View& view, const Event& seen) {
  const auto& seed = std::get<Seed>(seen.what);
  Event event = seen;
  event.flags = lineage_->find(seen.process)->image->flags;
  Exec exec{};
  exec.inode = seed.inode, exec.cgroup_id = seed.cgroup_id, exec.nlink = seed.nlink;
  exec.dev_major = seed.dev_major, exec.dev_minor = seed.dev_minor, exec.execs = seed.execs;
  exec.uid = seed.uid, exec.euid = seed.euid, exec.gid = seed.gid;
  exec.loginuid = seed.loginuid, exec.audit_session = seed.audit_session;
  exec.tty = seed.tty, exec.sid = seed.sid, exec.pgid = seed.pgid;
  exec.pidns = seed.pidns, exec.mntns = seed.mntns;
  exec.exe = seed.exe, exec.cwd = seed.cwd, exec.cgroup = seed.cgroup, exec.comm = seed.comm;
  event.what = exec;
  Counted& counted = counts_.events[event.what.index()];
  counted.action = action_of(event);
  ++counted.count;
  emit([&](Sink& sink) { sink.event(view, event); });
}

void Pipeline::emit_ready(const View& view) {
  const auto all = lineage_->live_by_key();
  emit([&](Sink& sink) {
    sink.ready(view);
    for (const Process* process : all) sink.seed(view, *process);
  });
}

void Pipeline::emit_standing() {
  for (const Finding& finding : detectors_->open())
    emit([&](Sink& sink) { sink.standing(view(), finding, lineage_->find(finding.process)); });
}

void Pipeline::listen() {
  if (!muted_) return;
  muted_ = false;
  counts_ = {};
  if (!lineage_->ready()) return;  // the snapshot is not whole yet: that is reported when it is
  emit_ready(view());
  emit_standing();
}

void Pipeline::emit_summary() {
  emit([&](Sink& sink) { sink.summary(view(), summary()); });
}

Summary Pipeline::summary() const {
  Summary out;
  out.events = counts_.before;
  for (const Counted& counted : counts_.events)
    if (counted.count) out.events[std::string(counted.action)] += counted.count;
  out.events["seed"] = counts_.seeded;
  out.events["reparent"] = counts_.reparented;
  out.lost = lost_, out.malformed = counts_.malformed, out.raised = counts_.raised,
  out.cleared = counts_.cleared;
  out.open = totals_of(detectors_->open(), *lineage_);
  out.lineage = lineage_->counts();
  out.time = time_;
  out.limits = limits();
  return out;
}

}  // namespace stray
