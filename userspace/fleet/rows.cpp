// SPDX-License-Identifier: Apache-2.0
#include "fleet/rows.hpp"

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/process_id.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t seconds_of(const Host& host, BootTime time) { return host.real_ns(time) / kSecond; }

void words(Json& json, std::string_view name, const StringList& list) {
  json.begin_array(name);
  list.each([&](std::string_view word) { json.string(word); });
  json.end_array();
}

// The host's name of a process: of a script what it is called, else of the program.
std::string name_of(const Process& process) {
  const Program& program = process.program();
  return program.entry.empty() ? process.label() : program.entry;
}

void process_columns(Json& json, const Process& process, const Host& host, const Lineage& lineage) {
  const Supervision who = supervise(lineage, process);
  const CgroupPlace place = lineage.place_of(process);
  json.field("id", process_id(host.boot, process.key));
  json.field("pid", process.key.tgid);
  json.field("started", seconds_of(host, process.key.start));
  json.field("name", name_of(process));
  json.field("exe", process.exe());
  json.field("script", process.seen ? std::string_view(process.seen->script.path) : std::string_view());
  words(json, "argv", process.argv());
  json.field("cwd", process.seen ? std::string_view(process.seen->cwd) : std::string_view());
  json.field("user", user_of(process));
  json.field("unit", place.unit);
  json.field("container", who.verdict == Verdict::container ? who.name : std::string());
  json.begin_array("listens");
  if (process.seen)
    for (const Listening& one : process.seen->sockets) json.string(one.text());
  json.end_array();
  json.field("verdict", to_string(who.verdict));
  json.field("supervisor", who.name);
  json.field("reboot", to_string(after_reboot(lineage, process, who).verdict));
  json.begin_array("ancestors");
  for (const Process* p = process.parent; p; p = p->parent) json.string(process_id(host.boot, p->key));
  json.end_array();
  json.begin_array("ancestor_names");
  for (const Process* p = process.parent; p; p = p->parent) json.string(p->label());
  json.end_array();
  json.field("memory", process.seen ? process.seen->rss : 0);
  json.field("cpu_ns", process.seen ? process.seen->cpu_ns : 0);
}

}  // namespace

void RowSink::begin(Json& json, std::string_view table, const Host& host, BootTime time) {
  json.begin_object();
  json.plain("table", table);
  json.field("v", kSchema);
  json.field("host", host.name);
  json.field("machine_id", host.machine_id);
  json.plain("boot", host.boot_id);
  json.field("seq", ++sequence_);
  json.field("seen", seconds_of(host, time));
}

void RowSink::ready(const View& view) {
  if (view.host.unwatched_from.count()) unwatched_ = view.time - view.host.unwatched_from;
}

void RowSink::standing(const View& view, const Finding& finding, const Process* process) {
  this->finding(view, finding, process);
}

void RowSink::finding(const View& view, const Finding& finding, const Process* process) {
  const auto stray = view.stray_of(finding);
  const Host& host = view.host;
  Json json(rows_);
  begin(json, "finding", host, view.time);
  json.field("time", seconds_of(host, finding.time));
  json.field("time_ns", host.real_ns(finding.time));
  json.field("finding", std::string(to_string(finding.kind)) + ":" + process_id(host.boot, finding.process));
  json.field("action", to_string(finding.action));
  json.field("kind", to_string(finding.kind));
  json.field("severity", static_cast<int>(finding.what.severity));
  json.field("since", seconds_of(host, finding.since));
  json.field("process", process_id(host.boot, finding.process));
  json.field("pid", finding.process.tgid);
  json.field("program", process ? process->command() : std::string());
  json.field("message", finding.what.message);
  json.field("reason", finding.reason);
  json.begin_array("evidence");
  for (const Evidence& e : finding.what.evidence) json.string(text_of(e, host.real_offset_ns, kUtc));
  json.end_array();
  json.field("stray", stray ? process_id(host.boot, stray->top) : std::string());
  json.field("decided_by", stray ? to_string(stray->treatment.decided_by) : std::string_view());
  json.field("treatment", stray ? to_string(stray->treatment.action) : std::string_view());
  json.field("title", stray ? stray->treatment.title : std::string());
  json.begin_array("remedy");
  if (stray)
    for (const std::string& line : lines_of(stray->treatment)) json.string(line);
  json.end_array();
  json.field("processes", stray ? stray->members.size() : 0);
  json.field("memory", stray ? stray->memory : 0);
  json.field("frees", stray ? stray->treatment.frees : 0);
  json.end_object();
  rows_ += '\n';
}

void RowSink::host_row(const Pipeline& pipeline, std::size_t left_out) {
  const Host& host = pipeline.host();
  Json json(rows_);
  begin(json, "host", host, pipeline.time());
  json.field("version", host.version);
  json.field("kernel", host.kernel);
  json.field("lost", pipeline.lost());
  json.field("unwatched_s", unwatched_.count() / kSecond);
  json.field("left_out", left_out);
  json.begin_array("limits");
  for (const ViewLimit& limit : pipeline.limits()) json.string(limit.text);
  json.end_array();
  json.end_object();
  rows_ += '\n';
}

void RowSink::policy(const Pipeline& pipeline, std::string_view name, const std::vector<PolicyLine>& lines) {
  for (const PolicyLine& line : lines) {
    Json json(rows_);
    begin(json, "policy", pipeline.host(), pipeline.time());
    json.field("policy", name);
    json.field("rule", line.rule);
    json.field("expected", line.expected);
    json.field("found", line.found);
    json.plain("level", line.level);
    json.field("met", line.met ? 1 : 0);
    json.end_object();
    rows_ += '\n';
  }
}

void RowSink::inventory(const Pipeline& pipeline) {
  const Host& host = pipeline.host();
  const Lineage& lineage = pipeline.lineage();
  struct Group {
    ProcessKey oldest;
    std::uint32_t n = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string, std::string_view>, Group> groups;
  std::size_t left_out = 0;
  for (const Process* process : lineage.live_by_key()) {  // the oldest first
    if (process->kthread || pipeline.time() - process->key.start < kLongLived) continue;
    const std::string cwd = process->seen ? process->seen->cwd : std::string();
    auto key = std::tuple(process->command(), user_of(*process), cwd, process->cgroup());
    if (groups.size() >= kBudget && !groups.contains(key)) {
      ++left_out;
      continue;
    }
    Group& group = groups[std::move(key)];
    if (group.n++ == 0) group.oldest = process->key;
  }
  for (const auto& [key, group] : groups) {
    Json json(rows_);
    begin(json, "alive", host, pipeline.time());
    process_columns(json, *lineage.find(group.oldest), host, lineage);
    json.field("n", group.n);
    json.end_object();
    rows_ += '\n';
  }
  host_row(pipeline, left_out);
}

}  // namespace stray
