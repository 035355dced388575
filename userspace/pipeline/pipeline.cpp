// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.hpp"

#include <algorithm>

namespace stray {

namespace {

LineageOptions with_runtimes(LineageOptions lineage, const DetectOptions& detect) {
  lineage.runtimes = detect.runtimes;
  return lineage;
}

}  // namespace

Pipeline::Pipeline(DetectOptions detect, LineageOptions lineage)
    : lineage_(with_runtimes(std::move(lineage), detect)), detectors_(std::move(detect), lineage_) {}

void Pipeline::feed(RawRecord raw) {
  const auto decoded = decoder_.decode(raw);
  const Event* event = std::get_if<Event>(&decoded);
  if (!event) {
    ++malformed_;
    return;
  }
  time_ = std::max(time_, event->time);
  lost_ = std::max(lost_, event->lost);
  host_.learn(*event);
  const auto& changes = lineage_.apply(*event);
  const View now = view();
  const bool is_seed = std::holds_alternative<Seed>(event->what);
  if (const auto action = action_of(*event); !action.empty() && !is_seed) {
    ++counts_[action];
    for (Sink* sink : sinks_) sink->event(now, *event);
  }
  for (const Change& change : changes) {
    if (change.kind == Change::Kind::reparented) {
      ++reparented_;
      for (Sink* sink : sinks_) sink->reparent(now, change);
    } else if (change.kind == Change::Kind::seeded) {
      ++seeded_;
      // Before the snapshot is whole parents may be missing: told together when it is.
      if (lineage_.ready())
        for (Sink* sink : sinks_) sink->seed(now, *change.process);
    }
  }
  if (std::holds_alternative<Ready>(event->what)) tell_ready(now);
  detectors_.apply(*event, changes);
  for (const Finding& finding : detectors_.take_findings()) {
    raised_ += finding.action == Finding::Action::raised;
    cleared_ += finding.action == Finding::Action::cleared;
    for (Sink* sink : sinks_) sink->finding(view(), finding, lineage_.find(finding.process));
  }
  if (std::holds_alternative<End>(event->what))
    for (Sink* sink : sinks_) sink->summary(view(), summary());
}

void Pipeline::tell_ready(const View& view) {
  const auto all = lineage_.live_by_key();
  for (Sink* sink : sinks_) {
    sink->ready(view);
    for (const Process* process : all) sink->seed(view, *process);
  }
}

Summary Pipeline::summary() const {
  Summary out;
  for (const auto& [kind, count] : counts_) out.events.emplace(kind, count);
  out.events["seed"] = seeded_;
  out.events["reparent"] = reparented_;
  out.lost = lost_, out.malformed = malformed_, out.raised = raised_, out.cleared = cleared_;
  out.open = totals_of(detectors_.open(), lineage_);
  out.lineage = lineage_.counts();
  out.time = time_;
  return out;
}

}  // namespace stray
