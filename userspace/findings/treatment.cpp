// SPDX-License-Identifier: Apache-2.0
#include "findings/treatment.hpp"

#include <algorithm>

#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/units.hpp"
#include "findings/rules.hpp"
#include "findings/stray.hpp"
#include "record/host.hpp"
#include "supervision/supervisor_commands.hpp"

namespace stray {
namespace {

// What the decision rests on, gathered once.
struct Facts {
  const Process* top = nullptr;  // nullptr: it has exited
  const Process* subject = nullptr;
  const Process* server = nullptr;  // of its launch; nullptr: it serves nobody
  Supervision who;
  bool job = false;     // started on purpose, and comes to its end by itself
  bool tool = false;    // made for one person or one client, who has left
  bool person = false;  // its terminal is open: somebody may be at work
  std::string ports;    // of all its processes, "127.0.0.1:3000, [::]:9229"
};

// A job on purpose: started with nohup, by at or cron, or a program whose work comes to an end (an upgrade, a
// backup, a build, a test run).
bool is_job(const Scene& scene, const Stray& stray, const Facts& facts) {
  if (facts.server || !facts.top) return false;
  if (facts.who.verdict == Verdict::job || started_with_nohup(scene, *facts.top)) return true;
  return std::any_of(stray.members.begin(), stray.members.end(), [&](ProcessKey key) {
    const Process* p = scene.lineage.find(key);
    return p && (p->program().role == Role::cli || is_batch(*p));
  });
}

Facts facts_of(const Scene& scene, const Stray& stray) {
  Facts out;
  const Process* top = scene.lineage.find(stray.top);
  if (!top || !top->alive()) return out;
  out.top = top;
  out.subject = scene.lineage.find(stray.subject);
  if (!out.subject || !out.subject->alive()) out.subject = top;
  out.server = server_of(scene, stray);
  out.who = supervise(scene.lineage, *out.subject);
  out.person = out.who.verdict == Verdict::login;
  out.job = is_job(scene, stray, out);
  for (const ProcessKey& key : stray.members)
    if (const Process* p = scene.lineage.find(key)) {
      out.tool |= p->program().role == Role::dev_tool || p->program().desk != Desk::none;
      if (const std::string ports = ports_text(*p); !ports.empty()) add_to(out.ports, ports);
    }
  return out;
}

Remedy remedy_for(const Facts& facts, const KindRow& row) {
  if (!facts.top) return Remedy::note;
  if (facts.who.supervised()) return row.supervised;
  if (facts.subject->program().supervisor) return Remedy::note;  // stopping it ends all that it manages
  if (row.unsupervised == Remedy::note) return Remedy::note;
  if (facts.person && !facts.server) return Remedy::note;
  const bool kept = row.kind == Kind::orphan || row.kind == Kind::supervisor_lost;
  if (row.unsupervised == Remedy::end && kept && facts.server) return Remedy::move;
  if (row.unsupervised == Remedy::end && kept && facts.job) return Remedy::note;
  if (row.unsupervised == Remedy::move && facts.job) return Remedy::note;
  return row.unsupervised;
}

// The first finding that asks for more than a look, else the first.
const Finding& decisive(const Facts& facts, const Stray& stray) {
  for (const Finding& finding : stray.findings)
    if (remedy_for(facts, row_of(finding.kind)) != Remedy::note) return finding;
  return stray.findings.front();
}

std::string processes_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " process" : " processes");
}

std::string hint_of(Kind kind) { return std::string(row_of(kind).hint); }

void add_hints(const Stray& stray, Treatment& out) {
  for (const Finding& finding : stray.findings)
    if (row_of(finding.kind).of_launch && (finding.kind != out.decided_by || out.action == Remedy::move))
      continue;  // the decisive one speaks for the launch, and what is moved needs no second start
    else if (std::string hint = hint_of(finding.kind); !hint.empty())
      out.steps.push_back({When::optional, std::move(hint), {}, {}});
}

