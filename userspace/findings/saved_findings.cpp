// SPDX-License-Identifier: Apache-2.0
// The life of findings as fields of a saved state (docs/capture-format.md), and back. Options belong to the
// reader.
#include <algorithm>

#include "findings/finding_fields.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Detectors::State::Stage> : Last<Detectors::State::Stage::open> {};

template <>
struct Saved<Detectors::State> {
  static void fields(auto& a, auto& s) {
    auto& [stage, since, raised, reported, human_limit, silent, settled_since] = s;
    in_order(a, 1, stage, since, raised, reported, human_limit, settled_since, silent);
  }
};

template <>
struct Saved<PileCount> {
  static void fields(auto& a, auto& c) {
    auto& [time, count] = c;
    in_order(a, 1, time, count);
  }
};

template <>
struct Saved<Pile> {
  static void fields(auto& a, auto& p) {
    auto& [what, counts] = p;
    in_order(a, 1, what, counts);
  }
};

template <>
struct Saved<Detectors::Watch> {
  static void fields(auto& a, auto& w) {
    auto& [states, settle, script_next, sample_next, memory_next, children_next, pile_next, asked,
           asked_fresh, wake, judged, speaks, pile, crowd, uid, sid] = w;  // uid, sid: derived
    using State = typename std::remove_cvref_t<decltype(states)>::mapped_type;
    std::map<std::string, State> named;  // by name of the kind
    if constexpr (!std::remove_cvref_t<decltype(a)>::kReads)
      for (const auto& [kind, state] : states) named.emplace(to_string(kind), state);
    a(1, named);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads)
      for (auto& [name, state] : named)
        if (const auto kind = kind_of(name); kind && state.stage != State::Stage::off)
          states[*kind] = std::move(state);
    in_order(a, 2, settle, script_next, sample_next, asked, asked_fresh, wake, judged, memory_next,
             children_next, speaks, crowd, pile_next, pile);
  }
};

template <>
struct Saved<Detectors> {
  static void fields(auto& a, auto& d) {
    in_order(a, 1, d.now_, d.host_memory_, d.real_offset_ns_);
    std::vector<Detectors::Timer> timers;
    if constexpr (!std::remove_cvref_t<decltype(a)>::kReads) timers = d.other_timers();
    a(4, timers);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) d.timers_.insert(timers.begin(), timers.end());
    a(5, d.boot_);
    a(6, d.carried_until_);
    a(7, d.newcomers_);
    std::vector<std::pair<BootTime, Image::File>> due(d.look_at_.begin(), d.look_at_.end());
    a(8, due);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) d.look_at_.insert(due.begin(), due.end());
  }

  // A new field needs a tag above, unless it is derived; then the size here.
#if defined(__x86_64__) && defined(__GLIBCXX__)
  static_assert(sizeof(Detectors) == sizeof(DetectOptions) + 704, "does Saved<Detectors> have all of it?");
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
  for (const auto& [about, finding] : carried_)
    emit({STRAY_STATE_FINDING, finding.process, tlv::save(finding)});
}

std::string Detectors::save_core() const { return tlv::save(*this); }

bool Detectors::restore(const StateItem& item) {
  if (item.kind == STRAY_STATE_WATCH) {
    const Process* process = lineage_.find(item.process);
    Watch watch;
    if (!process || !process->alive() || watched_.contains(item.process) || !tlv::restore(watch, item.body))
      return false;
    if (watch.wake != BootTime{}) timers_.insert({watch.wake, item.process});
    restore_counts(watched_.emplace(item.process, std::move(watch)).first->second, *process);
    return true;
  }
  if (item.kind == STRAY_STATE_FINDING) return restore_carried(item);
  Oom oom;
  if (item.kind != STRAY_STATE_OOM || ooms_.contains(item.process) || !tlv::restore(oom, item.body))
    return false;
  timers_.insert({oom.finding.raised + options_.oom_keep, item.process});
  oom_exes_[oom.exe].insert(item.process);
  ooms_.emplace(item.process, std::move(oom));
  return true;
}

void Detectors::restore_counts(Watch& watch, const Process& process) {
  count(process.key, watch, process);
  if (!watch.crowd) return;
  const bool silent =
      std::any_of(watch.states.begin(), watch.states.end(), [](const auto& s) { return s.second.silent; });
  if (watch.speaks)
    crowds_[*watch.crowd].speakers.insert(process.key);
  else if (silent)
    crowds_[*watch.crowd].silent.insert(process.key);
}

bool Detectors::restore_core(std::string_view body) { return tlv::restore(*this, body); }

void Detectors::end_restore() {
  for (const Process* process : lineage_.live_by_key()) copies_.update(*process);
}

}  // namespace stray
