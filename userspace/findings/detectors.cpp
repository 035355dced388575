// SPDX-License-Identifier: Apache-2.0
#include "findings/detectors.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "base/signal_name.hpp"
#include "base/words.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kSettle = milliseconds(100);

// May some rule speak of it?
bool watchable(const Process& p) {
  if (p.kthread) return false;
  return (p.key.tgid > 2 && (is_watched(p.program()) || left_behind(p))) || !p.short_lives.empty() ||
         p.unreaped_most > kManyUnreaped;
}

// What one user's processes are looked at in a time is bounded: beyond so many each is looked at more seldom.
constexpr std::size_t kOftenLookedAt = 1024;

bool unknown_seed(const Process& p) {
  if (p.kthread || p.key.tgid <= 2 || (p.image && p.image->at_exec)) return false;
  const bool exec_lost = p.image && p.image->flags & STRAY_EXEC_INFERRED;
  const BootTime since = exec_lost ? p.image->time : BootTime{};
  return (p.seeded || exec_lost) && (!p.seen || p.seen->process_time <= since);
}

std::string end_reason(const Ended& ended) {
  if (ended.inferred) return "the process has exited";
  if (ended.signal()) return "the process was ended by signal " + std::to_string(ended.signal());
  return "the process exited with code " + std::to_string(ended.code());
}

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || matches_glob(pattern, text);
}

}  // namespace

Detectors::Detectors(DetectOptions options, const Lineage& lineage)
    : options_(std::move(options)), lineage_(lineage) {}

Scene Detectors::scene() const {
  return {lineage_, copies_, options_, now_, host_memory_, real_offset_ns_, boot_};
}

std::vector<Finding> Detectors::take_findings() { return std::exchange(findings_, {}); }
std::vector<Request> Detectors::take_requests() { return std::exchange(requests_, {}); }

std::optional<BootTime> Detectors::next_due() const {
  BootTime due = timers_.empty() ? kNever : timers_.begin()->first;
  if (!look_at_.empty()) due = std::min(due, look_at_.begin()->first);
  if (!carried_.empty() && carried_until_ != BootTime{}) due = std::min(due, carried_until_);
  return due == kNever ? std::nullopt : std::optional(due);
}

void Detectors::ask(ProcessKey key, Look look, std::string entry) {
  requests_.push_back({key, look, std::move(entry)});
}

void Detectors::apply(const Event& event, const std::vector<Change>& changes) {
  now_ = std::max(now_, event.time);
  if (const auto* session = std::get_if<Session>(&event.what)) {
    host_memory_ = session->memory;
    boot_ = session->boot_id;
    real_offset_ns_ = static_cast<std::int64_t>(session->real_ns - event.time.count());
  }
  if (const auto* clock = std::get_if<Clock>(&event.what))
    real_offset_ns_ = static_cast<std::int64_t>(clock->real_ns - event.time.count());
  if (const Process* subject = lineage_.find(event.process)) refresh(*subject);
  for (const Change& change : changes)
    if (change.process) refresh(*change.process);
  const bool snapshot_is_in = std::holds_alternative<Ready>(event.what);
  if (snapshot_is_in)
    for (const Process* process : lineage_.live_by_key()) refresh(*process);
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
        // A snapshot shows that it runs another program, not with which arguments.
        if (!change.process->image->at_exec) ask(change.process->key, Look::process);
        look_at_newcomer(*change.process);
        consider(*change.process);
        judge_shell_above(*change.process);
        one_more_child(*change.process);
        one_more_leftover(*change.process);
        break;
      case Change::Kind::reparented:
        consider(*change.process);
        judge_below(*change.process);
        one_more_leftover(*change.process);
        break;
      case Change::Kind::ended:
        if (const Process* parent = lineage_.find(change.process->parent_key))
          child_ended(*parent, *change.process);
        judge_twins(*change.process);
        if (watched_.contains(change.process->key))
          forget(change.process->key, end_reason(*change.process->ended));
        resolve_carried(change.process->key, end_reason(*change.process->ended));
        if (change.process->sid == change.process->key.tgid &&
            (change.process->tty || (change.process->image && change.process->image->tty)))
          judge_session(change.process->sid);
        break;
      case Change::Kind::oom:
        on_oom(event, *change.process);
        break;
      case Change::Kind::observed:
        consider(*change.process);
        if (!std::holds_alternative<SawProcess>(event.what)) break;
        judge_below(*change.process);
        one_more_leftover(*change.process);  // of a user that it became after its exec
        break;
      case Change::Kind::loss:
        break;
    }
  }
  if (snapshot_is_in) on_ready();
  run_timers();
  look_at_files();
  if (carried_until_ != BootTime{} && now_ >= carried_until_)
    resolve_all_carried("the condition no longer holds");
}