void end_it(const Scene& scene, const Stray& stray, const Facts& facts, Treatment& out) {
  const bool unknown = out.decided_by == Kind::orphan && !facts.tool;
  out.title = unknown ? "look, then stop it" : "stop it";
  out.frees = stray.memory;
  if (unknown)
    out.steps.push_back({When::now, "read what is known of it, and whether anybody needs it",
                         "stray explain " + process_id(scene.boot, facts.subject->key), ""});
  if (!facts.ports.empty())
    out.steps.push_back({When::now, "check that no client is connected to " + facts.ports, "ss -tnp",
                         "no line names pid " + std::to_string(stray.subject.tgid)});
  out.steps.push_back(
      {When::now, "stop " + processes_text(stray.members.size()),
       "stray stop " + process_id(scene.boot, stray.top),
       "pid " + std::to_string(stray.top.tgid) +
           (stray.members.size() > 1 ? " and what descends from it have exited" : " has exited") +
           (facts.ports.empty() ? "" : "; " + facts.ports + " is free")});
  constexpr std::uint64_t kWorthNaming = 50;  // permille
  out.frees_cpu = facts.top ? group_cpu(scene, *facts.top) : 0;
  out.expected =
      processes_text(stray.members.size()) + " fewer" +
      (stray.memory ? ", up to " + memory_text(stray.memory, scene.host_memory) + " of memory free" : "") +
      (out.frees_cpu >= kWorthNaming ? ", " + cpu_share_text(out.frees_cpu) + " free" : "");
  if (const std::string gpu = facts.top ? group_gpu(scene, *facts.top) : ""; !gpu.empty())
    out.expected += ", " + gpu + " is released";
  const bool plain = out.decided_by == Kind::stale_script || out.decided_by == Kind::dev_tool;
  out.confidence = plain ? Confidence::certain : Confidence::likely;
  out.confidence_reason = "It listens on no address.";
  if (unknown) out.confidence_reason = "It listens on no address, but nothing says what it is for.";
  if (!facts.ports.empty()) {
    out.confidence = Confidence::unsure;
    out.confidence_reason = "It listens on " + facts.ports + ": a client may still use it.";
  }
  if (facts.job) {
    out.confidence = Confidence::unsure;
    out.confidence_reason = "It may be a job that was started on purpose.";
  }
}

void move_it(const Scene& scene, const Stray& stray, const Facts& facts, Treatment& out) {
  const Process& p = *facts.subject;
  bool pm2 = p.program().runtime == Runtime::node || p.program().runtime == Runtime::bun;
  if (out.decided_by == Kind::supervisor_lost) pm2 = environment_supervisor(p) == "pm2" && pm2;
  out.under = pm2 ? "pm2" : "systemd";
  const std::string under = pm2 ? "PM2" : "systemd";
  const std::string command =
      "stray adopt " + process_id(scene.boot, stray.subject) + " --under " + out.under;
  out.title = "move it under " + under;
  out.steps.push_back({When::now, "show the files that would be written, and what would be done",
                       command + " --show", "the configuration for " + under + "; nothing is changed"});
  out.steps.push_back({When::maintenance_window, "stop it and start it again under " + under, command,
                       (facts.ports.empty() ? std::string("a new process runs the same")
                                            : "a new process listens on " + facts.ports) +
                           " and " + under + " manages it; else the old one is started again"});
  out.steps.push_back(
      {When::maintenance_window, "check the result", "stray scan", "it is not listed any more"});
  if (pm2)
    out.steps.push_back({When::maintenance_window,
                         "let PM2 start with the host: as its user run `pm2 startup`, read the command it "
                         "prints, and run that",
                         "", "after a reboot `pm2 status` lists it as online"});
  out.expected = "It is restarted after a crash and after a reboot, is limited to " +
                 memory_text(proposed_memory_limit(memory_peak(p), p.program().heap_limit_mib)) +
                 " of memory, and its output is logged.";
  if (!facts.ports.empty()) out.keep.push_back("its address: " + facts.ports);
  const std::string& cwd =
      p.seen && !p.seen->cwd.empty() ? p.seen->cwd : (p.image ? p.image->cwd : std::string());
  if (!cwd.empty()) out.keep.push_back("its working directory: " + cwd);
  out.keep.push_back("its arguments and its environment, without what came from a login session");
  out.confidence =
      facts.server && p.program().entry_kind == EntryKind::file ? Confidence::certain : Confidence::likely;
  out.confidence_reason = !facts.ports.empty() ? "It listens on " + facts.ports + "."
                          : production(p)      ? "It runs with NODE_ENV=production."
                                               : "It runs on, but listens on no address.";
}

