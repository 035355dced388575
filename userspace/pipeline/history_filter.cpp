// SPDX-License-Identifier: Apache-2.0
#include "pipeline/history_filter.hpp"

#include <algorithm>

namespace stray {

bool AboutSink::is(const View& view, ProcessKey key) {
  if (key.tgid == 0) return false;
  return about_.pid ? key.tgid == *about_.pid : process_id(view.host.boot, key) == about_.id;
}

void AboutSink::meet(const View& view, ProcessKey key) {
  if (key == last_) return;
  last_ = key;
  if (const Process* process = view.scene.lineage.find(key); process && begun) begun(view, *process);
}

void AboutSink::event(const View& view, const Event& event) {
  if (is(view, event.process)) {
    meet(view, event.process);
    next_.event(view, event);
    const bool over =
        std::holds_alternative<Exit>(event.what) || std::holds_alternative<InferredExit>(event.what);
    if (const Process* process = view.scene.lineage.find(event.process); over && process && ended)
      ended(view, *process);
    return;
  }
  const auto* fork = std::get_if<Fork>(&event.what);
  const auto* signal = std::get_if<Signal>(&event.what);
  const bool made_by = fork && (is(view, fork->parent) || is(view, fork->creator));
  const bool sent_by = signal && is(view, signal->sender);
  if (made_by || sent_by || std::holds_alternative<Gap>(event.what)) next_.event(view, event);
}

void AboutSink::seed(const View& view, const Process& process) {
  if (!is(view, process.key)) return;
  meet(view, process.key);
  next_.seed(view, process);
}

void AboutSink::reparent(const View& view, const Change& change) {
  if (is(view, change.process->key)) next_.reparent(view, change);
}

void AboutSink::finding(const View& view, const Finding& finding, const Process* process) {
  if (about_.kind && finding.kind != *about_.kind) return;
  const auto& members = finding.what.members;
  if (is(view, finding.process) ||
      std::any_of(members.begin(), members.end(), [&](const ProcessKey& key) { return is(view, key); }))
    next_.finding(view, finding, process);
}

}  // namespace stray
