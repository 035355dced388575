// SPDX-License-Identifier: Apache-2.0
#include "detect/detectors.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace stray {
namespace {

constexpr BootTime kSettle = milliseconds(100);
constexpr BootTime kFresh = seconds(2);
constexpr BootTime kAskAgain = seconds(1);
constexpr BootTime kShortestLook = milliseconds(200);
constexpr std::size_t kMostMembersAsked = 64;
constexpr std::size_t kMostOoms = 1024;  // a service in a crash loop at its limit makes some 4,000 a day

using Judge = std::optional<Condition> (*)(const Scene&, const Process&);
constexpr std::pair<Kind, Judge> kRules[] = {
    {Kind::orphan, judge_orphan},
    {Kind::unsupervised_node, judge_unsupervised},
    {Kind::container_unsupervised, judge_container},
    {Kind::dev_tool, judge_dev_tool},
    {Kind::stale_script, judge_stale_script},
    {Kind::supervisor_lost, judge_supervisor_lost},
    {Kind::stale_release, judge_stale_release},
    {Kind::old_code, judge_old_code},
    {Kind::exe_replaced, judge_exe_replaced},
    {Kind::duplicate, judge_duplicate},
    {Kind::restart_storm, judge_restart_storm},
    {Kind::memory_high, judge_memory_high},
    {Kind::inspector_open, judge_inspector},
    {Kind::zombie_leak, judge_zombie_leak},
};

// May some rule speak of it?
bool watchable(const Process& p) {
  if (p.kthread) return false;
  return (p.key.tgid > 2 && (is_watched(p.program()) || left_behind(p))) || !p.short_lives.empty() ||
         p.unreaped_most > kManyUnreaped;
}

bool unknown_seed(const Process& p) {
  return p.seeded && !p.kthread && p.key.tgid > 2 && (!p.image || !p.image->at_exec) &&
         (!p.seen || p.seen->process_time == BootTime{});
}

// What changes all the time is no news.
bool same_news(const Condition& a, const Condition& b) {
  const auto steady = [](const Condition& c) {
    std::vector<Evidence> out;
    for (const Evidence& e : c.evidence)
      if (e.code != "started" && e.code != "memory" && e.code != "members") out.push_back(e);
    return out;
  };
  return a.severity == b.severity && steady(a) == steady(b);
}

// Code in a file of its own that can go stale. Package managers and supervisors are not the host's own code.
bool has_script(const Program& program) {
  return program.runtime != Runtime::none && program.entry_kind == EntryKind::file &&
         !program.entry.empty() && program.role != Role::wrapper && program.role != Role::supervisor;
}

// What may use memory or run on a replaced executable for long.
bool lasts(const Program& program) {
  return program.runtime != Runtime::none &&
         (program.role == Role::app || program.role == Role::eval || program.role == Role::supervisor);
}

// How often something is looked at that is told after `after`: twice in that time, within reason.
BootTime look_interval(const std::optional<BootTime>& after, BootTime usual) {
  const BootTime longest = std::max(usual, kShortestLook);
  return after ? std::clamp(*after / 2, kShortestLook, longest) : longest;
}

void soonest(BootTime& wake, BootTime when) {
  if (when != kNever && (wake == BootTime{} || when < wake)) wake = when;
}

std::string end_reason(const Ended& ended) {
  if (ended.inferred) return "the process is gone";
  if (ended.signal()) return "the process ended by signal " + std::to_string(ended.signal());
  return "the process ended with code " + std::to_string(ended.code());
}

// A finding of the past is kept for a day: not with the 32 KiB of argv that a process may have.
std::string_view front(std::string_view text) { return text.substr(0, 512); }

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

}  // namespace

Detectors::Detectors(DetectOptions options, const Lineage& lineage)
    : options_(std::move(options)), lineage_(lineage) {}

Scene Detectors::scene() const { return {lineage_, options_, now_, host_memory_, real_offset_ns_}; }

std::vector<Finding> Detectors::take_findings() { return std::exchange(findings_, {}); }
std::vector<Request> Detectors::take_requests() { return std::exchange(requests_, {}); }

std::optional<BootTime> Detectors::next_due() const {
  if (timers_.empty()) return {};
  return timers_.begin()->first;
}