void restart_it(const Scene& scene, const Facts& facts, Treatment& out) {
  const std::string name = facts.who.name.empty() ? std::string("its supervisor") : facts.who.name;
  out.title = "restart it";
  out.steps.push_back({When::maintenance_window, "restart it through " + name,
                       restart_command(scene.lineage, *facts.subject, facts.who),
                       "a new process runs the same; `stray scan` does not list it"});
  out.expected = "It runs what is on disk now.";
  out.confidence = Confidence::certain;
  out.confidence_reason = "Its supervisor starts it again.";
}

void note_it(const Scene& scene, const Facts& facts, Treatment& out) {
  out.title = "look at it";
  if (facts.top) {
    out.steps.push_back({When::now, "read what is known of it",
                         "stray explain " + process_id(scene.boot, facts.subject->key), ""});
    if (facts.person)
      out.steps.push_back({When::now,
                           "ask " + user_of(*facts.top) + ", whose terminal " + facts.who.name + " is open",
                           "", ""});
    if (facts.job && !facts.who.supervised())
      out.steps.push_back({When::now,
                           "it may be a job on purpose: wait until it ends, or ask " + user_of(*facts.top),
                           "", ""});
    if (out.decided_by == Kind::stale_script && facts.who.supervised())
      out.steps.push_back(
          {When::maintenance_window,
           "put the file back or change what is started, then restart it through " + facts.who.name,
           restart_command(scene.lineage, *facts.subject, facts.who), "it runs a file that exists"});
  }
  out.expected = "A person has decided.";
  out.confidence = Confidence::unsure;
  out.confidence_reason = !facts.top               ? "It has exited."
                          : facts.person           ? "Somebody may be at work with it."
                          : facts.job              ? "It may be a job that was started on purpose."
                          : facts.who.supervised() ? "Its supervisor manages it."
                                                   : "What is right depends on what it is for.";
}

}  // namespace

std::string_view to_string(When when) {
  switch (when) {
    case When::now:
      return "now";
    case When::maintenance_window:
      return "maintenance-window";
    case When::optional:
      return "optional";
  }
  return "optional";
}

std::string_view words_of(When when) {
  return when == When::maintenance_window ? "in the next maintenance window" : to_string(when);
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::unsure:
      return "unsure";
    case Confidence::likely:
      return "likely";
    case Confidence::certain:
      return "certain";
  }
  return "unsure";
}

std::vector<std::string> lines_of(const Treatment& treatment) {
  std::vector<std::string> out;
  for (const Step& step : treatment.steps) {
    const std::string when = step.when == When::now ? std::string() : std::string(words_of(step.when)) + ": ";
    const std::string comment = "# " + when + printable(step.text);
    out.push_back(step.command.empty() ? comment : step.command + "  " + comment);
  }
  return out;
}

std::uint64_t proposed_memory_limit(std::uint64_t peak, std::uint32_t heap_limit_mib) {
  constexpr std::uint64_t mib = 1u << 20, step = 64 * mib, least = 512 * mib;
  const std::uint64_t heap = heap_limit_mib * mib;
  const std::uint64_t wanted = std::max({2 * peak, heap + heap / 2, least});
  return (wanted + step - 1) / step * step;
}

Treatment treatment_of(const Scene& scene, const Stray& stray) {
  Treatment out;
  if (stray.findings.empty()) return out;
  const Facts facts = facts_of(scene, stray);
  const KindRow& row = row_of(decisive(facts, stray).kind);
  out.decided_by = row.kind;
  out.action = remedy_for(facts, row);
  out.why = row.reason;
  switch (out.action) {
    case Remedy::end:
      end_it(scene, stray, facts, out);
      break;
    case Remedy::move:
      if (row.unsupervised == Remedy::end) out.why = row_of(Kind::unsupervised_node).reason;
      move_it(scene, stray, facts, out);
      break;
    case Remedy::restart:
      restart_it(scene, facts, out);
      break;
    case Remedy::note:
      note_it(scene, facts, out);
      break;
  }
  add_hints(stray, out);
  return out;
}

}  // namespace stray
