// SPDX-License-Identifier: Apache-2.0
// The fixed field set of journal entries (docs/output.md). Few names and few unique values: journald's hash
// tables per file are small, so what varies all the time stands in STRAY_JSON alone.
#include "base/json.hpp"
#include "base/printable.hpp"
#include "event.h"
#include "findings/rules.hpp"
#include "record/action.hpp"
#include "sinks/message_ids.hpp"
#include "sinks/sinks.hpp"

namespace stray {
namespace {

constexpr int kError = 3, kWarning = 4, kNotice = 5, kInfo = 6;  // syslog priorities

std::string argv_json(const Process& p) {
  std::string out = "[";
  Json json(out);
  p.argv().each([&](std::string_view word) { json.string(word); });
  return out + "]";
}

// The journal has its own time: what follows it in the line is the message.
std::string without_time(std::string line) {
  if (line.ends_with('\n')) line.pop_back();
  const auto after = line.find("  ");
  return after == std::string::npos ? line : line.substr(after + 2);
}

}  // namespace

void JournalSink::begin(std::string_view id_of, int priority, std::string_view message) {
  entry_.clear();
  json_.clear();
  entry_.add("MESSAGE", message);
  entry_.add("MESSAGE_ID", message_id(id_of));
  entry_.add("PRIORITY", std::to_string(priority));
  entry_.add("SYSLOG_IDENTIFIER", "stray");
}

void JournalSink::about(const View& view, const Process& p) {
  entry_.add("STRAY_PROCESS_ID", process_id(view.host.boot, p.key));
  entry_.add("STRAY_PID", std::to_string(p.key.tgid));
  // Catalog texts show these as they are: nothing in them may move a terminal's cursor.
  if (!p.exe().empty()) entry_.add("STRAY_EXE", printable(p.exe()));
  if (p.image && !p.image->argv.empty()) entry_.add("STRAY_ARGV", argv_json(p));
  entry_.add("STRAY_PPID", std::to_string(p.parent ? p.parent->key.tgid : p.parent_key.tgid));
  if (p.parent) entry_.add("STRAY_PARENT_ID", process_id(view.host.boot, p.parent->key));
  if (p.image && !p.image->cwd.empty()) entry_.add("STRAY_CWD", p.image->cwd);
  entry_.add("STRAY_UID", std::to_string(p.uid));
  if (p.loginuid != kNoLogin) entry_.add("STRAY_LOGINUID", std::to_string(p.loginuid));
  if (p.tty) entry_.add("STRAY_TTY", tty_name(p.tty));
  entry_.add("STRAY_CGROUP", p.cgroup());
  if (const CgroupPlace place = place_in_cgroup(p.cgroup()); !place.unit.empty())
    entry_.add("STRAY_UNIT", place.unit);
  if (p.ended) {
    entry_.add("STRAY_EXIT", std::to_string(p.ended->code()));
    if (p.ended->signal()) entry_.add("STRAY_SIGNAL", std::to_string(p.ended->signal()));
  }
}

void JournalSink::send(const View& view) {
  entry_.add("STRAY_LOST", std::to_string(view.lost));
  if (!json_.empty() && json_.back() == '\n') json_.pop_back();
  entry_.add("STRAY_JSON", json_);
  client_.send(entry_);
}

void JournalSink::ready(const View& view) {
  std::string message = "stray " + view.host.version + " traces this host";
  const ViewLimits limits = view.limits();
  for (const ViewLimit& limit : limits) message += "; limited: " + limit.text;
  if (const std::string unwatched = unwatched_text(view); !unwatched.empty()) message += "; " + unwatched;
  begin("ready", limits.empty() ? kNotice : kWarning, message);
  entry_.add("STRAY_EVENT", "ready");
  ecs_.ready(json_, view.time, view.lost, limits, view.detectors.open());
  send(view);
}

void JournalSink::event(const View& view, const Event& event) {
  const std::string_view action = action_of(event);
  const Process* p = view.scene.lineage.find(event.process);
  const bool killed = p && p->ended && p->ended->signal() != 0;
  const bool matters = (action == "exit" && killed) || action == "oom" || action == "gap";
  if (choice_ ? !choice_->has(action) : !matters) return;
  begin(action, action == "oom" || action == "gap" ? kError : kInfo,
        without_time(text_.event(event, view.scene.lineage)));
  entry_.add("STRAY_EVENT", action);
  if (p) about(view, *p);
  if (const auto* signal = std::get_if<Signal>(&event.what))
    entry_.add("STRAY_SIGNAL", std::to_string(signal->signal));
  ecs_.event(json_, event, view.scene.lineage);
  send(view);
}

void JournalSink::seed(const View& view, const Process& process) {
  if (!choice_ || !choice_->has("seed")) return;
  begin("seed", kInfo, "found running: " + printable(process.command()));
  entry_.add("STRAY_EVENT", "seed");
  about(view, process);
  ecs_.seed(json_, process, view.time, view.lost);
  send(view);
}

void JournalSink::reparent(const View& view, const Change& change) {
  const bool matters = is_watched(change.process->program());
  if (choice_ ? !choice_->has("reparent") : !matters) return;
  begin("reparent", kInfo, without_time(text_.reparent(change, view.time)));
  entry_.add("STRAY_EVENT", "reparent");
  about(view, *change.process);
  ecs_.reparent(json_, change, view.time, view.lost);
  send(view);
}

void JournalSink::finding(const View& view, const Finding& finding, const Process* process) {
  const bool cleared = finding.action == Finding::Action::cleared;
  const int priority = cleared ? kNotice : finding.what.severity == Severity::critical ? kError : kWarning;
  begin(cleared ? "finding-cleared" : to_string(finding.kind), priority,
        cleared ? "cleared " + std::string(to_string(finding.kind)) + ": " + printable(finding.reason)
                : std::string(to_string(finding.kind)) + ": " + printable(finding.what.message));
  entry_.add("STRAY_EVENT", to_string(finding.action));
  entry_.add("STRAY_FINDING", to_string(finding.kind));
  if (process) {
    about(view, *process);
    // journald reads /proc of this pid when it gets the entry: only true for a process that lives.
    if (process->alive()) entry_.add("OBJECT_PID", std::to_string(process->key.tgid));
    if (process->alive())
      if (const Supervision who = supervise(view.scene.lineage, *process); !who.name.empty())
        entry_.add("STRAY_SUPERVISOR", who.name);
  }
  const auto stray = view.stray_of(finding);
  if (stray) {
    entry_.add("STRAY_ID", process_id(view.host.boot, stray->top));
    entry_.add("STRAY_TREATMENT", to_string(stray->treatment.action));
    std::string remedy;
    for (const std::string& line : lines_of(stray->treatment)) remedy += (remedy.empty() ? "" : "\n") + line;
    entry_.add("STRAY_REMEDY", remedy);
  }
  ecs_.finding(json_, finding, stray ? &*stray : nullptr, view.scene, process, view.lost);
  send(view);
}

void JournalSink::summary(const View& view, const Summary& summary) {
  std::string message = text_.summary(summary);
  message.pop_back();  // the line's end
  begin("summary", kNotice, message);
  entry_.add("STRAY_EVENT", "summary");
  ecs_.summary(json_, summary);
  send(view);
}

}  // namespace stray
