// SPDX-License-Identifier: Apache-2.0
#include "sinks/ecs.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "event.h"
#include "findings/rules.hpp"
#include "record/action.hpp"
#include "sinks/ecs_doc.hpp"

namespace stray {
namespace {

std::string_view type_of(std::string_view action) {
  if (action == "fork" || action == "exec") return "start";
  if (action == "exit") return "end";
  if (action == "reparent" || action == "signal") return "change";
  return "info";
}

int severity_number(Severity severity) {
  switch (severity) {
    case Severity::info:
      return 10;
    case Severity::notice:
      return 30;
    case Severity::warning:
      return 60;
    case Severity::critical:
      return 90;
  }
  return 30;
}

}  // namespace

void Ecs::ready(std::string& out, BootTime time, std::uint64_t lost, const ViewLimits& limits,
                const std::vector<Finding>& open, Ready which) {
  Doc doc(*this, out,
          {.time = time, .kind = "event", .action = "ready", .type = "info", .dataset = "stray.run"});
  doc.json.begin_object("stray");
  doc.json.field("version", host_.version);
  doc.json.field("machine_id", host_.machine_id);
  doc.json.field("contract", STRAY_CONTRACT);
  put_limits(doc.json, limits);
  if (which == Ready::continued) doc.json.field("continued", true);
  if (host_.unwatched_from != BootTime{} && which == Ready::begun) {
    doc.json.begin_object("unwatched");
    doc.json.key("from");
    doc.stamp(start_, host_.unwatched_from);
    doc.json.key("to");
    doc.stamp(start_, time);
    doc.json.end_object();
  }
  doc.json.begin_array("open");
  for (const Finding& finding : open) {
    doc.json.begin_object();
    doc.finding_id(finding);
    doc.json.key("since");
    doc.stamp(start_, finding.since);
    doc.json.end_object();
  }
  doc.json.end_array();
  doc.finish(lost);
}

void Ecs::event(std::string& out, const Event& event, const Lineage& lineage) {
  const std::string_view action = action_of(event);
  if (action.empty()) return;
  const Process* p = lineage.find(event.process);
  const bool exec = std::holds_alternative<Exec>(event.what);
  Doc doc(*this, out,
          {.time = event.time,
           .kind = "event",
           .action = action,
           .type = type_of(action),
           .dataset = "stray.process",
           .about = event.process ? process_id(host_.boot, event.process) : std::string(),
           .brief = brief()});
  Json& json = doc.json;
  if (const auto* gap = std::get_if<Gap>(&event.what)) {
    json.begin_object("stray");
    json.begin_object("gap");
    json.field("count", gap->count);
    json.key("from");
    doc.stamp(start_, gap->from);
    json.end_object();
    return doc.finish(event.lost);
  }
  const bool described = p && (exec || !doc.said(*p));
  if (p) {
    if (exec) doc.container(*p);
    doc.process(*p, exec ? Doc::Part::whole : described ? Doc::Part::outline : Doc::Part::id);
  } else {
    json.begin_object("process");
    doc.key_fields(event.process);
  }
  if (p && p->ended && action == "exit") {
    const Ended& ended = *p->ended;
    json.field("exit_code", ended.signal() ? 128 + ended.signal() : ended.code());
    if (!doc.brief) json.key("end"), doc.stamp(start_, ended.time);
  }
  json.end_object();
  json.begin_object("stray");
  if (const auto* fork = std::get_if<Fork>(&event.what); fork && fork->creator != fork->parent)
    doc.relative("creator", lineage.find(fork->creator), fork->creator);
  if (described) doc.edge(*p);
  if (exec && p) {
    if (!lineage_was_said(*p)) doc.lineage(*p);
    // The script that an interpreter runs.
    if (p->image && !p->image->interp.empty()) doc.text("script", "stray.script", p->image->name);
    if (event.flags & STRAY_EXEC_ARGV_CUT) json.field("argv_bytes", p->image->argv_bytes);
    if (event.flags & STRAY_EXEC_EXE_DELETED) json.field("exe_deleted", true);
    if (event.flags & STRAY_EXEC_MEMFD) json.field("memfd", true);
    if (event.flags & STRAY_EXEC_BY_THREAD) json.field("by_thread", true);
    if (event.flags & STRAY_EXEC_INFERRED) json.field("inferred", true);
    if (event.flags & STRAY_EXEC_REDACTED) json.field("redacted", true);
    if (p->cgroup().size() > 1) doc.text("cgroup", "stray.cgroup", p->cgroup());
  }
  if (const auto* exit = std::get_if<Exit>(&event.what); exit && p && p->ended) {
    const Ended& ended = *p->ended;
    json.begin_object("exit");
    if (ended.signal()) json.field("signal", ended.signal());
    if (ended.core()) json.field("core", true);
    if (ended.oom) json.field("oom", true);
    json.field("cpu_ns", ended.runtime_ns);
    json.field("max_rss", ended.max_rss);
    if (ended.killer && !ended.killer->from_kernel)
      doc.relative("sender", lineage.find(ended.killer->sender), ended.killer->sender);
    if (ended.reaper) doc.relative("reaper", lineage.find(ended.reaper), ended.reaper);
    json.end_object();
  }
  if (std::holds_alternative<InferredExit>(event.what)) json.field("inferred", true);
  if (const auto* signal = std::get_if<Signal>(&event.what)) {
    json.begin_object("signal");
    json.field("number", signal->signal);
    json.field("from_kernel", (event.flags & STRAY_SIGNAL_FROM_KERNEL) != 0);
    json.field("result", signal->result);
    if (signal->sender) doc.relative("sender", lineage.find(signal->sender), signal->sender);
    json.end_object();
  }
  if (const auto* oom = std::get_if<Oom>(&event.what)) {
    json.begin_object("oom");
    json.field("memcg", (event.flags & STRAY_OOM_MEMCG) != 0);
    if (event.flags & STRAY_OOM_MEMCG)
      doc.text("cgroup", "stray.oom.cgroup", oom->cgroup), json.field("limit", oom->limit);
    json.field("anon_rss", oom->anon_rss);
    json.field("file_rss", oom->file_rss);
    json.field("swap", oom->swap);
    json.field("score_adj", oom->score_adj);
    if (oom->trigger) doc.relative("trigger", lineage.find(oom->trigger), oom->trigger);
    json.end_object();
  }
  if (const auto* listen = std::get_if<Listen>(&event.what))
    json.plain("listen", Listening{listen->family, listen->port, listen->address}.text());
  if (described) say(*p);
  doc.finish(event.lost);
}

void Ecs::seed(std::string& out, const Process& process, BootTime time, std::uint64_t lost) {
  Doc doc(*this, out,
          {.time = time,
           .kind = "event",
           .action = "seed",
           .type = "info",
           .dataset = "stray.process",
           .about = process_id(host_.boot, process.key),
           .brief = brief()});
  doc.container(process);
  doc.process(process, Doc::Part::whole);
  doc.json.end_object();
  doc.json.begin_object("stray");
  doc.edge(process);
  say(process);
  doc.finish(lost);
}

void Ecs::difference(std::string& out, std::string_view action, ProcessKey key, const Process* process,
                     const std::vector<FactChange>& facts, BootTime time, std::uint64_t lost) {
  Doc doc(*this, out,
          {.time = time,
           .kind = "event",
           .action = action,
           .type = action == "came"    ? "start"
                   : action == "ended" ? "end"
                                       : "change",
           .dataset = "stray.process",
           .about = process_id(host_.boot, key)});
  if (process) {
    doc.container(*process);
    doc.process(*process, Doc::Part::whole);
  } else {
    doc.json.begin_object("process");
    doc.key_fields(key);
  }
  doc.json.end_object();
  doc.json.begin_object("stray");
  doc.json.begin_array("difference");
  for (const FactChange& fact : facts) {
    doc.json.begin_object();
    doc.json.plain("fact", fact.fact);
    doc.json.field("before", fact.before);
    doc.json.field("after", fact.after);
    doc.json.end_object();
  }
  doc.json.end_array();
  doc.finish(lost);
}

void Ecs::reparent(std::string& out, const Change& change, BootTime time, std::uint64_t lost) {
  const Process& p = *change.process;
  Doc doc(*this, out,
          {.time = time,
           .kind = "event",
           .action = "reparent",
           .type = "change",
           .dataset = "stray.process",
           .about = process_id(host_.boot, p.key),
           .brief = brief()});
  doc.process(p, doc.said(p) ? Doc::Part::id : Doc::Part::outline);
  doc.json.end_object();
  doc.json.begin_object("stray");
  doc.json.begin_object("reparent");
  doc.json.plain("edge", to_string(p.parent_edge));
  if (change.other) {
    doc.relative("from", change.other, change.other->key);
    if (const auto& ended = change.other->ended) {
      if (ended->signal())
        doc.json.field("from_signal", ended->signal());
      else if (!ended->inferred)
        doc.json.field("from_exit_code", ended->code());
      if (ended->oom) doc.json.field("from_oom", true);
      if (ended->killer && !ended->killer->from_kernel)
        doc.json.field("from_killed_by", ended->killer->sender_name);
    }
  }
  doc.relative("to", p.parent, p.parent_key);
  say(p);
  doc.json.end_object();
  doc.finish(lost);
}

void Ecs::finding(std::string& out, const Finding& finding, const Stray* stray, const Scene& scene,
                  const Process* process, std::uint64_t lost) {
  Doc doc(*this, out,
          {.time = finding.time,
           .kind = "alert",
           .action = to_string(finding.action),
           .type = finding.action == Finding::Action::cleared ? "end" : "info",
           .dataset = "stray.findings",
           .about = std::string(to_string(finding.kind)) + ":" + process_id(host_.boot, finding.process),
           .severity = severity_number(finding.what.severity)});
  Json& json = doc.json;
  json.begin_object("rule");
  json.plain("id", to_string(finding.kind));
  json.plain("name", to_string(finding.kind));
  json.plain("ruleset", "stray");
  json.end_object();
  if (process) doc.container(*process);
  doc.text("message", "message", finding.what.message);
  if (process) {
    doc.process(*process, Doc::Part::whole);
  } else {
    json.begin_object("process");
    doc.key_fields(finding.process);
  }
  json.end_object();
  json.begin_object("stray");
  if (stray) {
    json.plain("id", doc.id(stray->top));
    doc.treatment(stray->treatment);
  }
  json.begin_object("finding");
  doc.finding_id(finding);
  json.plain("severity", to_string(finding.what.severity));
  json.key("since");
  doc.stamp(start_, finding.since);
  json.key("raised");
  doc.stamp(start_, finding.raised);
  if (!finding.reason.empty()) doc.text("reason", "stray.finding.reason", finding.reason);
  json.begin_array("evidence");
  for (const Evidence& e : finding.what.evidence) {
    json.begin_object();
    json.plain("code", e.code);
    doc.text("text", "stray.finding.evidence", text_of(e, host_.real_offset_ns, kUtc));
    json.end_object();
  }
  json.end_array();
  json.begin_array("remedy");
  if (stray)
    for (const std::string& line : lines_of(stray->treatment)) json.string(line);
  json.end_array();
  json.begin_array("members");
  for (const ProcessKey& key : finding.what.members) {
    json.begin_object();
    doc.key_fields(key);
    json.end_object();
  }
  json.end_array();
  if (finding.what.alike) json.field("alike", finding.what.alike);
  if (process) {
    const std::uint64_t memory = group_memory(scene, *process);
    json.field("memory_bytes", memory);
    if (host_.memory) json.field("memory_permille", memory * 1000 / host_.memory);
  }
  json.end_object();
  if (process && process->alive()) {
    doc.supervision(*process, scene);
    doc.lineage(*process);
  }
  doc.finish(lost);
}

void Ecs::explain(std::string& out, const Process& process, const Scene& scene, std::uint64_t lost) {
  Doc doc(*this, out,
          {.time = scene.now,
           .kind = "state",
           .action = "explain",
           .type = "info",
           .dataset = "stray.state",
           .about = process_id(host_.boot, process.key)});
  doc.container(process);
  doc.process(process, Doc::Part::whole);
  doc.json.end_object();
  doc.json.begin_object("stray");
  doc.supervision(process, scene);
  doc.json.begin_array("origin");
  for (const Evidence& e : origin_evidence(scene, process))
    doc.json.string(text_of(e, host_.real_offset_ns, kUtc));
  doc.json.end_array();
  doc.json.begin_array("memory_hours");
  for (const MemoryHour& hour : memory_trend(process).hours) {
    doc.json.begin_object();
    doc.json.field("hour", hour.hour);
    doc.json.field("mean", hour.mean());
    doc.json.end_object();
  }
  doc.json.end_array();
  doc.json.begin_array("quiet");
  for (const std::string& text : exclusions(scene, process)) doc.json.string(text);
  doc.json.end_array();
  doc.lineage(process);
  doc.finish(lost);
}

void Ecs::summary(std::string& out, const Summary& summary) {
  Doc doc(
      *this, out,
      {.time = summary.time, .kind = "event", .action = "summary", .type = "info", .dataset = "stray.run"});
  Json& json = doc.json;
  json.begin_object("stray");
  json.begin_object("events");
  for (const auto& [kind, count] : summary.events) json.field(kind, count);
  json.end_object();
  json.field("malformed", summary.malformed);
  json.begin_object("findings");
  json.field("raised", summary.raised);
  json.field("cleared", summary.cleared);
  json.field("open", summary.open.findings);
  json.end_object();
  json.begin_object("open");
  json.field("processes", summary.open.processes);
  json.field("alike", summary.open.alike);
  json.field("memory_bytes", summary.open.memory);
  json.end_object();
  json.begin_object("lineage");
  json.field("live", summary.lineage.live);
  json.field("dead", summary.lineage.dead);
  json.field("bytes", summary.lineage.bytes);
  json.field("evicted", summary.lineage.evicted);
  json.field("evicted_detail", summary.lineage.evicted_detail);
  json.field("cut_argv", summary.lineage.cut_argv);
  json.field("broken_edges", summary.lineage.broken_edges);
  json.end_object();
  put_limits(json, summary.limits);
  doc.finish(summary.lost);
}

}  // namespace stray
