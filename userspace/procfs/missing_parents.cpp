// SPDX-License-Identifier: Apache-2.0
#include "procfs/missing_parents.hpp"

#include <algorithm>
#include <cstring>

#include "event.h"
#include "procfs/seeds.hpp"

namespace stray::proc {
void MissingParents::saw(RawRecord raw) {
  stray_seed seed{};
  std::memcpy(&seed, raw.data(), std::min(sizeof seed, raw.size()));
  seen_.push_back({BootTime{seed.head.start_ns}, seed.head.tgid});
  if (seed.parent.tgid != 0) named_.push_back({BootTime{seed.parent.start_ns}, seed.parent.tgid});
}

void MissingParents::make(BootTime now, const std::function<void(RawRecord)>& sink) {
  std::ranges::sort(seen_);
  std::ranges::sort(named_);
  const auto end = std::unique(named_.begin(), named_.end());
  FileReader reader;
  Process process;
  for (auto key = named_.begin(); key != end; ++key) {
    if (std::ranges::binary_search(seen_, *key)) continue;
    // Gone meanwhile, or in a namespace that /proc does not show.
    if (process.open(*key, reader) != Process::Lookup::found) continue;
    const auto parent = std::ranges::find(seen_, process.stat().ppid, &ProcessKey::tgid);
    feed_seed(process, reader, *key, parent == seen_.end() ? ProcessKey{} : *parent, now, sink);
  }
}

}  // namespace stray::proc
