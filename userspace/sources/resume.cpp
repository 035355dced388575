// SPDX-License-Identifier: Apache-2.0
#include "sources/resume.hpp"

#include <spdlog/spdlog.h>

#include "kernel/kernel_source.hpp"
#include "procfs/host.hpp"
#include "sources/capture_input.hpp"

namespace stray {

std::vector<std::vector<std::byte>> open_at_end(const std::vector<std::string>& captures,
                                                const Config& config) {
  std::vector<std::vector<std::byte>> out;
  if (captures.empty()) return out;
  CaptureChoice choice;
  choice.files = captures;
  choice.at = "-0s";  // from the newest checkpoint on
  Pipeline before(config.detect, {});
  CaptureInput(choice).feed(before);
  if (before.host().boot != proc::boot_id()) {
    spdlog::info("--resume: {} is of another boot: its findings ended with it", captures.front());
    return out;
  }
  before.save_open([&](RawRecord record) { out.emplace_back(record.begin(), record.end()); }, boot_now());
  return out;
}

}  // namespace stray