void Detectors::ask(ProcessKey key, Look look, std::string entry) {
  requests_.push_back({key, look, std::move(entry)});
}

void Detectors::apply(const Event& event, const std::vector<Change>& changes) {
  now_ = std::max(now_, event.time);
  if (const auto* session = std::get_if<Session>(&event.what)) {
    host_memory_ = session->memory;
    real_offset_ns_ = static_cast<std::int64_t>(session->real_ns - event.time.count());
  }
  if (const auto* clock = std::get_if<Clock>(&event.what))
    real_offset_ns_ = static_cast<std::int64_t>(clock->real_ns - event.time.count());
  for (const Change& change : changes) {
    switch (change.kind) {
      case Change::Kind::created:
        break;
      case Change::Kind::seeded:
      case Change::Kind::listening:
      case Change::Kind::signalled:
        if (lineage_.ready() && change.kind != Change::Kind::signalled) consider(*change.process);
        break;
      case Change::Kind::image:
        if (const auto it = watched_.find(change.process->key); it != watched_.end())
          it->second.judged = false;
        if (!ooms_.empty()) oom_back(*change.process);
        consider(*change.process);
        break;
      case Change::Kind::reparented:
        consider(*change.process);
        judge_below(*change.process);
        break;
      case Change::Kind::ended:
        if (const Process* parent = lineage_.find(change.process->parent_key))
          child_ended(*parent, *change.process);
        judge_twins(*change.process);
        if (watched_.contains(change.process->key))
          forget(change.process->key, end_reason(*change.process->ended));
        if (change.process->sid == change.process->key.tgid &&
            (change.process->tty || (change.process->image && change.process->image->tty)))
          judge_session(change.process->sid);
        break;
      case Change::Kind::oom:
        on_oom(event, *change.process);
        break;
      case Change::Kind::observed:
        consider(*change.process);
        if (std::holds_alternative<SawProcess>(event.what)) judge_below(*change.process);
        break;
      case Change::Kind::loss:
        break;
    }
  }
  if (std::holds_alternative<Ready>(event.what))
    for (const Process* process : lineage_.live_by_key()) consider(*process);
  run_timers();
}

void Detectors::run_timers() {
  // Each pass takes what is due; judging sets later times only, or asks and waits for the answer.
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    const ProcessKey key = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (const auto ended = ooms_.find(key);
        ended != ooms_.end() && now_ >= ended->second.finding.raised + options_.oom_keep)
      clear_oom(key, "told for long enough");
    const auto it = watched_.find(key);
    if (it == watched_.end()) continue;
    it->second.wake = BootTime{};
    if (const Process* process = lineage_.find(key)) judge(*process);
  }
}

void Detectors::set_wake(ProcessKey key, Watch& watch, BootTime when) {
  if (watch.wake != BootTime{}) timers_.erase({watch.wake, key});
  watch.wake = when;
  if (when != BootTime{}) timers_.insert({when, key});
}

void Detectors::consider(const Process& process) {
  if (!process.alive()) return;
  auto it = watched_.find(process.key);
  // A finding of its children stays until few are left.
  const bool leaks =
      it != watched_.end() &&
      it->second.states[static_cast<std::size_t>(Kind::zombie_leak)].stage != State::Stage::off;
  if (!watchable(process) && !leaks) {
    if (it != watched_.end()) forget(process.key, "it now runs " + process.label());
    return;
  }
  if (it == watched_.end()) {
    if (!lineage_.ready() && process.seeded) return;  // judged when the whole snapshot is in
    it = watched_.emplace(process.key, Watch{}).first;
    it->second.settle = process.image && process.image->at_exec ? process.image->time + kSettle : now_;
  }
  judge(process);
}

// Judging needs the argv of everything above that was alive before stray: a supervisor may be among it.
bool Detectors::known_enough(const Process& process) {
  bool known = true;
  const auto need = [&](const Process& p) {
    if (!unknown_seed(p)) return;
    known = false;
    Watch& watch = watched_[p.key];
    if (watch.asked == BootTime{} || now_ >= watch.asked + kAskAgain) {
      watch.asked = now_;
      ask(p.key, Look::process);
    }
  };
  Lineage::each_ancestor(process, [&](const Process& a) { return need(a), true; });
  need(process);
  return known;
}

