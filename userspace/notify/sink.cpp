// SPDX-License-Identifier: Apache-2.0
#include "notify/sink.hpp"

#include "base/printable.hpp"
#include "base/process_id.hpp"

namespace stray {
namespace {

Message::What what_of(const Finding& finding, BootTime ready) {
  switch (finding.action) {
    case Finding::Action::raised:
      return Message::What::raised;
    case Finding::Action::updated:
      return Message::What::updated;
    case Finding::Action::cleared:
      return finding.raised < ready ? Message::What::ended : Message::What::cleared;
  }
  return Message::What::raised;
}

}  // namespace

void NotifySink::put(Message::What what) {
  Message message;
  message.what = what;
  writer_.line(line_of(message));
}

void NotifySink::put(Message::What what, const View& view, const Finding& finding, const Process* process) {
  const auto stray = view.stray_of(finding);
  Message message;
  message.what = what;
  message.kind = finding.kind;
  message.severity = finding.what.severity;
  message.id = std::string(to_string(finding.kind)) + ":" + process_id(view.host.boot, finding.process);
  message.host = view.host.name;
  message.title = printable(finding.what.message);
  if (finding.action == Finding::Action::cleared) message.title = "resolved: " + message.title;
  message.text = text_.finding(finding, stray ? &*stray : nullptr, view.scene);
  ecs_.finding(message.document, finding, stray ? &*stray : nullptr, view.scene, process, view.lost);
  if (message.document.ends_with('\n')) message.document.pop_back();
  writer_.line(line_of(message));
}

void NotifySink::finding(const View& view, const Finding& finding, const Process* process) {
  put(what_of(finding, ready_), view, finding, process);
}

void NotifySink::ready(const View& view) {
  ready_ = view.time;
  list(view);
}

void NotifySink::list(const View& view) {
  put(Message::What::list);
  for (const Finding& finding : view.detectors.open())
    put(Message::What::open, view, finding, view.scene.lineage.find(finding.process));
  put(Message::What::listed);
}

}  // namespace stray
