// SPDX-License-Identifier: Apache-2.0
// Processes of one program that pile up: children below a living parent, or leftovers of the runs of one
// unit.
//
// Design: children are counted only below a parent that has many, from time to time, and of the counts only
// those are kept that were higher than the one before, and after a fall they begin anew: what falls is a
// pool, or work that ends. Leftovers need no counts, since the times at which they were started show their
// runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "findings/scene.hpp"

namespace stray {

// One count of the children of one program.
struct PileCount {
  BootTime time{};
  std::uint32_t count = 0;
};

struct Pile {
  std::uint64_t what = 0;  // a number of the program; 0: none
  std::vector<PileCount>
      counts;  // each higher than the one before, oldest first; the first and the latest are kept

  void add(std::uint64_t program, PileCount now);
};

using Members = std::vector<const Process*>;  // by their start

// A number of what a process runs, whatever its arguments are.
std::uint64_t number_of_program(const Process& process);

// The children of the program of which most are alive, or of `kept` as long as there are so many of it; those
// alone that the process started itself and that are no workers of its own program. Nothing: fewer.
struct Children {
  std::uint64_t what = 0;
  Members all;
};
Children hoarded_children(const Process& parent, std::uint64_t kept, std::size_t at_least);

// Of the first children those that have to be looked at before it is known what they run.
Members unknown_children(const Process& parent);

// What the runs of one unit left, when the process is the oldest of them. Nothing: it is not, or there are
// fewer.
Members unit_leftovers(const Scene& scene, const Process& process);
std::size_t runs_of(const Members& leftovers, BootTime apart);  // starts that lie so far apart
bool left_by_unit(const Process& process);                      // may be one of them

// Of the older half, a few: these are looked at.
Members oldest_of(const Members& members);
bool idle(const Members& members);  // most of the oldest, and their use of CPU is known

// Between two counts.
BootTime pile_interval(const DetectOptions& options);

}  // namespace stray