void Detectors::judge(const Process& process) {
  Watch& watch = watched_[process.key];
  if (!process.alive() || (process.seen && process.seen->gone)) return;
  if (now_ < watch.settle) return set_wake(process.key, watch, watch.settle);
  if (!known_enough(process)) return set_wake(process.key, watch, now_ + kAskAgain);
  const bool environment_missing = process.image && !process.image->env_known &&
                                   (wants_environment(process.program()) || left_behind(process));
  if (environment_missing && (!process.seen || process.seen->process_time == BootTime{})) {
    if (watch.asked == BootTime{} || now_ >= watch.asked + kAskAgain) {
      watch.asked = now_;
      ask(process.key, Look::process);
    }
    return set_wake(process.key, watch, now_ + kAskAgain);
  }
  BootTime wake{};
  for (const auto& [kind, rule] : kRules) judge_kind(kind, process, watch, wake);
  watch.judged = true;
  plan_looks(process, watch, wake);
  set_wake(process.key, watch, wake);
}

void Detectors::judge_kind(Kind kind, const Process& process, Watch& watch, BootTime& wake) {
  State& state = watch.states[static_cast<std::size_t>(kind)];
  const auto rule =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const auto& r) { return r.first == kind; });
  Scene now = scene();
  now.open = state.stage == State::Stage::open;
  auto condition = rule->second(now, process);
  const bool accepted = allowed(process);
  if (!condition || accepted) {
    if (state.stage == State::Stage::open) {
      if (!accepted && still_open(kind, state, wake)) return;
      const Supervision who = supervise(lineage_, process);
      clear(kind, process.key, state,
            who.supervised() ? "looked after by " + who.name : "it is no longer so");
    }
    state = State{};
    return;
  }
  set_severity(kind, *condition);
  state.calm = BootTime{};
  if (state.stage == State::Stage::off) {
    state.stage = State::Stage::pending;
    // What holds at the first judgement has held since the image began; what begins to hold later begins now.
    state.since = !watch.judged ? since_exec(process) : now_;
  }
  // A terminal that closed: hours spent at it are no part of the time that a process has been alone.
  if (state.stage == State::Stage::pending && state.human_limit && !condition->human_limit)
    state.since = now_;
  state.human_limit = condition->human_limit;
  if (condition->since != BootTime{}) state.since = condition->since;
  if (state.stage == State::Stage::open) {
    if (condition->severity_until > now_) soonest(wake, condition->severity_until);
    if (!same_news(state.told, *condition)) update(kind, process, state, std::move(*condition));
    return;
  }
  const BootTime wait = options_.wait(kind, *condition);
  if (wait == kNever) return;
  const BootTime due = std::max(state.since + wait, process.key.start + options_.min_age);
  if (now_ < due) return soonest(wake, due);
  if (!fresh(kind, process)) {
    ask_fresh(process, watch);
    return soonest(wake, now_ + kAskAgain);
  }
  raise(kind, process, state, std::move(*condition));
  soonest(wake, now_ + options_.sample_interval);
}

bool Detectors::fresh(Kind kind, const Process& process) const {
  if (!process.seen) return false;
  const Observed& seen = *process.seen;
  const auto recent = [&](BootTime t) { return t != BootTime{} && t + kFresh >= now_; };
  const bool of_files = kind == Kind::stale_script || kind == Kind::stale_release || kind == Kind::old_code ||
                        kind == Kind::exe_replaced;
  if (of_files && !recent(seen.script.time)) return false;
  if (kind == Kind::zombie_leak && !recent(seen.children_time)) return false;
  return recent(seen.process_time) && recent(seen.usage_time) && recent(seen.sockets_time);
}

// Members first: their memory is part of what is told, and answers come in the order they were asked for.
void Detectors::ask_fresh(const Process& process, Watch& watch) {
  if (watch.asked_fresh != BootTime{} && now_ < watch.asked_fresh + kAskAgain) return;
  watch.asked_fresh = now_;
  auto members = descendants(process);
  if (members.size() > kMostMembersAsked) members.resize(kMostMembersAsked);
  for (const ProcessKey& member : members) ask(member, Look::usage);
  if (has_script(process.program()))
    ask(process.key, Look::script, process.program().entry);
  else if (lasts(process.program()))
    ask(process.key, Look::script);
  if (watch.states[static_cast<std::size_t>(Kind::zombie_leak)].stage != State::Stage::off)
    ask(process.key, Look::children);
  ask(process.key, Look::process);
  ask(process.key, Look::usage);
  ask(process.key, Look::sockets);
}

