// SPDX-License-Identifier: Apache-2.0
// When the detectors ask for an observation of a process: before a finding is raised, and from time to time.
#include <algorithm>

#include "findings/detectors.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kFresh = seconds(2);
constexpr BootTime kShortestLook = milliseconds(200);
constexpr std::size_t kMostMembersAsked = 64;

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

// How often to observe what is raised after `after`: twice in that time, within reason.
BootTime look_interval(const std::optional<BootTime>& after, BootTime usual) {
  const BootTime longest = std::max(usual, kShortestLook);
  return after ? std::clamp(*after / 2, kShortestLook, longest) : longest;
}

}  // namespace

void Detectors::soonest(BootTime& wake, BootTime when) {
  if (when != kNever && (wake == BootTime{} || when < wake)) wake = when;
}

bool Detectors::fresh(Kind kind, const Process& process) const {
  if (!process.seen) return false;
  const Observed& seen = *process.seen;
  const auto recent = [&](BootTime t) { return t != BootTime{} && t + kFresh >= now_; };
  const Needs needs = row_of(kind).needs;
  if (needs == Needs::files && !recent(seen.script.time)) return false;
  if (needs == Needs::children && !recent(seen.children_time)) return false;
  return recent(seen.process_time) && recent(seen.usage_time) && recent(seen.sockets_time);
}

// Members first: their memory is part of the finding, and answers come in the order they were asked for.
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
  if (watch.states.contains(Kind::zombie_leak)) ask(process.key, Look::children);
  ask(process.key, Look::process);
  ask(process.key, Look::usage);
  ask(process.key, Look::sockets);
}

void Detectors::plan_looks(const Process& process, Watch& watch, BootTime& wake) {
  const Program& program = process.program();
  if (!watch.states.empty()) {
    const BootTime sample = stretched(std::max(options_.sample_interval, kShortestLook), watch);
    if (watch.sample_next == BootTime{}) watch.sample_next = now_ + sample;
    if (now_ >= watch.sample_next) {
      watch.sample_next = now_ + sample;
      ask_fresh(process, watch);
    }
    soonest(wake, watch.sample_next);
  }
  plan_children(process, watch, wake);
  plan_pile(process, watch, wake);
  // One of a crowd waits for its first looks as for all others.
  const bool silent =
      std::any_of(watch.states.begin(), watch.states.end(), [](const auto& s) { return s.second.silent; });
  if (silent && !watch.speaks) {
    if (watch.script_next == BootTime{}) watch.script_next = now_ + stretched(script_interval(), watch);
    if (watch.memory_next == BootTime{})
      watch.memory_next = now_ + stretched(options_.sample_interval, watch);
  }
  if (lasts(program)) plan_memory(process, watch, wake);
  if (!has_script(program) && !lasts(program)) return;
  if (now_ >= watch.script_next) {
    watch.script_next = now_ + stretched(script_interval(), watch);
    // What stray did not see start may listen since long ago.
    const bool first = !process.seen || process.seen->sockets_time == BootTime{};
    if (first && process.image && !process.image->at_exec && lasts(program)) ask(process.key, Look::sockets);
    ask(process.key, Look::script, has_script(program) ? program.entry : std::string());
  }
  soonest(wake, watch.script_next);
}

BootTime Detectors::script_interval() const {
  BootTime out = kNever;
  for (const Kind kind : kKinds)
    if (row_of(kind).needs == Needs::files)
      out = std::min(out, look_interval(options_.after[kind], options_.stale_interval));
  return out;
}

// Whatever else asked for it counts too.
void Detectors::plan_memory(const Process& process, Watch& watch, BootTime& wake) {
  const auto& after = options_.after[Kind::memory_high];
  const BootTime every = stretched(look_interval(after, options_.sample_interval), watch);
  if (process.seen && process.seen->usage_time != BootTime{})
    watch.memory_next = std::max(watch.memory_next, process.seen->usage_time + every);
  if (now_ >= watch.memory_next) {
    watch.memory_next = now_ + every;
    ask(process.key, Look::usage);
  }
  soonest(wake, watch.memory_next);
}

// Most that end many children wait for them. One observation, a while after there were many, shows it.
void Detectors::plan_children(const Process& process, Watch& watch, BootTime& wake) {
  if (process.unreaped_most <= kManyUnreaped) return;
  const auto& after = options_.after[Kind::zombie_leak];
  const BootTime every = look_interval(after, options_.zombie_grace);
  if (watch.children_next == BootTime{}) watch.children_next = options_.at_once ? now_ : now_ + every;
  if (now_ >= watch.children_next) {
    watch.children_next = now_ + every;
    ask(process.key, Look::children);
  }
  soonest(wake, watch.children_next);
}

// A parent of many, whatever they are: they are counted when the time comes.
bool Detectors::may_pile(const Process& process) const {
  if (process.kthread || process.live_children < std::max(options_.hoard_children, 1u)) return false;
  const Program& program = process.program();
  return !program.supervisor && !program.daemon && program.breaker == Breaker::none;
}

void Detectors::one_more_child(const Process& child) {
  const Process* parent = child.parent;
  if (!parent || !lineage_.ready() || !may_pile(*parent)) return;
  const auto it = watched_.find(parent->key);
  if (it == watched_.end() || it->second.pile_next == BootTime{}) consider(*parent);
}

// The oldest speaks for all, and nothing changes about it.
void Detectors::one_more_leftover(const Process& process) {
  if (!lineage_.ready() || !left_by_unit(process)) return;
  copies_.each_leftover(lineage_, process, [&](const Process& oldest) {
    if (&oldest != &process) consider(oldest);
    return false;
  });
}

// Answers come in the order in which they were asked for: with the last one it is judged.
void Detectors::plan_pile(const Process& process, Watch& watch, BootTime& wake) {
  Members members;
  const bool parent = may_pile(process);
  if (parent) {
    if (watch.pile_next == BootTime{}) watch.pile_next = now_;
  } else {
    members = unit_leftovers(scene(), process);
    if (members.size() < std::max(options_.hoard_children / 2, 2u)) {
      watch.pile_next = BootTime{};
      return;
    }
  }
  if (now_ < watch.pile_next) return soonest(wake, watch.pile_next);
  const Members unknown = parent ? unknown_children(process) : Members();
  for (const Process* child : unknown) ask(child->key, Look::process);
  if (!unknown.empty()) {
    ask(process.key, Look::usage);  // with its answer they are known
    return soonest(wake, now_ + kAskAgain);
  }
  watch.pile_next = now_ + pile_interval(options_);
  soonest(wake, watch.pile_next);
  if (parent) {
    Children children = hoarded_children(process, watch.pile.what, options_.hoard_children);
    if (children.what == 0) {
      watch.pile = {};
      return;
    }
    watch.pile.add(children.what, {now_, static_cast<std::uint32_t>(children.all.size())});
    members = std::move(children.all);
  }
  for (const Process* member : oldest_of(members)) ask(member->key, Look::usage);
  ask(process.key, Look::usage);
}

}  // namespace stray
