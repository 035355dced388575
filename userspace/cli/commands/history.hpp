// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "pipeline/history_filter.hpp"
#include "sources/capture_input.hpp"

namespace stray {

struct HistoryHooks {  // text to print when a process comes into sight, and when it has ended
  std::function<std::string(const View&, const Process&)> begun;
  std::function<std::string(const View&, const Process&, const std::vector<Finding>& open)> ended;
};

About about_of(const std::string& who);  // a pid, an id, or "kind:id"; throws UsageError

// Prints what the capture has about it. False: the capture is damaged.
bool print_history(const CommonOptions& common, const DetectOptions& detect, const CaptureChoice& capture,
                   const About& about, const HistoryHooks& hooks);

}  // namespace stray