void Detectors::on_ready() {
  if (!carried_.empty()) begin_carried();
  for (const Process* process : lineage_.live_by_key()) {
    look_at_newcomer(*process);
    consider(*process);
  }
}

void Detectors::run_timers() {
  // Each pass takes what is due; judging sets later times only, or asks and waits for the answer.
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    const ProcessKey key = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (const auto ended = ooms_.find(key);
        ended != ooms_.end() && now_ >= ended->second.finding.raised + options_.oom_keep)
      clear_oom(key, "reported for long enough");
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
  refresh(process);
  auto it = watched_.find(process.key);
  // A finding of its children stays until few are left.
  const bool leaks = it != watched_.end() && (it->second.states.contains(Kind::zombie_leak) ||
                                              it->second.states.contains(Kind::child_hoard));
  if (!watchable(process) && !may_pile(process) && !leaks) {
    if (it != watched_.end()) forget(process.key, "it runs " + process.label() + " now");
    return;
  }
  if (it == watched_.end()) {
    if (!lineage_.ready() && process.seeded) return;  // judged when the whole snapshot is in
    watch_of(process).settle = process.image && process.image->at_exec ? process.image->time + kSettle : now_;
  }
  judge(process);
}

// The indexes by what a process is now. A snapshot can change a known process without a change of its own.
void Detectors::refresh(const Process& process) {
  copies_.update(process);
  if (const auto it = watched_.find(process.key); it != watched_.end())
    count(process.key, it->second, process);
}

Detectors::Watch& Detectors::watch_of(const Process& process) {
  const auto [it, made] = watched_.try_emplace(process.key);
  if (made) count(process.key, it->second, process);
  return it->second;
}

void Detectors::count(ProcessKey key, Watch& watch, const Process& process) {
  if (of_session_.contains({watch.sid, key})) {
    if (watch.uid == process.uid && watch.sid == process.sid) return;
    discount(key, watch);
  }
  watch.uid = process.uid, watch.sid = process.sid;
  ++of_user_[watch.uid];
  of_session_.insert({watch.sid, key});
}

void Detectors::discount(ProcessKey key, const Watch& watch) {
  of_session_.erase({watch.sid, key});
  if (const auto it = of_user_.find(watch.uid); it != of_user_.end() && --it->second == 0) of_user_.erase(it);
}

BootTime Detectors::stretched(BootTime interval, const Watch& watch) const {
  const auto it = of_user_.find(watch.uid);
  if (interval == kNever || it == of_user_.end()) return interval;
  return interval * (1 + (it->second - 1) / kOftenLookedAt);
}

