// SPDX-License-Identifier: Apache-2.0
// The life of findings as fields of a saved state (docs/capture-format.md), and back. Options belong to the
// reader.
#include <algorithm>

#include "findings/detectors.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Severity> {
  static constexpr auto value = Severity::critical;
};
template <>
struct LastOf<Finding::Action> {
  static constexpr auto value = Finding::Action::cleared;
};
template <>
struct LastOf<Detectors::State::Stage> {
  static constexpr auto value = Detectors::State::Stage::open;
};

template <>
struct Saved<Evidence> {
  static void fields(auto& a, auto& e) {
    a(1, e.code);
    a(2, e.text);
    a(3, e.at);
  }
};

template <>
struct Saved<Condition> {
  static void fields(auto& a, auto& c) {
    a(1, c.since);
    a(2, c.wait);
    a(3, c.human_limit);
    a(4, c.severity, Severity::notice);
    a(5, c.severity_until);
    a(6, c.message);
    a(7, c.evidence);
    a(9, c.members);  // 8 was a list of commands, until treatments decided them
    a(10, c.claim);
  }
};

template <>
struct Saved<Finding> {
  static void fields(auto& a, auto& f) {
    a(1, f.action);
    std::string kind(to_string(f.kind));  // by name: that one never changes
    a(2, kind);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) {
      if (const auto known = kind_of(kind))
        f.kind = *known;
      else
        a.fail();
    }
    a(3, f.process);
    a(4, f.since);
    a(5, f.raised);
    a(6, f.time);
    a(7, f.what);
    a(8, f.reason);
  }
};

template <>
struct Saved<Detectors::State> {
  static void fields(auto& a, auto& s) {
    a(1, s.stage);
    a(2, s.since);
    a(3, s.raised);
    a(4, s.reported);
    a(5, s.human_limit);
    a(6, s.settled_since);
  }
};

template <>
struct Saved<Detectors::Watch> {
  static void fields(auto& a, auto& w) {
    using State = std::remove_cvref_t<decltype(w.states[Kind::orphan])>;
    std::map<std::string, State> states;  // by name of the kind; one that is off has nothing to save
    if constexpr (!std::remove_cvref_t<decltype(a)>::kReads)
      for (const Kind kind : kKinds)
        if (const State& state = w.states[kind]; state.stage != State::Stage::off)
          states.emplace(to_string(kind), state);
    a(1, states);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads)
      for (auto& [name, state] : states)
        if (const auto kind = kind_of(name)) w.states[*kind] = std::move(state);
    a(2, w.settle);
    a(3, w.script_next);
    a(4, w.sample_next);
    a(5, w.asked);
    a(6, w.asked_fresh);
    a(7, w.wake);
    a(8, w.judged);
    a(9, w.memory_next);
    a(10, w.children_next);
  }
};

template <>
struct Saved<Detectors::Oom> {
  static void fields(auto& a, auto& o) {
    a(1, o.finding);
    a(2, o.exe);
    a(3, o.argv);
    a(4, o.uid);
  }
};

template <>
struct Saved<Detectors> {
  static void fields(auto& a, auto& d) {
    a(1, d.now_);
    a(2, d.host_memory_);
    a(3, d.real_offset_ns_);
    std::vector<Detectors::Timer> timers;
    if constexpr (!std::remove_cvref_t<decltype(a)>::kReads) timers = d.other_timers();
    a(4, timers);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) d.timers_.insert(timers.begin(), timers.end());
    a(5, d.boot_);
  }

  // A new field needs a line above; then the size here.
#if defined(__x86_64__) && defined(__GLIBCXX__)
  static_assert(sizeof(Condition) == 144, "does Saved<Condition> have all of it?");
  static_assert(sizeof(Finding) == 224, "does Saved<Finding> have all of it?");
  static_assert(sizeof(Detectors::State) == 184, "does Saved<State> have all of it?");
  static_assert(sizeof(Detectors::Watch) == 72 + 184 * kKindCount, "does Saved<Watch> have all of it?");
  static_assert(sizeof(Detectors::Oom) == 296, "does Saved<Oom> have all of it?");
  static_assert(sizeof(Detectors) == sizeof(DetectOptions) + 288, "does Saved<Detectors> have all of it?");
#endif
};

}  // namespace tlv

// A timer without a reason any more fires all the same, and can be why something is judged then.
std::vector<Detectors::Timer> Detectors::other_timers() const {
  std::vector<Timer> out;
  for (const auto& [time, key] : timers_) {
    const auto watch = watched_.find(key);
    const auto oom = ooms_.find(key);
    if (watch != watched_.end() && watch->second.wake == time) continue;
    if (oom != ooms_.end() && oom->second.finding.raised + options_.oom_keep == time) continue;
    out.emplace_back(time, key);
  }
  return out;
}

void Detectors::save(const EmitState& emit) const {
  for (const auto& [key, watch] : watched_) emit({STRAY_STATE_WATCH, key, tlv::save(watch)});
  for (const auto& [key, oom] : ooms_) emit({STRAY_STATE_OOM, key, tlv::save(oom)});
}

std::string Detectors::save_core() const { return tlv::save(*this); }

bool Detectors::restore(const StateItem& item) {
  if (item.kind == STRAY_STATE_WATCH) {
    const Process* process = lineage_.find(item.process);
    Watch watch;
    if (!process || !process->alive() || watched_.contains(item.process) || !tlv::restore(watch, item.body))
      return false;
    if (watch.wake != BootTime{}) timers_.insert({watch.wake, item.process});
    watched_.emplace(item.process, std::move(watch));
    return true;
  }
  Oom oom;
  if (item.kind != STRAY_STATE_OOM || ooms_.contains(item.process) || !tlv::restore(oom, item.body))
    return false;
  timers_.insert({oom.finding.raised + options_.oom_keep, item.process});
  oom_exes_[oom.exe].insert(item.process);
  ooms_.emplace(item.process, std::move(oom));
  return true;
}

bool Detectors::restore_core(std::string_view body) { return tlv::restore(*this, body); }

}  // namespace stray
