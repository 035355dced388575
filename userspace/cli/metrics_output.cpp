// SPDX-License-Identifier: Apache-2.0
#include "cli/metrics_output.hpp"

namespace stray {

constexpr std::chrono::seconds kEvery{15};

void MetricsOutput::write(const Pipeline& pipeline, const RunOutputs& outputs, const Recording* recording,
                          bool now) {
  const auto time = std::chrono::steady_clock::now();
  if (!now && time < written_ + kEvery) return;
  written_ = time;
  OutputCounts counts{.output = outputs.lines_dropped(),
                      .journal = outputs.entries_dropped(),
                      .capture = 0,
                      .capture_bytes = 0,
                      .notify = outputs.notified()};
  if (recording) {
    const CaptureStatus status = recording->status();
    counts.capture = status.dropped, counts.capture_bytes = status.bytes;
  }
  file_.publish(sink_.text(pipeline, counts));
}

}  // namespace stray
