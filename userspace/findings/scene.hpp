// SPDX-License-Identifier: Apache-2.0
// What a rule, a treatment or a sink may look at: the processes, the options and the time, at one moment.
#pragma once

#include <array>
#include <cstdint>

#include "findings/options.hpp"
#include "lineage/lineage.hpp"

namespace stray {

class Copies;
struct Pile;

struct Scene {
  const Lineage& lineage;
  const Copies& copies;  // of the processes of lineage
  const DetectOptions& options;
  BootTime now;
  std::uint64_t host_memory;
  std::int64_t real_offset_ns;        // CLOCK_REALTIME - CLOCK_BOOTTIME
  std::array<std::uint8_t, 16> boot;  // id of the boot, for process_id()
  const Pile* pile = nullptr;         // of the process that is judged: earlier counts of its children
  bool open = false;                  // the finding that is judged is open: some end later than they begin
};

}  // namespace stray
