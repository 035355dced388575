// SPDX-License-Identifier: Apache-2.0
#include "kernel/zombie_count.hpp"

#include <cstring>

#include "event.h"
#include "record/wire.hpp"

namespace stray::kernel {

bool ZombieCount::saw(RawRecord raw) {
  stray_seed seed{};
  if (raw.size() < sizeof seed) return false;
  std::memcpy(&seed, raw.data(), sizeof seed);
  const ProcessKey parent{BootTime{seed.parent.start_ns}, seed.parent.tgid};
  const bool zombie = seed.head.flags & STRAY_SEED_ZOMBIE;
  if (parent) ++(zombie ? zombies_ : living_)[parent];
  return zombie;
}

void ZombieCount::make(BootTime now, const std::function<void(RawRecord)>& sink) const {
  for (const auto& [parent, zombies] : zombies_) {
    wire::Record<stray_saw_children> record(wire::head(STRAY_SAW_CHILDREN, now, parent));
    const auto living = living_.find(parent);
    record.set([&, zombies = zombies](stray_saw_children& r) {
      r.zombies = zombies;
      r.children = zombies + (living == living_.end() ? 0 : living->second);
    });
    sink(record.bytes());
  }
}

}  // namespace stray::kernel
