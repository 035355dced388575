// SPDX-License-Identifier: Apache-2.0
#include "sources/resume.hpp"

#include <spdlog/spdlog.h>

#include "base/errors.hpp"
#include "kernel/kernel_source.hpp"
#include "procfs/host.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

EarlierRun read_end(CaptureChoice choice, const Config& config) {
  choice.at = "-0s";  // from the newest checkpoint on
  Pipeline before(config.detect, {});
  CaptureInput(choice).feed(before);
  EarlierRun out;
  if (before.host().boot != proc::boot_id()) return out;
  out.end = before.time();
  before.save_open([&](RawRecord record) { out.open.emplace_back(record.begin(), record.end()); },
                   boot_now());
  return out;
}

}  // namespace

EarlierRun end_of(const std::vector<std::string>& captures, const Config& config) {
  if (captures.empty()) return {};
  CaptureChoice choice;
  choice.files = captures;
  EarlierRun out = read_end(choice, config);
  if (out.end == BootTime{})
    spdlog::info("--resume: {} is of another boot: its findings ended with it", captures.front());
  return out;
}

EarlierRun end_of_last(const std::string& capture, const Config& config) {
  CaptureChoice choice;
  choice.files = {capture};
  choice.reported = true;  // a run that was killed leaves no end mark: that is no news
  try {
    return read_end(choice, config);
  } catch (const UsageError& error) {
    spdlog::warn("{}; findings of the run before are raised again", error.what());
    return {};
  }
}

}  // namespace stray
