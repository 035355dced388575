// SPDX-License-Identifier: Apache-2.0
// How many zombies each process has, from the zombies of one snapshot: a parent that never waits was there
// before stray, and nothing else shows its ended children.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "record/event.hpp"

namespace stray::kernel {

class ZombieCount {
 public:
  bool saw(RawRecord seed);  // true: it was a zombie, which is no process of the table
  // Feeds an observation of the children of each process that has zombies.
  void make(BootTime now, const std::function<void(RawRecord)>& sink) const;

 private:
  std::map<ProcessKey, std::uint32_t> zombies_, living_;  // by the parent
};

}  // namespace stray::kernel