void Detectors::plan_looks(const Process& process, Watch& watch, BootTime& wake) {
  const Program& program = process.program();
  const bool concerned = std::any_of(watch.states.begin(), watch.states.end(),
                                     [](const State& s) { return s.stage != State::Stage::off; });
  if (concerned) {
    const BootTime sample = std::max(options_.sample_interval, kShortestLook);
    if (watch.sample_next == BootTime{}) watch.sample_next = now_ + sample;
    if (now_ >= watch.sample_next) {
      watch.sample_next = now_ + sample;
      ask_fresh(process, watch);
    }
    soonest(wake, watch.sample_next);
  }
  plan_children(process, watch, wake);
  if (lasts(program)) plan_memory(process, watch, wake);
  if (!has_script(program) && !lasts(program)) return;
  if (now_ >= watch.script_next) {
    watch.script_next = now_ + script_interval();
    // What stray did not see start may listen since long ago.
    const bool first = !process.seen || process.seen->sockets_time == BootTime{};
    if (first && process.image && !process.image->at_exec && lasts(program)) ask(process.key, Look::sockets);
    ask(process.key, Look::script, has_script(program) ? program.entry : std::string());
  }
  soonest(wake, watch.script_next);
}

BootTime Detectors::script_interval() const {
  BootTime out = kNever;
  for (const Kind kind : {Kind::stale_script, Kind::stale_release, Kind::old_code, Kind::exe_replaced})
    out =
        std::min(out, look_interval(options_.after[static_cast<std::size_t>(kind)], options_.stale_interval));
  return out;
}

// Whatever else asked for it counts too.
void Detectors::plan_memory(const Process& process, Watch& watch, BootTime& wake) {
  const auto& after = options_.after[static_cast<std::size_t>(Kind::memory_high)];
  const BootTime every = look_interval(after, options_.sample_interval);
  if (process.seen && process.seen->usage_time != BootTime{})
    watch.memory_next = std::max(watch.memory_next, process.seen->usage_time + every);
  if (now_ >= watch.memory_next) {
    watch.memory_next = now_ + every;
    ask(process.key, Look::usage);
  }
  soonest(wake, watch.memory_next);
}

// Most that end many children wait for them. One look tells, a while after there were many.
void Detectors::plan_children(const Process& process, Watch& watch, BootTime& wake) {
  if (process.unreaped_most <= kManyUnreaped) return;
  const auto& after = options_.after[static_cast<std::size_t>(Kind::zombie_leak)];
  const BootTime every = look_interval(after, options_.zombie_grace);
  if (watch.children_next == BootTime{}) watch.children_next = options_.at_once ? now_ : now_ + every;
  if (now_ >= watch.children_next) {
    watch.children_next = now_ + every;
    ask(process.key, Look::children);
  }
  soonest(wake, watch.children_next);
}

// A supervisor's service that ended soon, or one more child that may not have been waited for.
void Detectors::child_ended(const Process& parent, const Process& child) {
  if (!parent.alive() || !lineage_.ready()) return;
  const bool new_life = !parent.short_lives.empty() && parent.short_lives.back().ended == child.ended->time;
  const bool many = parent.unreaped_most > kManyUnreaped && !watched_.contains(parent.key);
  if (new_life || many) consider(parent);
}

// The other copy of a duplicate ended.
void Detectors::judge_twins(const Process& ended) {
  if (ended.program().role != Role::app) return;
  std::vector<const Process*> open;
  for (const auto& [key, watch] : watched_)
    if (watch.states[static_cast<std::size_t>(Kind::duplicate)].stage == State::Stage::open)
      if (const Process* p = lineage_.find(key); p && p != &ended) open.push_back(p);
  for (const Process* p : open) judge(*p);
}

