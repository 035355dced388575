// SPDX-License-Identifier: Apache-2.0
// What a process runs against what is on disk: shared by stale-release and old-code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "findings/copies.hpp"
#include "findings/rules.hpp"

namespace stray {

struct Release {
  std::string runs, now;
  bool recorded = true;  // where the link led at the start is known
};

// CLOCK_REALTIME ns after which a file's time is later than the start of the process for sure.
std::uint64_t surely_after_start(const Scene& scene, const Process& process);

// It runs code of its own from a file that still exists, and nothing above starts it again by itself.
bool runs_file(const Process& process);

// Workers of one parent that run the same: the oldest speaks for all. Nothing: it is not this one.
std::optional<Copies::Younger> if_oldest_twin(const Scene& scene, const Process& process);
void add_younger(Condition& out, Copies::Younger younger);

// The release that the link leads to now, if the process runs another.
std::optional<Release> other_release(const Scene& scene, const Process& process);

}  // namespace stray