// Judging needs the argv of everything above that was alive before stray: a supervisor may be among it.
bool Detectors::known_enough(const Process& process) {
  bool known = true;
  const auto need = [&](const Process& p) {
    if (!unknown_seed(p)) return;
    known = false;
    Watch& watch = watch_of(p);
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
  Watch& watch = watch_of(process);
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
  ++judged_;
  BootTime wake{};
  for (const Kind kind : kKinds)
    if (const KindRow& row = row_of(kind); row.judge) judge_kind(row, process, watch, wake);
  watch.judged = true;
  plan_looks(process, watch, wake);
  set_wake(process.key, watch, wake);
}

void Detectors::judge_kind(const KindRow& row, const Process& process, Watch& watch, BootTime& wake) {
  const Kind kind = row.kind;
  Scene now = scene();
  now.open =
      state_of(watch.states, kind).stage == State::Stage::open || carried_.contains({process.key, kind});
  now.pile = &watch.pile;
  auto condition = row.judge(now, process);
  const bool accepted = condition && allowed(kind, process, wake);
  if (!condition || accepted) {
    const auto held = watch.states.find(kind);
    if (held != watch.states.end()) {
      State& state = held->second;
      if (state.stage == State::Stage::open && !state.silent) {
        if (!accepted && still_open(kind, state, wake)) return;
        const Supervision who = supervise(lineage_, process);
        clear(kind, process.key, state,
              accepted           ? "it is accepted by the configuration"
              : who.supervised() ? "managed by " + who.name
                                 : "the condition no longer holds");
      }
      watch.states.erase(held);
      place_in_crowd(process.key, watch);
    }
    if (accepted) resolve_carried(process.key, "it is accepted by the configuration", kind);
    return;
  }
  State& state = watch.states[kind];
  condition->message = subject_text(process) + " " + condition->claim;
  set_severity(kind, *condition);
  state.settled_since = BootTime{};
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
  const auto before = carried_.find({process.key, kind});
  if (before != carried_.end()) state.since = before->second.since;
  // It is held against its crowd anew each time: somebody else may have to speak.
  if (state.silent) state.stage = State::Stage::pending, state.silent = false;
  if (state.stage == State::Stage::open) {
    if (condition->severity_until > now_) soonest(wake, condition->severity_until);
    set_alike(*condition, state.reported.alike);
    if (!says_the_same(state.reported, *condition)) update(kind, process, state, std::move(*condition));
    return;
  }
  const BootTime wait = options_.wait(kind, *condition);
  if (wait == kNever) return;
  const BootTime due = std::max(state.since + wait, process.key.start + options_.min_age);
  if (now_ < due) return soonest(wake, due);
  if (stays_silent(kind, process, watch, *condition)) {
    state.stage = State::Stage::open, state.silent = true;
    place_in_crowd(process.key, watch);
    return soonest(wake, now_ + stretched(options_.sample_interval, watch));
  }
  if (!fresh(kind, process)) {
    ask_fresh(process, watch);
    return soonest(wake, now_ + kAskAgain);
  }
  if (before != carried_.end())
    go_on(before, process, state, std::move(*condition));
  else
    raise(kind, process, state, std::move(*condition));
  place_in_crowd(process.key, watch);
  soonest(wake, now_ + stretched(options_.sample_interval, watch));
}

// A supervisor's service that ended soon, or one more child that may not have been waited for.
void Detectors::child_ended(const Process& parent, const Process& child) {
  if (!parent.alive() || !lineage_.ready()) return;
  const bool new_life = !parent.short_lives.empty() && parent.short_lives.back().ended == child.ended->time;
  const bool many = parent.unreaped_most > kManyUnreaped && !watched_.contains(parent.key);
  if (new_life || many) consider(parent);
}

// The other copy of a duplicate ended: that of those before it, and of any if it was the one that is managed.
void Detectors::judge_twins(const Process& ended) {
  if (ended.program().role != Role::app) return;
  std::set<ProcessKey> open;
  const auto add = [&](const Process& p) {
    const auto it = watched_.find(p.key);
    if (it == watched_.end() || &p == &ended) return true;
    const State& state = state_of(it->second.states, Kind::duplicate);
    if (state.stage == State::Stage::open && !state.silent) open.insert(p.key);
    return true;
  };
  copies_.each_before(lineage_, ended, add);
  copies_.each_oldest(lineage_, ended, add);
  for (const ProcessKey& key : open)
    if (const Process* p = lineage_.find(key)) judge(*p);
}

// Memory goes up and down: it must stay low for a while.
bool Detectors::still_open(Kind kind, State& state, BootTime& wake) const {
  if (kind != Kind::memory_high) return false;
  if (state.settled_since == BootTime{}) state.settled_since = now_;
  const auto& after = options_.after[kind];
  const BootTime end =
      state.settled_since + std::min(options_.memory_calm, after.value_or(options_.memory_calm));
  if (now_ >= end) return false;
  soonest(wake, end);
  return true;
}

void Detectors::raise(Kind kind, const Process& process, State& state, Condition condition) {
  state.stage = State::Stage::open;
  state.raised = now_;
  state.reported = condition;
  findings_.push_back(
      {Finding::Action::raised, kind, process.key, state.since, now_, now_, std::move(condition), {}});
}

void Detectors::update(Kind kind, const Process& process, State& state, Condition condition) {
  state.reported = condition;
  findings_.push_back({Finding::Action::updated,
                       kind,
                       process.key,
                       state.since,
                       state.raised,
                       now_,
                       std::move(condition),
                       {}});
}

void Detectors::clear(Kind kind, ProcessKey key, const State& state, std::string reason) {
  findings_.push_back({Finding::Action::cleared, kind, key, state.since, state.raised, now_, state.reported,
                       std::move(reason)});
}

void Detectors::forget(ProcessKey key, const std::string& reason) {
  const auto it = watched_.find(key);
  if (it == watched_.end()) return;
  for (const auto& [kind, state] : it->second.states)
    if (state.stage == State::Stage::open && !state.silent) clear(kind, key, state, reason);
  it->second.states.clear();
  place_in_crowd(key, it->second);
  discount(key, it->second);
  set_wake(key, it->second, BootTime{});
  watched_.erase(it);
}

void Detectors::judge_below(const Process& process) {
  for (const ProcessKey& key : descendants(process))
    if (const Process* below = lineage_.find(key); below && !unknown_seed(*below) && watched_.contains(key))
      judge(*below);
}

// A script whose starter went first was judged before it had started anything.
void Detectors::judge_shell_above(const Process& process) {
  const Process* shell = process.parent;
  if (shell && shell->program().shell && is_watched(process.program()) && left_behind(*shell) &&
      watched_.contains(shell->key))
    judge(*shell);
}

// The end of a session's leader changes what its other members' terminals mean.
void Detectors::judge_session(std::uint32_t sid) {
  std::vector<const Process*> members;
  for (auto it = of_session_.lower_bound({sid, {}}); it != of_session_.end() && it->first == sid; ++it)
    if (const Process* p = lineage_.find(it->second); p && p->sid == sid) members.push_back(p);
  for (const Process* p : members) judge(*p);
}

bool Detectors::allowed(Kind kind, const Process& p, BootTime& wake) const {
  const std::int64_t now = static_cast<std::int64_t>(now_.count()) + real_offset_ns_;
  return std::any_of(options_.allow.begin(), options_.allow.end(), [&](const Allow& allow) {
    if (allow.until && now >= *allow.until) return false;
    if (!allow.kinds.empty() && std::find(allow.kinds.begin(), allow.kinds.end(), kind) == allow.kinds.end())
      return false;
    const std::string exe(p.exe());
    const auto is_exe = [&](const std::string& pattern) {
      return matches(pattern, exe) || matches(pattern, std::string(file_name(exe)));
    };
    if (!allow.exe.empty() && std::none_of(allow.exe.begin(), allow.exe.end(), is_exe)) return false;
    const std::string user = p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid);
    if (!matches(allow.argv, p.command()) || !matches(allow.user, user) ||
        !matches(allow.unit, place_in_cgroup(p.cgroup()).unit))
      return false;
    if (allow.until) soonest(wake, now_ + BootTime{static_cast<std::uint64_t>(*allow.until - now)});
    return true;
  });
}

