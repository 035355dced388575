// SPDX-License-Identifier: Apache-2.0
// The rows of a run for the store of many hosts (docs/fleet.md): findings as they happen, the inventory every
// five minutes.
#pragma once

#include <chrono>
#include <string>

#include "base/descriptor.hpp"
#include "fleet/rows.hpp"
#include "sinks/writer.hpp"

namespace stray {

class RowsOutput {
 public:
  // Appends to the file, so that it may be cut off at its beginning (logrotate's copytruncate). Throws
  // UsageError.
  explicit RowsOutput(const std::string& path);

  Sink& sink() { return sink_; }
  // What was found, and the inventory where it is due: at once the first time, then at a phase of this host's
  // own, so that hosts that were started together do not send together.
  void write(const Pipeline& pipeline);
  bool finish();  // false, and says so: rows were lost

 private:
  RowSink sink_;
  Descriptor file_;
  std::string path_;
  Writer writer_;
  std::chrono::seconds phase_;  // until the second inventory; then the time between two
  std::chrono::steady_clock::time_point due_{};
};

}  // namespace stray