// Memory goes up and down: it must stay low for a while.
bool Detectors::still_open(Kind kind, State& state, BootTime& wake) const {
  if (kind != Kind::memory_high) return false;
  if (state.calm == BootTime{}) state.calm = now_;
  const auto& after = options_.after[static_cast<std::size_t>(kind)];
  const BootTime end = state.calm + std::min(options_.memory_calm, after.value_or(options_.memory_calm));
  if (now_ >= end) return false;
  soonest(wake, end);
  return true;
}

void Detectors::raise(Kind kind, const Process& process, State& state, Condition condition) {
  condition.remedy = remedy_of(kind, scene(), process);
  state.stage = State::Stage::open;
  state.raised = now_;
  state.told = condition;
  findings_.push_back(
      {Finding::Action::raised, kind, process.key, state.since, now_, now_, std::move(condition), {}});
}

void Detectors::update(Kind kind, const Process& process, State& state, Condition condition) {
  condition.remedy = remedy_of(kind, scene(), process);
  state.told = condition;
  findings_.push_back({Finding::Action::updated,
                       kind,
                       process.key,
                       state.since,
                       state.raised,
                       now_,
                       std::move(condition),
                       {}});
}

void Detectors::clear(Kind kind, ProcessKey key, State& state, std::string reason) {
  findings_.push_back(
      {Finding::Action::cleared, kind, key, state.since, state.raised, now_, state.told, std::move(reason)});
  state = State{};
}

void Detectors::forget(ProcessKey key, const std::string& reason) {
  const auto it = watched_.find(key);
  if (it == watched_.end()) return;
  for (const Kind kind : kKinds)
    if (State& state = it->second.states[static_cast<std::size_t>(kind)]; state.stage == State::Stage::open)
      clear(kind, key, state, reason);
  set_wake(key, it->second, BootTime{});
  watched_.erase(it);
}

void Detectors::judge_below(const Process& process) {
  for (const ProcessKey& key : descendants(process))
    if (const Process* below = lineage_.find(key); below && watched_.contains(key)) judge(*below);
}

// The end of a session's leader changes what its other members' terminals mean.
void Detectors::judge_session(std::uint32_t sid) {
  std::vector<const Process*> members;
  for (const auto& [key, watch] : watched_)
    if (const Process* p = lineage_.find(key); p && p->sid == sid) members.push_back(p);
  for (const Process* p : members) judge(*p);
}

bool Detectors::allowed(const Process& p) const {
  return std::any_of(options_.allow.begin(), options_.allow.end(), [&](const Allow& allow) {
    const std::string user = p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid);
    return matches(allow.exe, std::string(p.exe())) && matches(allow.argv, p.command()) &&
           matches(allow.user, user) && matches(allow.unit, place_in_cgroup(p.cgroup()).unit);
  });
}

void Detectors::set_severity(Kind kind, Condition& condition) const {
  const auto& fixed = options_.severity[static_cast<std::size_t>(kind)];
  if (!fixed) return;
  condition.severity = *fixed;
  condition.severity_until = BootTime{};
}

void Detectors::replace_options(DetectOptions options) {
  for (const auto& [key, oom] : ooms_) timers_.erase({oom.finding.raised + options_.oom_keep, key});
  options_ = std::move(options);
  for (const auto& [key, oom] : ooms_) timers_.insert({oom.finding.raised + options_.oom_keep, key});
  for (const Process* process : lineage_.live_by_key()) consider(*process);
}

