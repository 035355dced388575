// SPDX-License-Identifier: Apache-2.0
#include "findings/crowds.hpp"

#include <algorithm>
#include <string>

#include "findings/copies.hpp"
#include "findings/detectors.hpp"

namespace stray {

// Arguments beyond the entry do not count: a number among them makes no other program of it.
Crowd::Key Crowd::key_of(const Process& process) {
  const Program& program = process.program();
  const std::string& cwd = process.image ? process.image->cwd : std::string();
  std::uint64_t number = number_of(process.exe());
  for (const std::string_view text :
       {std::string_view(cwd), std::string_view(program.entry), std::string_view(program.name)})
    number = number_of(text, number_of({"", 1}, number));
  return {process.uid, number_of({}, number) + static_cast<std::uint64_t>(program.role)};
}

std::string alike_text(std::uint64_t alike) {
  return std::to_string(alike) + (alike == 1 ? " more process" : " more processes") +
         " of this user like it, not reported one by one";
}

// Whether this finding, which is due, is told as part of a crowd. A place to speak is taken before the looks
// that a finding waits for, else all would wait for theirs.
bool Detectors::stays_silent(Kind kind, const Process& process, Watch& watch, const Condition& condition) {
  if (watch.speaks) return false;
  if (!watch.crowd) watch.crowd = Crowd::key_of(process);
  Crowd& crowd = crowds_[*watch.crowd];
  const auto says_it = [&](ProcessKey speaker) {
    const auto it = watched_.find(speaker);
    if (it == watched_.end()) return false;
    const State& state = state_of(it->second.states, kind);
    return state.stage == State::Stage::pending ||
           (state.stage == State::Stage::open && state.reported.severity >= condition.severity);
  };
  if (crowd.speakers.size() < Crowd::kMostSpeakers || std::ranges::none_of(crowd.speakers, says_it)) {
    watch.speaks = true;
    crowd.speakers.insert(process.key);
    crowd.silent.erase(process.key);
    return false;
  }
  return true;
}

// After a state of it has changed. It stands in its crowd as long as it has a finding, or will have one.
void Detectors::place_in_crowd(ProcessKey key, Watch& watch) {
  if (!watch.crowd) return;
  const auto it = crowds_.find(*watch.crowd);
  if (it == crowds_.end()) return;
  Crowd& crowd = it->second;
  const bool any = !watch.states.empty();
  const bool silent =
      std::any_of(watch.states.begin(), watch.states.end(), [](const auto& s) { return s.second.silent; });
  if (!any) {
    crowd.speakers.erase(key);
    watch.speaks = false;
  }
  if (silent && !watch.speaks)
    crowd.silent.insert(key);
  else
    crowd.silent.erase(key);
  if (!any) watch.crowd.reset();
  if (crowd.speakers.empty() && !crowd.silent.empty()) wake_in(*crowd.silent.begin(), kAskAgain);
  if (crowd.speakers.empty() && crowd.silent.empty()) {
    crowds_.erase(it);
    return;
  }
  announce(crowd);
}

void Detectors::wake_in(ProcessKey key, BootTime time) {
  const auto it = watched_.find(key);
  if (it != watched_.end() && (it->second.wake == BootTime{} || it->second.wake > now_ + time))
    set_wake(key, it->second, now_ + time);
}

// The youngest that speaks has most in common with those that are silent.
std::optional<std::pair<ProcessKey, Kind>> Detectors::voice_of(const Crowd& crowd) const {
  for (auto it = crowd.speakers.rbegin(); it != crowd.speakers.rend(); ++it) {
    const auto watch = watched_.find(*it);
    if (watch == watched_.end()) continue;
    for (const KindRow* row : kinds_by_decisiveness())
      if (state_of(watch->second.states, row->kind).stage == State::Stage::open)
        return std::pair(*it, row->kind);
  }
  return {};
}

// The count is told when it has doubled or halved: a crowd that grows makes a few documents.
void Detectors::announce(const Crowd& crowd) {
  const auto voice = voice_of(crowd);
  if (!voice) return;
  State& state = watched_.at(voice->first).states.at(voice->second);
  const std::uint64_t now = crowd.silent.size(), before = state.reported.alike;
  if (now == before || (now > before ? now < 2 * before : 2 * now > before)) return;
  const Process* process = lineage_.find(voice->first);
  if (!process) return;
  Condition condition = state.reported;
  set_alike(condition, now);
  update(voice->second, *process, state, std::move(condition));
}

void Detectors::set_alike(Condition& condition, std::uint64_t alike) {
  std::erase_if(condition.evidence, [](const Evidence& e) { return e.code == "alike"; });
  condition.alike = alike;
  if (alike) condition.evidence.push_back({"alike", alike_text(alike)});
}

}  // namespace stray
