// SPDX-License-Identifier: Apache-2.0
// What an earlier run left open, from its capture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace stray {

struct EarlierRun {
  std::vector<std::vector<std::byte>>
      open;        // records for Live::start(): the findings that were open at its end
  BootTime end{};  // 0: there is none of this boot
};

// At the end of these captures. Nothing, with a message, where they are of another boot: what ran then has
// ended. Throws UsageError as CaptureInput.
EarlierRun end_of(const std::vector<std::string>& captures, const Config& config);

// The same of one capture of this boot, which may have been cut off when its run was killed. Never throws:
// what cannot be read is reported, and nothing is gone on with.
EarlierRun end_of_last(const std::string& capture, const Config& config);

}  // namespace stray
