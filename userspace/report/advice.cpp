// SPDX-License-Identifier: Apache-2.0
#include "report/advice.hpp"

#include <algorithm>
#include <set>

#include "findings/rules.hpp"

namespace stray {
namespace {

void append(std::string& out, std::string_view text, std::string_view between) {
  if (!out.empty()) out += between;
  out += text;
}

void note_origin(Subject& subject) {
  if (subject.findings.empty()) return;
  const Origin& origin = subject.findings.front()->origin;
  subject.by = origin.person;
  if (!origin.client.empty()) append(subject.by, origin.client, "; ");
  for (const std::string& maker : origin.makers) append(subject.by, maker, "; ");
  if (!origin.terminal.empty()) append(subject.from, "terminal " + origin.terminal, ", ");
  if (!origin.directory.empty()) append(subject.from, "in " + origin.directory, ", ");
  if (!origin.npm.empty()) append(subject.from, origin.npm, ", ");
}

std::vector<Subject> subjects_of(const Report& report) {
  std::vector<Subject> out;
  for (const Stray& stray : report.strays) {
    Subject subject{.stray = &stray, .life = report.find(stray.subject)};
    for (const Finding& finding : stray.findings)
      for (const FindingLife& life : report.findings)
        if (life.open() && life.process == finding.process && life.kind == finding.kind)
          subject.findings.push_back(&life);
    for (const Migration& migration : report.migrations)
      if (migration.subject == stray.subject && stray.treatment.action == Remedy::move)
        subject.migration = &migration;
    note_origin(subject);
    out.push_back(std::move(subject));
  }
  return out;
}

std::string_view title_of(Remedy remedy) {
  switch (remedy) {
    case Remedy::end:
      return "Stop what nobody needs";
    case Remedy::move:
      return "Put under a supervisor what serves";
    case Remedy::restart:
      return "Restart what runs old code";
    case Remedy::note:
      return "Look at the rest";
  }
  return "Look at the rest";
}

// What is due now comes first; a server is moved in a maintenance window.
std::vector<Task> tasks_of(const std::vector<Subject>& subjects) {
  std::vector<Task> out;
  for (const auto& [when, action] :
       {std::pair(When::now, Remedy::end), std::pair(When::maintenance_window, Remedy::move),
        std::pair(When::maintenance_window, Remedy::restart), std::pair(When::optional, Remedy::note)}) {
    Task task{when, std::string(title_of(action)), {}};
    for (const Subject& s : subjects)
      if (s.stray->treatment.action == action) task.about.push_back(&s);
    if (!task.about.empty()) out.push_back(std::move(task));
  }
  return out;
}

std::vector<Step> verify_of(const Advice& advice) {
  if (advice.subjects.empty()) return {};
  constexpr std::size_t kMostNamed = 32;
  std::string pids;
  std::size_t named = 0;
  bool pm2 = false;
  for (const Subject& s : advice.subjects) {
    if (s.stray->treatment.action == Remedy::end && named++ < kMostNamed)
      append(pids, std::to_string(s.stray->top.tgid), " ");
    pm2 |= s.stray->treatment.under == "pm2";
  }
  std::vector<Step> out{{When::now, "no stray is left", "stray scan", "\"No strays.\", and exit code 0"}};
  if (!pids.empty())
    out.push_back({When::now, "what was stopped has exited", "ps -o pid,lstart,args -p " + pids,
                   "the heading alone, or other processes that got these pids since"});
  if (pm2)
    out.push_back({When::maintenance_window, "what was put under PM2 runs, as its user", "pm2 status",
                   "online, and its restart count stays"});
  out.push_back({When::now, "the memory is available again", "free -m", "more in the column \"available\""});
  return out;
}

std::vector<std::string> improvements_of(const Report& report, const StrayTotals& totals) {
  const auto many = [](std::size_t n, const char* one, const char* more) {
    return std::to_string(n) + " " + (n == 1 ? one : more);
  };
  std::vector<std::string> out;
  if (totals.frees)
    out.push_back("Up to " + memory_text(totals.frees, report.host.memory) + " of memory come free.");
  if (totals.end) out.push_back(many(totals.end, "stray no longer runs.", "strays no longer run."));
  if (totals.move)
    out.push_back(many(totals.move, "server is", "servers are") +
                  " restarted after a crash and after a reboot, limited in memory, and logged.");
  if (totals.restart)
    out.push_back(many(totals.restart, "process runs", "processes run") + " the code that is on disk.");
  return out;
}

}  // namespace

Advice advise(const Report& report) {
  Advice out;
  out.subjects = subjects_of(report);
  out.tasks = tasks_of(out.subjects);
  for (const FindingLife& f : report.findings)
    if (!f.open()) out.cleared.push_back(&f);
  std::stable_sort(out.cleared.begin(), out.cleared.end(),
                   [](const auto* a, const auto* b) { return a->cleared < b->cleared; });
  out.totals = totals_of(report.strays);
  out.verify = verify_of(out);
  out.improvements = improvements_of(report, out.totals);
  return out;
}

}  // namespace stray
