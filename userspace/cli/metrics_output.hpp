// SPDX-License-Identifier: Apache-2.0
// The metrics of a run, written now and then.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "cli/metrics_file.hpp"
#include "cli/run_outputs.hpp"
#include "pipeline/pipeline.hpp"
#include "sinks/metrics.hpp"
#include "sources/recording.hpp"

namespace stray {

class MetricsOutput {
 public:
  explicit MetricsOutput(std::string path) : file_(std::move(path)) {}

  Sink& sink() { return sink_; }
  // `recording`: nullptr where nothing is recorded. The first time at once, then every 15 seconds; `now`:
  // also where it is not due.
  void write(const Pipeline& pipeline, const RunOutputs& outputs, const Recording* recording,
             bool now = false);

 private:
  MetricsSink sink_;
  MetricsFile file_;
  std::chrono::steady_clock::time_point written_{};
};

}  // namespace stray
