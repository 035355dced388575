// SPDX-License-Identifier: Apache-2.0
#include "fleet/view.hpp"

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "fleet/words.hpp"

namespace stray {
namespace {

constexpr std::size_t kProgramShown = 100;

void stray_document(Json& json, const StrayOnHost& one) {
  const HostStray& stray = *one.stray;
  json.begin_object();
  json.field("host", *one.host);
  json.field("id", stray.id);
  json.field("pid", stray.pid);
  json.field("severity", to_string(stray.severity));
  if (stray.since) json.field("since", second_text(*stray.since));
  json.field("command_line", stray.program);
  json.field("command", stray.command);
  json.field("processes", stray.processes);
  json.field("alike", stray.alike);
  json.field("memory_bytes", stray.memory);
  json.end_object();
}

void note_documents(Json& json, std::string_view name, const std::vector<HostNote>& notes) {
  json.begin_array(name);
  for (const HostNote& note : notes) {
    json.begin_object();
    json.field("host", note.host);
    json.field("text", note.text);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string fleet_text(const FleetTable& table) {
  std::string out = headline_of(table) + "\n";
  for (const StrayGroup& group : table.groups) {
    out += "\n" + pad(std::string(to_string(group.severity)), 10) + pad(printable(group.first().title), 23) +
           pad(hosts_text(group.hosts), 12) + pad(counted(group.count, "stray", "strays"), 12) +
           pad(memory_text(group.memory), 11) + pad(age_text(group.oldest), 12) +
           shortened(printable(group.first().program), kProgramShown) + "\n";
    out +=
        "  reasons   " + printable(kinds_text(group)) + "\n  on        " + printable(names_of(group)) + "\n";
    if (!group.first().command.empty())
      out += "  do        on " + printable(*group.strays.front().host) + ": " +
             printable(group.first().command) + "\n";
  }
  for (const RuleGroup& group : table.rules)
    out += "\n" + pad(printable(group.first().level), 10) + pad("policy not met", 23) +
           pad(hosts_text(group.hosts.size()), 12) + printable(rule_text(group.first())) + "\n  on        " +
           printable(names_of(group)) + "\n";
  const auto notes = [&](std::string_view head, const std::vector<HostNote>& all) {
    if (!all.empty()) out += "\n" + std::string(head) + "\n";
    for (const HostNote& note : all)
      out += "  " + printable(note.host) + (note.text.empty() ? "" : ": " + printable(note.text)) + "\n";
  };
  notes("Without a whole answer:", table.silent);
  notes("With a limited view:", table.limited);
  return out;
}

std::string fleet_documents(const FleetTable& table) {
  std::string out;
  for (const StrayGroup& group : table.groups) {
    Json json(out);
    json.begin_object();
    json.field("severity", to_string(group.severity));
    json.field("decided_by", group.first().decided_by);
    json.field("action", group.first().action);
    json.field("title", group.first().title);
    json.field("program", group.first().program);
    json.begin_array("kinds");
    for (const std::string& kind : group.kinds) json.string(kind);
    json.end_array();
    json.field("hosts", group.hosts);
    json.field("strays", group.count);
    json.field("memory_bytes", group.memory);
    json.field("frees_bytes", group.frees);
    json.begin_array("where");
    for (const StrayOnHost& one : group.strays) stray_document(json, one);
    json.end_array();
    json.end_object();
    out += '\n';
  }
  for (const RuleGroup& group : table.rules) {
    Json json(out);
    json.begin_object();
    json.field("rule", group.first().rule);
    json.field("expected", group.first().expected);
    json.field("level", group.first().level);
    json.begin_array("where");
    for (const RuleOnHost& one : group.hosts) {
      json.begin_object();
      json.field("host", *one.host);
      json.field("found", one.rule->found);
      json.end_object();
    }
    json.end_array();
    json.end_object();
    out += '\n';
  }
  Json json(out);
  json.begin_object();
  json.field("answered", table.answered);
  json.field("with_strays", table.with_strays);
  json.field("with_unmet_policy", table.with_rules);
  json.field("strays", table.totals.strays);
  json.field("groups", table.groups.size());
  json.field("frees_bytes", table.totals.frees);
  note_documents(json, "silent", table.silent);
  note_documents(json, "limited", table.limited);
  json.end_object();
  return out + "\n";
}

}  // namespace stray
