// SPDX-License-Identifier: Apache-2.0
#include "report/advice.hpp"

#include <algorithm>
#include <set>

#include "base/layout.hpp"
#include "findings/rules.hpp"
#include "report/words.hpp"

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

// From the process to those that started it, as far as its origin goes, then the person.
std::string chain_of(const Report& report, const Subject& subject) {
  constexpr std::size_t kLongest = 48;
  if (!subject.life || subject.findings.empty()) return {};
  const Origin& origin = subject.findings.front()->origin;
  const auto label = [&](const Life& life) { return shortened(command_text(report, life), kLongest); };
  std::string out = label(*subject.life);
  const bool seen = origin.makers.empty() || origin.makers.front().starts_with("started by ");
  if (!seen) out += " ← a process that exited before stray observed it";
  const Life* at = subject.life;
  for (std::size_t n = 0; seen && n < origin.makers.size(); ++n) {
    const Life* maker = report.find(at->origin);
    if (!maker || !(maker->key < at->key)) break;
    out += " ← " + label(*maker) + (maker->alive() ? "" : " (" + end_text(report, *maker) + ")");
    at = maker;
  }
  if (!origin.person.empty()) out += " ← " + origin.person;
  return out;
}

bool same_steps(const Treatment& a, const Treatment& b) {
  return std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const Step& x, const Step& y) { return x.when == y.when && x.text == y.text; });
}

bool are_alike(const Subject& a, const Subject& b) {
  if (!a.life || !b.life || a.migration || b.migration || a.findings.empty() || b.findings.empty())
    return false;
  const Origin &from_a = a.findings.front()->origin, &from_b = b.findings.front()->origin;
  const Treatment &to_a = a.stray->treatment, &to_b = b.stray->treatment;
  return a.life->command == b.life->command && from_a.person == from_b.person &&
         from_a.directory == from_b.directory && from_a.npm == from_b.npm && to_a.title == to_b.title &&
         to_a.why == to_b.why && to_a.keep == to_b.keep && same_steps(to_a, to_b) &&
         std::equal(a.findings.begin(), a.findings.end(), b.findings.begin(), b.findings.end(),
                    [](const auto* x, const auto* y) { return x->kind == y->kind; });
}

void add_subject(std::vector<Alike>& groups, const Subject& subject) {
  for (Alike& alike : groups)
    if (are_alike(*alike.front(), subject)) {
      alike.push_back(&subject);
      return;
    }
  groups.push_back({&subject});
}

std::vector<Kind> kinds_of(const std::vector<Subject>& subjects) {
  std::vector<Kind> out;
  for (const Kind kind : kKinds)
    if (std::any_of(subjects.begin(), subjects.end(), [&](const Subject& s) {
          return std::any_of(s.findings.begin(), s.findings.end(),
                             [&](const auto* f) { return f->kind == kind; });
        }))
      out.push_back(kind);
  return out;
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
    subject.chain = chain_of(report, subject);
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
      if (s.stray->treatment.action == action) add_subject(task.about, s);
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

std::vector<Step> steps_of(const Alike& alike) {
  std::vector<Step> out = alike.front()->stray->treatment.steps;
  for (std::size_t n = 1; n < alike.size(); ++n) {
    const std::vector<Step>& more = alike[n]->stray->treatment.steps;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!more[i].command.empty() && more[i].command != alike[n - 1]->stray->treatment.steps[i].command)
        append(out[i].command, more[i].command, "\n");
      if (more[i].expect != alike[n - 1]->stray->treatment.steps[i].expect)
        append(out[i].expect, more[i].expect, "; ");
    }
  }
  return out;
}

Advice advise(const Report& report) {
  Advice out;
  out.subjects = subjects_of(report);
  out.tasks = tasks_of(out.subjects);
  out.kinds = kinds_of(out.subjects);
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
