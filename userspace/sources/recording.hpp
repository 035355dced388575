// SPDX-License-Identifier: Apache-2.0
// The capture that a run writes: every record as the pipeline gets it, rotation, and what is reported
// about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/writer.hpp"
#include "pipeline/pipeline.hpp"

namespace stray {

inline constexpr const char* kDefaultTotal = "4GiB";

struct RecordingOptions {  // as on the command line; empty: not given
  std::string path;
  std::string rotate_size, rotate_age, total;
  std::vector<std::string> earlier;  // captures of earlier runs below the same total, oldest first
};

// Throws UsageError for what cannot be meant, before anything is made.
void check_recording(const RecordingOptions& options);

class Recording {
 public:
  // `session`: the record that will come first; the file's header is made of it. Throws UsageError and
  // OutputError.
  Recording(const RecordingOptions& options, RawRecord session);

  void append(RawRecord record) { writer_.append(record); }
  void maintain(const Pipeline& pipeline);  // now and then: rotates when due, and says once what went wrong
  bool finish();                            // false when records are missing
  CaptureStatus status() const { return writer_.status(); }

 private:
  void say_failure(const CaptureStatus& status);

  std::string path_;
  CaptureHeader header_;
  CaptureWriter writer_;
  bool failure_said_ = false, loss_said_ = false;
};

}  // namespace stray
