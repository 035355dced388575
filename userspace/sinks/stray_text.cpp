// SPDX-License-Identifier: Apache-2.0
// Strays and findings as text: what is wrong, why, where it comes from, and what is to be done.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/layout.hpp"
#include "base/printable.hpp"
#include "findings/rules.hpp"
#include "sinks/lines.hpp"
#include "sinks/text.hpp"

namespace stray {
namespace {

constexpr std::string_view kYellow = "33", kGreen = "32", kDim = "2", kBold = "1";
constexpr std::size_t kHead = 12;          // columns before the text of an entry
constexpr std::size_t kMembersNamed = 12;  // a build below an orphan has hundreds; `stray tree` shows them

const Process* subject_of(const Stray& stray, const Scene& scene) {
  const Process* p = scene.lineage.find(stray.subject);
  return p ? p : scene.lineage.find(stray.top);
}

// What makes two strays the same for a person: the same program of the same user in the same folder, with the
// same faults and the same treatment.
std::string likeness(const Stray& stray, const Scene& scene) {
  const Process* p = subject_of(stray, scene);
  if (!p) return std::to_string(stray.top.tgid) + " " + std::to_string(stray.top.start.count());
  std::string out =
      p->command() + '\0' + user_of(*p) + '\0' + (p->seen ? p->seen->cwd : std::string()) + '\0';
  for (const Finding& f : stray.findings) out += std::string(to_string(f.kind)) + ' ';
  return out + std::string(to_string(stray.treatment.action)) + std::string(to_string(stray.severity));
}

std::vector<std::vector<const Stray*>> grouped(const std::vector<Stray>& strays, const Scene& scene) {
  std::vector<std::vector<const Stray*>> out;
  std::map<std::string, std::size_t> known;
  for (const Stray& stray : strays) {
    const auto [it, fresh] = known.emplace(likeness(stray, scene), out.size());
    if (fresh) out.emplace_back();
    out[it->second].push_back(&stray);
  }
  return out;
}

// Those that are counted only too.
std::size_t count_of(const std::vector<const Stray*>& same) {
  std::size_t out = same.size();
  for (const Stray* stray : same) out += stray->alike;
  return out;
}

std::string members_text(const Stray& stray, const Scene& scene) {
  std::string out;
  const std::size_t shown = std::min(stray.members.size(), kMembersNamed + 1);
  for (std::size_t i = 1; i < shown; ++i)
    if (const Process* p = scene.lineage.find(stray.members[i]))
      add_to(out, p->label() + " (" + std::to_string(p->key.tgid) + ")");
  if (stray.members.size() > shown) out += " and " + std::to_string(stray.members.size() - shown) + " more";
  return out;
}

}  // namespace

std::string supervisor_text(const Supervision& who) {
  const std::string whose = who.owner == Owner::user ? " " + who.whose : std::string();
  switch (who.verdict) {
    case Verdict::kernel:
      return "kernel";
    case Verdict::container:
      return "container " + who.name + whose;
    case Verdict::systemd:
      return "systemd unit " + who.name + whose;
    case Verdict::pm2:
      return "PM2 app " + who.name + whose;
    case Verdict::supervisor:
      return who.name + whose;
    case Verdict::login:
      return "none (terminal " + who.name + " is open)";
    case Verdict::multiplexer:
      return "none (in " + who.name + whose + ")";
    case Verdict::job:
      return "none (job of " + who.name + whose + ")";
    case Verdict::nobody:
      break;
  }
  return "none";
}

std::string Text::lines(std::string_view head, const std::vector<std::string>& all) const {
  std::string out;
  for (const std::string& line : all) {
    out += paint(kDim, pad("  " + std::string(head), kHead)) + printable(line) + "\n";
    head = {};
  }
  return out;
}

// Severity, what to do, pid, user, memory, age, command: one line.
std::string Text::columns(const Stray& stray, const Scene& scene, std::size_t count) const {
  const StrayLine line = line_of(stray, scene);
  std::string out = severity(line.severity) + std::string(10 - to_string(line.severity).size(), ' ') +
                    paint(kBold, pad(line.title, 22)) + " ";
  out += pad(count > 1 ? std::to_string(count) + " times" : std::to_string(line.pid), 8) + " ";
  if (line.gone) return out + "(exited)\n";
  return out + pad(line.user, 10) + " " + pad(line.memory ? memory_text(line.memory, host_.memory) : "", 16) +
         " " + pad(age_text(line.age), 12) + " " + shortened(line.command, 160) + "\n";
}

std::string Text::steps(const std::vector<const Stray*>& same) const {
  std::string out;
  const auto add = [&](const Step& step) {
    const std::string when =
        step.when == When::maintenance_window ? "window" : std::string(to_string(step.when));
    out += paint(kDim, pad(out.empty() ? "  do" : "", kHead)) + pad(when, 9) + " ";
    out += step.command.empty() ? printable(step.text)
                                : step.command + paint(kDim, "  # " + printable(step.text));
    out += "\n";
  };
  for (const When when : {When::now, When::maintenance_window, When::optional})
    for (const Stray* stray : same)
      for (const Step& step : stray->treatment.steps)
        // Of identical strays only the commands differ.
        if (step.when == when && (stray == same.front() || !step.command.empty())) add(step);
  return out;
}

std::string Text::entry(const std::vector<const Stray*>& same, const Scene& scene) const {
  const Stray& stray = *same.front();
  std::string out = columns(stray, scene, count_of(same));
  std::vector<std::string> reasons, evidence, ids;
  std::size_t widest = 0;
  for (const Finding& f : stray.findings) widest = std::max(widest, to_string(f.kind).size());
  for (const Finding& f : stray.findings) {
    reasons.push_back(
        pad(std::string(to_string(f.kind)), widest) + "  " + f.what.claim +
        (f.process == stray.top || same.size() > 1 ? "" : " (pid " + std::to_string(f.process.tgid) + ")"));
    for (const Evidence& e : f.what.evidence)
      if (std::find(evidence.begin(), evidence.end(), text_of(e)) == evidence.end())
        evidence.push_back(text_of(e));
  }
  for (const Stray* one : same)
    ids.push_back(process_id(host_.boot, one->top) + ", pid " + std::to_string(one->top.tgid) +
                  ", open since " + date(one->findings.front().since));
  if (const std::size_t more = count_of(same) - same.size())
    ids.push_back("and " + std::to_string(more) + " more like them");
  out += lines("reasons", reasons) + lines("evidence", evidence);
  if (stray.members.size() > 1) out += lines("with", {members_text(stray, scene)});
  out += lines(ids.size() > 1 ? "ids" : "id", ids) + lines("why", {stray.treatment.why}) + steps(same);
  out += lines("after", {stray.treatment.expected});
  out += lines("sure", {std::string(to_string(stray.treatment.confidence)) + ": " +
                        stray.treatment.confidence_reason});
  if (!stray.treatment.keep.empty()) out += lines("keep", stray.treatment.keep);
  return out;
}

std::string Text::block(const Finding& finding, const Stray& stray, const Scene& scene) const {
  std::string out = severity(finding.what.severity) + " " + paint(kBold, to_string(finding.kind)) + "  pid " +
                    std::to_string(finding.process.tgid) + "  " + printable(finding.what.message) + "\n";
  out += lines("id", {process_id(host_.boot, finding.process) + ", open since " + date(finding.since)});
  std::vector<std::string> evidence;
  for (const Evidence& e : finding.what.evidence) evidence.push_back(text_of(e));
  out += lines("evidence", evidence);
  if (stray.members.size() > 1) out += lines("with", {members_text(stray, scene)});
  return out + lines("treatment", {stray.treatment.title + ": " + stray.treatment.why}) + steps({&stray});
}

std::string Text::finding(const Finding& finding, const Stray* stray, const Scene& scene) const {
  const std::string when = paint(kDim, clock(finding.time)) + "  ";
  if (finding.action == Finding::Action::cleared || !stray)
    return when + paint(kGreen, "resolved ") + std::string(to_string(finding.kind)) + " of pid " +
           std::to_string(finding.process.tgid) + " (" + process_id(host_.boot, finding.process) +
           "): " + printable(finding.reason) + "\n";
  return when + std::string(to_string(finding.action)) + " " + block(finding, *stray, scene);
}

std::string Text::headline(const std::vector<Stray>& strays, std::size_t entries) const {
  const StrayTotals totals = totals_of(strays);
  std::string out = paint(kBold, totals_text(totals, entries)) + "; " + std::to_string(totals.findings) +
                    (totals.findings == 1 ? " finding" : " findings") + " about " +
                    std::to_string(totals.processes) + (totals.processes == 1 ? " process" : " processes");
  // What is only counted was not looked at.
  const bool all = totals.alike == 0;
  if (totals.memory)
    out += (all ? ", " : "; the " + std::to_string(totals.strays - totals.alike) + " listed use ") +
           memory_text(totals.memory, host_.memory) + " of memory";
  if (totals.frees)
    out += std::string("; stopping ") + (all ? "" : "these ") + "frees up to " +
           memory_text(totals.frees, host_.memory);
  return out + "\n";
}

std::string Text::verdict(const std::vector<Stray>& strays, std::size_t entries, const ScanView& view) const {
  if (!strays.empty()) return headline(strays, entries);
  if (!view.limits.empty()) {
    std::string out = paint(kYellow, "No strays seen, but stray does not see all of this host:") + "\n";
    for (const ViewLimit& limit : view.limits) out += "  " + limit.text + "\n";
    return out;
  }
  return view.filters() ? "No stray matches.\n"
                        : paint(kGreen, "No strays.") + " Every watched process is supervised.\n";
}

std::string Text::strays(const std::vector<Stray>& strays, const Scene& scene, const ScanView& view) const {
  const auto groups = grouped(strays, scene);
  std::string out = verdict(strays, view.findings ? strays.size() : groups.size(), view);
  if (view.findings) {
    for (const Stray& stray : strays)
      for (const Finding& f : stray.findings) out += "\n" + block(f, stray, scene);
    return out;
  }
  for (const auto& same : groups)
    out += view.brief ? columns(*same.front(), scene, count_of(same)) : "\n" + entry(same, scene);
  return out;
}

}  // namespace stray
