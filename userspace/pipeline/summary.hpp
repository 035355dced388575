// SPDX-License-Identifier: Apache-2.0
// What a run has seen so far: the last thing that a sink is given.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "lineage/view_limits.hpp"

namespace stray {

struct Summary {
  std::map<std::string, std::uint64_t> events;  // by kind
  std::uint64_t lost = 0, malformed = 0;
  std::uint64_t raised = 0, cleared = 0;
  Totals open;
  LineageCounts lineage;
  BootTime time{};
  ViewLimits limits;
};

}  // namespace stray
