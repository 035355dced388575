// SPDX-License-Identifier: Apache-2.0
// Ends of processes: who gets the children, and when the dead are let go.
#include <algorithm>
#include <utility>

#include "lineage/lineage.hpp"

namespace stray {
namespace {

constexpr BootTime kLateExit{10'000'000'000};  // an exit this soon after a signal is reported with it

}  // namespace

void Lineage::end(Process& process, Ended ended, Process* reaper, bool reaper_known) {
  const auto& signal = process.last_signal;
  if (signal && (ended.signal() == static_cast<int>(signal->signal) || ended.time - signal->time < kLateExit))
    ended.killer = signal;
  ended.oom = process.oom;
  process.ended = std::move(ended);
  if (const auto it = live_.find(process.key.tgid); it != live_.end() && it->second == &process)
    live_.erase(it);
  forget_supervisor(process);
  changes_.push_back({Change::Kind::ended, &process});
  reparent_children(process, reaper, reaper_known && reaper);
  Process* parent = process.parent;
  unlink_from_parent(process);
  if (parent) {
    process.parent_key = parent->key;
    note_end(*parent, process);
  }
  process.death = ++deaths_;
  dead_.push_back({process.death, process.key});
  if (process.needed_by == 0) release_.push_back(process.key);
}

void Lineage::reparent_children(Process& from, Process* to, bool known) {
  while (Process* child = from.first_child) {
    set_parent(*child, known ? to : nullptr, to ? to->key : ProcessKey{},
               known ? Edge::observed : Edge::broken);
    child->reparented = now_;
    changes_.push_back({Change::Kind::reparented, child, &from});
  }
}

void Lineage::release_unneeded() {
  if (release_.empty()) return;
  // Letting one go can make its own origin unneeded: that one is appended and met later in this loop.
  for (std::size_t i = 0; i < release_.size(); ++i)
    if (Process* dead = get(release_[i]); dead && dead->ended && dead->needed_by == 0) erase(*dead);
  release_.clear();
  remember_gone();
  while (!dead_.empty() && !get(dead_.front())) dead_.pop_front();
  // One that stays long at the front would keep the places of all that came and went after it.
  constexpr std::size_t kRoom = 1024;
  const auto released = [&](const Death& death) { return !get(death); };
  if (dead_.size() > 2 * (table_.size() - live_.size()) + kRoom) std::erase_if(dead_, released);
  if (skeletons_.size() > 2 * skeletons_held_ + kRoom) std::erase_if(skeletons_, released);
}

void Lineage::erase(Process& dead) {
  set_origin(dead, nullptr, nullptr, Edge::none);
  unlink_from_parent(dead);
  account_->bytes -= kProcessBytes;
  skeletons_held_ -= dead.skeleton;
  erased_.push_back(dead.key);
  const ProcessKey key = dead.key;  // erase() may look at its argument after the node was erased
  table_.erase(key);
}

// Sorted: in which order those of one time were let go is not part of the state.
void Lineage::remember_gone() {
  std::sort(erased_.begin(), erased_.end());
  for (const ProcessKey& key : erased_) {
    if (gone_.size() < kGoneKept)
      gone_.push_back(key);
    else
      gone_[next_gone_++ % kGoneKept] = key;
  }
  erased_.clear();
}

}  // namespace stray
