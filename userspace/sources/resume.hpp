// SPDX-License-Identifier: Apache-2.0
// What an earlier run left open, from its capture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace stray {

// Records for Live::start(): the findings that were open where the captures end. None, with a message, where
// they are of another boot: what ran then has ended. Throws UsageError as CaptureInput.
std::vector<std::vector<std::byte>> open_at_end(const std::vector<std::string>& captures,
                                                const Config& config);

}  // namespace stray
