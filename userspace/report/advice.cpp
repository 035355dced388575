// SPDX-License-Identifier: Apache-2.0
#include "report/advice.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace stray {
namespace {

// How a kind is dealt with. The lower the order, the earlier its steps come; of several findings about one
// process the one with the lowest order is decisive.
struct Treatment {
  std::string_view kind;
  int order;
  bool ends;  // its steps end the whole group for good
  std::string_view title;
  std::string_view impact;
};

constexpr Treatment kTreatments[] = {
    {"oom-kill", 4, false, "Give it a memory limit that the host can bear",
     "The kernel chose what to end. What was in its memory is lost, requests were cut off, and unless "
     "something "
     "starts it again it stays down; the cause, too much memory in use, is often still there."},
    {"stale-script", 0, true, "End what runs deleted code",
     "It serves code that is no longer on the disk: no fix that is deployed reaches it, nobody can read what "
     "it "
     "runs, and after the next crash or reboot it cannot start again."},
    {"dev-tool", 1, true, "End the development tools",
     "A development tool is made for one person at a desk: it has no login, often gives full access to data "
     "or "
     "source to whoever reaches its port, and watches files and holds memory without end."},
    {"supervisor-lost", 2, true, "End what its supervisor left behind",
     "Its supervisor believes it gone and may start a second copy: two then share files, jobs and the port. "
     "Nobody restarts this one, collects its logs or bounds its memory."},
    {"orphan", 3, true, "End what was left behind",
     "Who started it is gone and nobody waits for its end. It holds memory, files and ports until a reboot, "
     "and "
     "nobody notices when it misbehaves."},
    {"unsupervised-node", 5, false, "Put under a supervisor what is still needed",
     "It runs only for as long as nothing goes wrong: after a crash or a reboot it is down until a person "
     "notices, and without a memory limit it can take the host with it."},
    {"container-unsupervised", 6, false, "Check the restart policies of the containers",
     "Whether it comes back after a crash or a reboot depends on the engine's restart policy, which is not "
     "visible from here."},
    {"stale-release", 7, false, "Restart what runs an old release",
     "A newer release is on the disk and this process still serves the one before: what was fixed is not in "
     "force, and two releases may work on the same data."},
    {"old-code", 8, false, "Restart what runs old code",
     "The code on the disk is not the code that runs: changes that were deployed have no effect, and the "
     "next "
     "restart, whenever it comes, changes behaviour unexpectedly."},
    {"exe-replaced", 9, false, "Restart what runs a replaced executable",
     "The executable was updated or removed while it ran: security fixes in it are not in force."},
    {"duplicate", 10, false, "Keep one of those that run twice",
     "Two copies of one program share files, jobs and perhaps a port: work is done twice or lost, and it is "
     "not "
     "plain which of them answers."},
    {"restart-storm", 11, false, "Find out why it does not stay up",
     "It is restarted again and again: it is hardly ever in service, each start costs CPU, and its logs are "
     "flooded."},
    {"memory-high", 12, false, "Look at its memory before the kernel does",
     "It is close to, or over, what it may use: at its limit it is ended or restarted, and requests are cut "
     "off."},
    {"inspector-open", 13, false, "Close the inspector",
     "Whoever reaches the inspector's port can run any code in the process and read all of its memory."},
    {"zombie-leak", 14, false, "Restart what does not wait for its children",
     "Ended children pile up and keep their pids: when the limit is reached nothing new can be started."},
};

const Treatment& treatment_of(Kind kind) {
  static constexpr Treatment kOther{"", 15, false, "Look at what else was found",
                                    "It departs from what is expected of a process on this host."};
  for (const Treatment& t : kTreatments)
    if (t.kind == to_string(kind)) return t;
  return kOther;
}

const FindingLife& decisive(const Subject& subject) { return *subject.findings.front(); }

void append(std::string& out, std::string_view text, std::string_view between) {
  if (!out.empty()) out += between;
  out += text;
}

void say_origin(Subject& subject) {
  std::string person;
  if (subject.life) person = "uid " + std::to_string(subject.life->uid);
  for (const Evidence& e : decisive(subject).origin) {
    if (e.code == "started") {
      if (const auto by = e.text.rfind(", by "); by != std::string::npos) person = e.text.substr(by + 5);
    } else if (e.code == "creator") {
      append(subject.by, e.text, "; ");
    } else {
      append(subject.from, e.text, ", ");
    }
  }
  subject.by = person + (subject.by.empty() || person.empty() ? "" : "; ") + subject.by;
}

std::vector<Subject> subjects_of(const Report& report) {
  std::map<ProcessKey, Subject> by_key;
  for (const FindingLife& f : report.findings)
    if (f.open()) by_key[f.process].findings.push_back(&f);
  std::vector<Subject> out;
  for (auto& [key, subject] : by_key) {
    subject.process = key;
    subject.life = report.find(key);
    std::stable_sort(subject.findings.begin(), subject.findings.end(), [](const auto* a, const auto* b) {
      return treatment_of(a->kind).order < treatment_of(b->kind).order;
    });
    say_origin(subject);
    out.push_back(std::move(subject));
  }
  const auto gravest = [](const Subject& s) {
    Severity worst = Severity::info;
    for (const FindingLife* f : s.findings) worst = std::max(worst, f->last.severity);
    return worst;
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const Subject& a, const Subject& b) { return gravest(a) > gravest(b); });
  return out;
}

