// SPDX-License-Identifier: Apache-2.0
// What fills the board: this host, or a capture at a place that the person moves. Both run in the thread of
// the pipeline until the board has ended.
#pragma once

#include <functional>

#include "config/config.hpp"
#include "sources/capture_input.hpp"
#include "top/board.hpp"

namespace stray::top {

struct LiveFeed {
  std::function<Config()> configuration;  // as it stands in its files now
  std::vector<std::string> files;         // these
  void run(Board& board) const;           // throws SetupError, UsageError
};

// `capture.at`: where it begins; "": at its end. Throws UsageError. True: the capture is damaged.
bool feed_capture(Board& board, const DetectOptions& detect, const CaptureChoice& capture);

}  // namespace stray::top
