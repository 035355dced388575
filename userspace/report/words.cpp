// SPDX-License-Identifier: Apache-2.0
#include "report/words.hpp"

#include <algorithm>
#include <cstdio>

#include "base/signal_name.hpp"
#include "findings/rules.hpp"
#include "sinks/text.hpp"

namespace stray {
namespace {

std::string many(std::uint64_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

}  // namespace

std::string time_text(const Report& report, BootTime time) {
  return date_text(report.host.real_ns(time), report.time);
}

std::string cpu_text(std::uint64_t ns) {
  if (ns == 0) return {};
  if (ns >= 60'000'000'000) return age_text(BootTime{ns});
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", static_cast<double>(ns) / 1e9);
  return text;
}

std::string supervisor_label(const Report& report, const Life& life) {
  Supervision who;
  who.verdict = life.verdict;
  who.name = report.text(life.supervisor);
  return supervisor_text(who);
}

std::string command_text(const Report& report, const Life& life) {
  return std::string(report.text(life.command)) + (life.cut ? "..." : "");
}

bool is_origin(const Evidence& e) {
  return e.code == "started" || e.code == "terminal" || e.code == "directory" || e.code == "npm" ||
         e.code == "creator";
}

std::vector<std::string> lines_in(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string end_text(const Report& report, const Life& life) {
  if (life.alive()) return "alive";
  if (life.inferred) return "ended unobserved";
  const auto signal = static_cast<int>(life.status & 0x7f);
  if (!signal) return "code " + std::to_string(life.status >> 8 & 0xff);
  std::string out = "killed by " + signal_name(signal);
  if (life.oom) out += ", out of memory";
  if (life.killer) out += " from " + std::string(report.text(life.killer));
  return out;
}

std::string headline_text(const Report& report, const Advice& advice) {
  std::string out = report.host.name + ": ";
  if (advice.subjects.empty()) return out + (report.summary.limits.empty() ? "no strays" : "no strays seen");
  std::string findings, work;
  const auto add = [](std::string& to, std::size_t count, std::string_view one, std::string_view more) {
    if (count) to += (to.empty() ? "" : ", ") + many(count, one, more);
  };
  const auto count = [&](Severity severity) {
    std::size_t n = 0;
    for (const Subject& s : advice.subjects)
      for (const FindingLife* f : s.findings) n += (f->last.severity == severity) * (1 + s.stray->alike);
    return n;
  };
  add(findings, count(Severity::critical), "critical", "critical");
  add(findings, count(Severity::warning), "warning", "warnings");
  add(findings, count(Severity::notice), "notice", "notices");
  add(findings, count(Severity::info), "informative", "informative");
  add(work, advice.totals.end, "stray to stop", "strays to stop");
  add(work, advice.totals.move, "server to move", "servers to move");
  add(work, advice.totals.restart, "process to restart", "processes to restart");
  add(work, advice.totals.note, "stray to look at", "strays to look at");
  return out + findings + (findings.empty() ? "" : "; ") + work;
}

std::string verdict_text(const Report& report, const Advice& advice) {
  if (advice.subjects.empty() && !report.summary.limits.empty())
    return "No strays were seen, but stray did not see all of this host: the limits stand at the end.";
  if (advice.subjects.empty())
    return advice.cleared.empty() ? "No strays: every watched process is supervised."
                                  : "No strays any more: all findings have been resolved.";
  const StrayTotals& totals = advice.totals;
  std::string out = totals_text(totals) + ". They are " + many(totals.processes, "process", "processes") +
                    " and use " + memory_text(totals.memory, report.host.memory) + " of memory.";
  if (totals.frees)
    out += " Stopping what nobody needs frees up to " + memory_text(totals.frees, report.host.memory) + ".";
  return out;
}

std::vector<std::string> coverage(const Report& report) {
  std::vector<std::string> out;
  if (report.one_look())
    out.push_back("The host as it was at " + time_text(report, report.to) +
                  ": what had exited before is not in it.");
  else
    out.push_back(many(report.events, "event", "events") + " from " + time_text(report, report.from) +
                  " to " + time_text(report, report.to) + ".");
  out.push_back(many(report.lives.size(), "process", "processes") + "; " +
                many(report.kernel_threads, "kernel thread is", "kernel threads are") + " not listed.");
  const auto& s = report.summary;
  for (const ViewLimit& limit : s.limits) out.push_back("Limited: " + limit.text + ".");
  if (s.lost == 0 && s.malformed == 0 && report.gaps.empty()) {
    out.push_back("No record was lost and none was malformed.");
  } else {
    out.push_back(many(s.lost, "record was", "records were") + " lost and " + std::to_string(s.malformed) +
                  " malformed: processes that began and ended within a gap are not in this report.");
  }
  if (report.lives_dropped)
    out.push_back(many(report.lives_dropped, "ended process was", "ended processes were") +
                  " given up for the bound on memory, the oldest short-lived ones first.");
  if (report.findings_dropped)
    out.push_back(many(report.findings_dropped, "cleared finding was", "cleared findings were") +
                  " given up for the bound on memory, the oldest first.");
  if (report.gaps_dropped)
    out.push_back(many(report.gaps_dropped, "gap is", "gaps are") + " not listed, the oldest.");
  if (s.lineage.evicted + s.lineage.evicted_detail)
    out.push_back("Of " +
                  many(s.lineage.evicted + s.lineage.evicted_detail, "dead process", "dead processes") +
                  " the lineage gave up detail for its bound on memory.");
  out.push_back(
      "Memory and CPU of live processes are those of the last observation of each; where there is none the "
      "cell is "
      "empty.");
  return out;
}

}  // namespace stray
