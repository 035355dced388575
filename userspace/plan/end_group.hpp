// SPDX-License-Identifier: Apache-2.0
// Which processes end with one, and in which order. Pure functions of the lineage; who signals is
// adopt/ending.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "findings/rules.hpp"

namespace stray {

// One process to end, known by pid and start time, so that a pid that was given away is never hit.
struct Ending {
  ProcessKey process;
  std::string what;  // for people; untrusted bytes are not yet escaped
};

// In the order that was measured to end all of it: what restarts others first, then the programs, then the
// shells and wrappers above them, which mostly end by themselves.
struct EndGroup {
  std::vector<std::vector<Ending>> stages;
};

// What ends when this process ends with all below it, and nothing above.
EndGroup end_below(const Scene& scene, const Process& top);

// Field 22 of /proc/PID/stat: the start in ticks of 10 ms (USER_HZ is 100 wherever stray runs).
inline std::uint64_t start_ticks(ProcessKey key) { return key.start.count() / 10'000'000; }

}  // namespace stray
