// SPDX-License-Identifier: Apache-2.0
// What a run has counted, in the text format of Prometheus (docs/operations.md lists the names). No pid,
// command line or path is a label: their number has no bound.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"

namespace stray {

// What became of messages to the targets of [[notify]].
struct NotifyTotals {
  struct Target {
    std::string name;
    std::uint64_t sent = 0, failed = 0, dropped = 0, waiting = 0;
  };
  std::vector<Target> targets;
  std::uint64_t lost = 0;  // before any target was chosen
};

// What is lost behind the pipeline, and what is of the outputs alone.
struct OutputCounts {
  std::uint64_t output = 0, journal = 0, capture = 0;  // lines, entries and records that were lost
  std::uint64_t capture_bytes = 0;                     // of all files below the total
  NotifyTotals notify;
};

class MetricsSink final : public Sink {
 public:
  void ready(const View& view) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;

  std::string text(const Pipeline& pipeline, const OutputCounts& outputs) const;

 private:
  enum class Why : std::uint8_t { exited, accepted, resolved };
  static constexpr std::size_t kWhys = 3;
  PerKind<std::uint64_t> raised_{};
  PerKind<std::array<std::uint64_t, kWhys>> cleared_{};
  BootTime unwatched_{};
};

}  // namespace stray