void Detectors::set_severity(Kind kind, Condition& condition) const {
  const auto& fixed = options_.severity[kind];
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

void Detectors::add_open(ProcessKey key, std::vector<Finding>& out) const {
  for (auto it = carried_.lower_bound({key, Kind{}}); it != carried_.end() && it->first.first == key; ++it)
    if (may_hold(it->second)) out.push_back(it->second);
  if (const auto it = watched_.find(key); it != watched_.end())
    for (const auto& [kind, state] : it->second.states)
      if (state.stage == State::Stage::open && !state.silent)
        out.push_back({Finding::Action::raised,
                       kind,
                       key,
                       state.since,
                       state.raised,
                       state.raised,
                       state.reported,
                       {}});
}

// Of a crowd the whole number as it is now, whatever was told last.
std::vector<Finding> Detectors::open(ProcessKey also) const {
  std::vector<Finding> out;
  std::map<ProcessKey, std::uint64_t> alike;
  for (const auto& [key, crowd] : crowds_)
    if (const auto voice = voice_of(crowd)) alike[voice->first] = crowd.silent.size();
  for (const auto& [key, watch] : watched_) {
    const std::size_t first = out.size();
    add_open(key, out);
    const auto it = alike.find(key);
    for (std::size_t i = first; i < out.size(); ++i)
      set_alike(out[i].what, it == alike.end() ? 0 : it->second);
    if (key == also) add_silent(key, watch, out);
  }
  for (const auto& [about, finding] : carried_)
    if (!watched_.contains(about.first) && may_hold(finding)) out.push_back(finding);
  for (const auto& [key, oom] : ooms_) out.push_back(oom.finding);
  return out;
}

void Detectors::add_silent(ProcessKey key, const Watch& watch, std::vector<Finding>& out) const {
  const Process* process = lineage_.find(key);
  if (!process) return;
  for (const auto& [kind, state] : watch.states) {
    if (!state.silent) continue;
    Scene now = scene();
    now.open = true, now.pile = &watch.pile;
    auto condition = row_of(kind).judge(now, *process);
    if (!condition) continue;
    condition->message = subject_text(*process) + " " + condition->claim;
    set_severity(kind, *condition);
    out.push_back({Finding::Action::raised, kind, key, state.since, now_, now_, std::move(*condition), {}});
  }
}

Stray Detectors::stray_of(const Finding& finding) const {
  const Process* p = lineage_.find(finding.process);
  if (!p || !p->alive()) return stray::stray_of(scene(), finding.process, {finding});
  // The topmost launch with a finding of its own, as strays_of() has it.
  const Process* top = &top_of_stray(*p, finding.kind);
  std::vector<Finding> found;
  Lineage::each_ancestor(*top, [&](const Process& above) {
    found.clear();
    if (!above.program().supervisor) add_open(above.key, found);
    for (const Finding& f : found)
      if (row_of(f.kind).of_launch) top = &top_of_launch(above);
    return true;
  });
  found.clear();
  add_open(top->key, found);
  for (const ProcessKey& key : descendants(*top)) add_open(key, found);
  const Stray out = stray::stray_of(scene(), top->key, std::move(found));
  return out;
}

Totals totals_of(const std::vector<Finding>& open, const Lineage& lineage) {
  std::set<ProcessKey> named;
  std::map<ProcessKey, std::uint64_t> alike;
  for (const Finding& finding : open) {
    named.insert(finding.process);
    if (finding.what.alike) alike[finding.process] = std::max(alike[finding.process], finding.what.alike);
    named.insert(finding.what.members.begin(), finding.what.members.end());
  }
  Totals totals{open.size(), 0, 0, 0};
  for (const Finding& finding : open) totals.findings += finding.what.alike;
  for (const auto& [process, count] : alike) totals.alike += count;
  totals.processes = totals.alike;
  for (const ProcessKey& key : named)
    if (const Process* p = lineage.find(key); p && p->alive()) {
      ++totals.processes;
      totals.memory += p->seen ? p->seen->rss : 0;
    }
  return totals;
}

}  // namespace stray
