// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "plan/adoption.hpp"
#include "record/host.hpp"

namespace stray {
namespace {

std::string comment(std::string_view text) { return "# " + printable(text) + "\n"; }

// Ended without a person's word: what nobody needs, and what is no job that somebody started on purpose.
bool ends_by_default(const Stray& stray) {
  return stray.treatment.action == Remedy::end && stray.treatment.confidence != Confidence::unsure;
}

std::string subject_text(const Stray& stray, const Scene& scene) {
  const Process* p = scene.lineage.find(stray.subject);
  if (!p) return "pid " + std::to_string(stray.subject.tgid) + " has exited";
  const std::string user =
      p->seen && !p->seen->user.empty() ? p->seen->user : "uid " + std::to_string(p->uid);
  return shortened(p->command(), 120) + " (pid " + std::to_string(p->key.tgid) + " of " + user + ")";
}

// A command for a person to copy: as it is, unless a byte of it could end the comment. A supervisor's can be
// a comment already.
std::string command_line(const std::string& command) {
  std::string without_backslash = command;  // printable() escapes some, which a command needs
  std::replace(without_backslash.begin(), without_backslash.end(), '\\', '/');
  const bool harmless = printable(without_backslash) == without_backslash;
  return (command.starts_with('#') ? "" : "#   ") + (harmless ? command : printable(command)) + "\n";
}

std::string step_lines(const Stray& stray, const Step& step) {
  const bool stop = step.command.starts_with("stray stop ");
  std::string out;
  if (step.command.empty()) return comment(step.text);
  if (stop && ends_by_default(stray)) {
    out = step.command + " --yes\n";
  } else {
    out = comment(step.text + ":");
    out += command_line(step.command);
  }
  if (!step.expect.empty()) out += comment("expect: " + step.expect);
  return out;
}

// What is due then: the reasons once a stray, then its steps.
std::string section(const std::vector<Stray>& strays, const Scene& scene, When when) {
  std::string out;
  for (const Stray& stray : strays) {
    std::string steps;
    for (const Step& step : stray.treatment.steps)
      if (step.when == when) steps += step_lines(stray, step);
    if (steps.empty()) continue;
    out += "\n" + comment(subject_text(stray, scene));
    for (const Finding& finding : stray.findings)
      out += comment("  " + std::string(to_string(finding.kind)) + ": " + finding.what.message);
    out += comment("  " + stray.treatment.title + ": " + stray.treatment.why + " " +
                   stray.treatment.confidence_reason);
    for (const std::string& kept : stray.treatment.keep)
      if (when == When::maintenance_window) out += comment("  keeps " + kept);
    out += steps;
  }
  return out.empty() ? out : "\n# ==== " + std::string(words_of(when)) + "\n" + out;
}

std::string beginning(const std::string& boot_id) {
  std::string out = kPlanScript;
  constexpr std::string_view kBoot = "@BOOT@";
  // A boot id is hexadecimal digits and dashes; anything else is no boot that this could run under.
  const bool plain = boot_id.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  return out.replace(out.find(kBoot), kBoot.size(), plain ? boot_id : "");
}

void put(Json& json, std::string_view name, const std::vector<std::string>& list) {
  json.begin_array(name);
  for (const std::string& text : list) json.string(text);
  json.end_array();
}

void put(Json& json, const Treatment& treatment) {
  json.begin_object("treatment");
  json.field("action", to_string(treatment.action));
  json.field("title", treatment.title);
  json.field("why", treatment.why);
  if (!treatment.under.empty()) json.field("under", treatment.under);
  json.field("confidence", to_string(treatment.confidence));
  json.field("confidence_reason", treatment.confidence_reason);
  json.field("frees", treatment.frees);
  json.field("expected", treatment.expected);
  put(json, "keep", treatment.keep);
  json.begin_array("steps");
  for (const Step& step : treatment.steps) {
    json.begin_object();
    json.field("when", to_string(step.when));
    json.field("text", step.text);
    json.field("command", step.command);
    json.field("expect", step.expect);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void put(Json& json, const Adoption& adoption) {
  std::string unused;
  json.begin_object("adoption");
  json.field("name", adoption.name);
  json.field("user", adoption.user);
  json.field("interpreter", adoption.interpreter);
  json.field("script", adoption.script);
  json.field("cwd", adoption.cwd);
  put(json, "listens", adoption.listens);
  put(json, "environment", adoption.environment);
  json.field("memory_peak", adoption.memory_peak);
  json.field("memory_limit", adoption.memory_limit);
  json.field("ecosystem", ecosystem_file(adoption, unused));
  json.field("unit", unit_file(adoption, unused));
  json.end_object();
}

}  // namespace

std::string plan_script(const std::vector<Stray>& strays, const Scene& scene, const PlanHead& head) {
  std::string out = "#!/bin/sh\n";
  out += comment("stray plan for " + head.host + ", boot " + head.boot_id + ", " + head.date);
  out += comment(totals_text(totals_of(strays)));
  for (const ViewLimit& limit : head.limits) out += comment("limited view: " + limit.text);
  out += "#\n# Read it; run single lines as root, or the file:\n";
  out += "#   sh plan.sh        shows what it would stop now, and changes nothing\n";
  out += "#   sh plan.sh end    stops that; all that stands in comments is left to a person\n";
  out += beginning(head.boot_id);
  for (const When when : {When::now, When::maintenance_window, When::optional})
    out += section(strays, scene, when);
  return out + "\nexit \"$failed\"\n";
}

std::string plan_json(const std::vector<Stray>& strays, const Scene& scene, const PlanHead& head) {
  std::string out;
  Json json(out);
  json.begin_object();
  json.field("host", head.host);
  json.field("boot_id", head.boot_id);
  json.field("date", head.date);
  json.begin_array("strays");
  for (const Stray& stray : strays) {
    const Process* subject = scene.lineage.find(stray.subject);
    json.begin_object();
    json.field("id", process_id(scene.boot, stray.top));
    json.field("pid", stray.top.tgid);
    json.field("subject_pid", stray.subject.tgid);
    json.field("command", subject ? subject->command() : std::string());
    json.field("severity", to_string(stray.severity));
    json.begin_array("processes");
    for (const ProcessKey& key : stray.members) json.value(key.tgid);
    json.end_array();
    json.field("memory", stray.memory);
    json.begin_array("findings");
    for (const Finding& finding : stray.findings) {
      json.begin_object();
      json.field("kind", to_string(finding.kind));
      json.field("message", finding.what.message);
      json.end_object();
    }
    json.end_array();
    json.field("ends_by_default", ends_by_default(stray));
    put(json, stray.treatment);
    if (subject && stray.treatment.action == Remedy::move) put(json, adoption_of(*subject));
    json.end_object();
  }
  json.end_array();
  put_limits(json, head.limits);
  json.end_object();
  return out + "\n";
}

}  // namespace stray