// Ends with its decisive finding's steps: those of something that a supervisor would start again do not.
bool is_ended(const Subject& subject) {
  const bool supervised =
      subject.life &&
      (subject.life->verdict == Verdict::systemd || subject.life->verdict == Verdict::pm2 ||
       subject.life->verdict == Verdict::supervisor || subject.life->verdict == Verdict::container);
  return treatment_of(decisive(subject).kind).ends && !supervised;
}

std::string_view title_of(const Subject& subject) {
  const Treatment& treatment = treatment_of(decisive(subject).kind);
  return treatment.ends && !is_ended(subject) ? "Mend what its supervisor could not start again"
                                              : treatment.title;
}

// The living processes that the steps end for good, and of them those that go along with one above them.
struct Ending {
  std::set<ProcessKey> all, along;
};

Ending ending_of(const Report& report, const std::vector<Subject>& subjects) {
  Ending out;
  for (const Subject& s : subjects)
    if (is_ended(s)) out.all.insert(s.process);
  for (const Life& life : report.lives) {  // by key: a parent comes before its children
    if (!life.alive() || !out.all.contains(life.parent)) continue;
    out.all.insert(life.key);
    out.along.insert(life.key);
  }
  return out;
}

// Steps in the order of their treatment. The same lines for several processes stand once; what goes along
// with a group that another step ends needs none of its own.
std::vector<Step> steps_of(const std::vector<Subject>& subjects, const Ending& ending) {
  std::vector<const Subject*> ordered;
  for (const Subject& s : subjects)
    if (!ending.along.contains(s.process)) ordered.push_back(&s);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Subject* a, const Subject* b) {
    return treatment_of(decisive(*a).kind).order < treatment_of(decisive(*b).kind).order;
  });
  std::vector<Step> out;
  for (const Subject* s : ordered) {
    const FindingLife& f = decisive(*s);
    const auto same =
        std::find_if(out.begin(), out.end(), [&](const Step& step) { return step.lines == f.last.remedy; });
    if (same != out.end())
      same->about.push_back(s);
    else
      out.push_back({std::string(title_of(*s)), {s}, f.last.remedy});
  }
  return out;
}

void count(const Report& report, const Ending& ending, Advice& advice) {
  std::set<ProcessKey> named = ending.all;
  for (const Subject& s : advice.subjects)
    for (const FindingLife* f : s.findings) {
      named.insert(f->process);
      named.insert(f->last.members.begin(), f->last.members.end());
      ++advice.open;
    }
  const auto sum = [&](const std::set<ProcessKey>& keys, std::uint64_t& processes, std::uint64_t& memory) {
    for (const ProcessKey& key : keys)
      if (const Life* life = report.find(key); life && life->alive()) ++processes, memory += life->rss;
  };
  sum(named, advice.named, advice.named_memory);
  sum(ending.all, advice.ended, advice.ended_memory);
}

std::vector<std::string> verify_of(const Advice& advice) {
  if (advice.subjects.empty()) return {};
  constexpr std::size_t kMostNamed = 32;
  std::string pids;
  std::size_t n = 0;
  bool listens = false, pm2 = false;
  for (const Subject& s : advice.subjects) {
    if (is_ended(s) && n++ < kMostNamed) append(pids, std::to_string(s.process.tgid), " ");
    pm2 |= decisive(s).kind == Kind::unsupervised_node;
    for (const FindingLife* f : s.findings)
      for (const Evidence& e : f->last.evidence) listens |= e.text.starts_with("listens on");
  }
  std::vector<std::string> out{"stray scan  # says \"Nothing is astray.\" and exits with 0"};
  if (!pids.empty())
    out.push_back("ps -o pid,lstart,args -p " + pids +
                  "  # only the heading, or other processes that got these pids since");
  if (listens)
    out.push_back("ss -ltnp  # the ports of the ended ones are free, those of the needed ones are served");
  if (pm2) out.push_back("pm2 status  # what was put under PM2 is online and its restart count stays");
  out.push_back("free -m  # the memory is available again");
  return out;
}

}  // namespace

std::string_view impact_of(Kind kind) { return treatment_of(kind).impact; }

Advice advise(const Report& report) {
  Advice out;
  out.subjects = subjects_of(report);
  const Ending ending = ending_of(report, out.subjects);
  out.steps = steps_of(out.subjects, ending);
  for (const FindingLife& f : report.findings)
    if (!f.open()) out.cleared.push_back(&f);
  std::stable_sort(out.cleared.begin(), out.cleared.end(),
                   [](const auto* a, const auto* b) { return a->cleared < b->cleared; });
  count(report, ending, out);
  out.verify = verify_of(out);
  return out;
}

}  // namespace stray
