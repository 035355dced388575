// SPDX-License-Identifier: Apache-2.0
#include "sources/recording.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "base/errors.hpp"
#include "base/units.hpp"
#include "event.h"
#include "kernel/kernel_source.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kSmallestFile = 64u << 10;

CaptureOptions capture_options(const RecordingOptions& recording) {
  CaptureOptions out;
  out.path = recording.path;
  out.earlier = recording.earlier;
  if (!recording.rotate_size.empty()) {
    out.rotate_bytes = parse_size(recording.rotate_size, "--capture-rotate");
    if (out.rotate_bytes < kSmallestFile)
      throw UsageError("--capture-rotate: \"" + recording.rotate_size + "\" is less than 64KiB");
  }
  const std::string total = recording.total.empty() ? kDefaultTotal : recording.total;
  out.total_bytes = parse_size(total, "--capture-total");
  if (out.total_bytes && out.total_bytes < 2 * std::max(out.rotate_bytes, kSmallestFile))
    throw UsageError("--capture-total: \"" + total + "\" has no room for two files (" +
                     (recording.rotate_size.empty() ? "128KiB" : "twice --capture-rotate") + ")");
  if (!recording.rotate_age.empty()) {
    out.rotate_age_ns = parse_duration(recording.rotate_age, "--capture-age").count();
    if (BootTime{out.rotate_age_ns} < seconds(1))
      throw UsageError("--capture-age: \"" + recording.rotate_age + "\" is less than 1s");
  }
  return out;
}

CaptureHeader header_of(RawRecord session) {
  Decoder decoder;
  Host host;
  CaptureHeader out;
  const auto decoded = decoder.decode(session);
  const Event& event = std::get<Event>(decoded);
  host.learn(event);
  out.boot_id = host.boot, out.host = host.name, out.kernel = host.kernel, out.version = host.version;
  out.boot_ns = event.time.count();
  out.real_ns = static_cast<std::uint64_t>(host.real_ns(event.time));
  out.contract = STRAY_CONTRACT;
  out.redacted = true;
  return out;
}

CaptureWriter open_writer(const CaptureOptions& options, const CaptureHeader& header) {
  try {
    return CaptureWriter(options, header);
  } catch (const std::system_error& error) {
    throw OutputError("--capture " + options.path + ": " + error.code().message() +
                      (error.code() == std::errc::file_exists
                           ? "; a capture is never overwritten or added to: name another file"
                           : ""));
  } catch (const std::invalid_argument& error) {
    throw UsageError("--capture " + options.path + ": " + error.what());
  }
}

}  // namespace

void check_recording(const RecordingOptions& options) {
  const std::pair<const char*, const std::string&> others[] = {{"--capture-rotate", options.rotate_size},
                                                               {"--capture-age", options.rotate_age},
                                                               {"--capture-total", options.total}};
  if (options.path.empty())
    for (const auto& [flag, value] : others)
      if (!value.empty()) throw UsageError(std::string(flag) + " needs --capture FILE: nothing is recorded");
  capture_options(options);
}

Recording::Recording(const RecordingOptions& options, RawRecord session)
    : path_(options.path),
      header_(header_of(session)),
      writer_(open_writer(capture_options(options), header_)) {}

void Recording::say_failure(const CaptureStatus& status) {
  if (status.error && !failure_said_) {
    spdlog::error("--capture {}: {}; the capture ends here, tracing goes on", path_, status.text);
    failure_said_ = true;
  } else if (status.dropped && !failure_said_ && !loss_said_) {
    spdlog::warn("--capture {}: the disk is too slow; records are missing in the capture", path_);
    loss_said_ = true;
  }
}

void Recording::maintain(const Pipeline& pipeline) {
  say_failure(writer_.status());
  if (failure_said_) return;
  const BootTime now = boot_now();
  const bool rotate = writer_.wants_rotation(now);
  if (rotate) {
    CaptureHeader next = header_;
    next.boot_ns = now.count();
    next.real_ns = static_cast<std::uint64_t>(pipeline.host().real_ns(now));
    writer_.rotate(next);
  }
  if (!rotate && !writer_.wants_checkpoint()) return;
  const BootTime time = pipeline.time();
  writer_.begin_checkpoint(time);
  pipeline.save_state([&](RawRecord record) { writer_.append(record); }, time);
  writer_.end_checkpoint();
}

bool Recording::finish() {
  writer_.close();
  const CaptureStatus status = writer_.status();
  say_failure(status);
  if (status.dropped) spdlog::error("--capture {}: {} records are not in it", path_, status.dropped);
  return !status.error && !status.dropped;
}

}  // namespace stray