void Detectors::on_oom(const Event& event, const Process& victim) {
  const auto* oom = std::get_if<stray::Oom>(&event.what);
  if (!oom) return;
  if (ooms_.contains(victim.key)) return;  // the kernel marks each thread of a victim
  Condition condition;
  condition.severity = Severity::critical;
  set_severity(Kind::oom_kill, condition);
  const bool memcg = event.flags & STRAY_OOM_MEMCG;
  condition.message =
      "the OOM killer took " + role_word(victim) + " `" + std::string(front(victim.command())) + "` (pid " +
      std::to_string(victim.key.tgid) + "): " +
      (memcg ? "memory cgroup " + std::string(oom->cgroup) + " was at its limit"
             : "the host had no memory left") +
      ", it used " + memory_text(oom->anon_rss + oom->file_rss + oom->shmem_rss, host_memory_);
  condition.evidence.push_back({"oom", "anonymous " + memory_text(oom->anon_rss, host_memory_) + ", file " +
                                           memory_text(oom->file_rss, host_memory_) + ", swap " +
                                           memory_text(oom->swap, host_memory_) + ", oom_score_adj " +
                                           std::to_string(oom->score_adj)});
  if (memcg)
    condition.evidence.push_back(
        {"limit", "limit " + memory_text(oom->limit, host_memory_) + " of " + std::string(oom->cgroup)});
  if (const Process* trigger = lineage_.find(oom->trigger))
    condition.evidence.push_back(
        {"trigger", "asked for by " + trigger->label() + " (pid " + std::to_string(trigger->key.tgid) + ")"});
  const Supervision who = supervise(lineage_, victim);
  condition.evidence.push_back(
      {"supervision", who.supervised() ? "looked after by " + who.name : "nobody looks after it"});
  for (Evidence& e : origin_evidence(scene(), victim)) condition.evidence.push_back(std::move(e));
  condition.members = descendants(victim);
  if (!condition.members.empty())
    condition.evidence.push_back(
        {"children", std::to_string(condition.members.size()) + " processes below it are left behind"});
  condition.remedy = remedy_of(Kind::oom_kill, scene(), victim);
  if (ooms_.size() >= kMostOoms) {
    const auto oldest = std::min_element(ooms_.begin(), ooms_.end(), [](const auto& a, const auto& b) {
      return a.second.finding.raised < b.second.finding.raised;
    });
    clear_oom(oldest->first,
              "more than " + std::to_string(kMostOoms) + " kills are told of: the oldest makes room");
  }
  Finding finding{
      Finding::Action::raised, Kind::oom_kill, victim.key, now_, now_, now_, std::move(condition), {}};
  ooms_[victim.key] = {finding, std::string(victim.exe()),
                       std::string(victim.image ? front(victim.image->argv) : std::string_view()),
                       victim.uid};
  oom_exes_[std::string(victim.exe())].insert(victim.key);
  timers_.insert({now_ + options_.oom_keep, victim.key});
  findings_.push_back(std::move(finding));
}

void Detectors::oom_back(const Process& process) {
  const auto same_exe = oom_exes_.find(process.exe());
  if (same_exe == oom_exes_.end()) return;
  const std::set<ProcessKey> victims = same_exe->second;
  for (const ProcessKey& victim : victims) {
    const Oom& oom = ooms_.at(victim);
    if (victim == process.key || oom.uid != process.uid || front(process.image->argv) != oom.argv) continue;
    clear_oom(victim, "it is back as pid " + std::to_string(process.key.tgid) + ", " +
                          age_text(now_ - oom.finding.raised) + " later");
  }
}

void Detectors::clear_oom(ProcessKey key, std::string reason) {
  const auto it = ooms_.find(key);
  Finding finding = std::move(it->second.finding);
  finding.action = Finding::Action::cleared, finding.time = now_, finding.reason = std::move(reason);
  timers_.erase({finding.raised + options_.oom_keep, key});
  const auto exe = oom_exes_.find(it->second.exe);
  exe->second.erase(key);
  if (exe->second.empty()) oom_exes_.erase(exe);
  ooms_.erase(it);
  findings_.push_back(std::move(finding));
}

std::vector<Finding> Detectors::open() const {
  std::vector<Finding> out;
  for (const auto& [key, watch] : watched_)
    for (const Kind kind : kKinds) {
      const State& state = watch.states[static_cast<std::size_t>(kind)];
      if (state.stage == State::Stage::open)
        out.push_back(
            {Finding::Action::raised, kind, key, state.since, state.raised, state.raised, state.told, {}});
    }
  for (const auto& [key, oom] : ooms_) out.push_back(oom.finding);
  return out;
}

Totals totals_of(const std::vector<Finding>& open, const Lineage& lineage) {
  std::set<ProcessKey> named;
  for (const Finding& finding : open) {
    named.insert(finding.process);
    named.insert(finding.what.members.begin(), finding.what.members.end());
  }
  Totals totals{open.size(), 0, 0};
  for (const ProcessKey& key : named)
    if (const Process* p = lineage.find(key); p && p->alive()) {
      ++totals.processes;
      totals.memory += p->seen ? p->seen->rss : 0;
    }
  return totals;
}

}  // namespace stray
