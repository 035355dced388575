// SPDX-License-Identifier: Apache-2.0
#include "sources/audit.hpp"

#include <cstring>
#include <unordered_set>

#include "event.h"
#include "record/wire.hpp"

namespace stray {

void audit_table(const Lineage& table, const AuditSteps& steps) {
  steps.drain();
  const BootTime taken = steps.now();
  std::unordered_set<ProcessKey, ProcessKeyHash> alive;
  steps.snapshot([&](RawRecord raw) {
    stray_head seed;
    std::memcpy(&seed, raw.data(), sizeof seed);
    alive.insert({BootTime{seed.start_ns}, seed.tgid});
    steps.feed(raw);
  });
  steps.drain();
  for (const Process* process : table.live_by_key()) {
    const ProcessKey key = process->key;
    if (alive.contains(key) || key.start >= taken) continue;
    steps.feed(wire::Record<stray_inferred_exit>(wire::head(STRAY_INFERRED_EXIT, steps.now(), key)).bytes());
  }
}

}  // namespace stray
