// SPDX-License-Identifier: Apache-2.0
// The host as it is now, from one snapshot of the kernel's tasks: what scan, tree, explain, plan, stop and
// check look at.
#pragma once

#include <string>
#include <vector>

#include "cli/live.hpp"
#include "cli/options.hpp"
#include "output/text.hpp"

namespace stray {

// A look at the host: the same pipeline as a run, with no probes and no waiting for what is already so.
class HostLook {
 public:
  explicit HostLook(const CommonOptions& common)
      : config_(config_of(common)),
        pipeline_(options(config_.detect), {}),
        live_(pipeline_, {.probes = false}) {
    live_.redact_with(config_.redact_patterns());
    const std::string session = session_record();
    live_.start(std::as_bytes(std::span(session.data(), session.size())));
    live_.settle();
  }
  Pipeline& pipeline() { return pipeline_; }
  Live& live() { return live_; }
  std::vector<Finding> open() const { return const_cast<Pipeline&>(pipeline_).detectors().open(); }
  Scene scene() { return pipeline_.detectors().scene(); }

 private:
  static DetectOptions options(DetectOptions detect) {
    detect.at_once = true;
    return detect;
  }
  Config config_;
  Pipeline pipeline_;
  Live live_;
};

// The live process with that pid or id ("kind:id", as findings name themselves, is fine too). Throws
// UsageError.
const Process& process_named(HostLook& look, const std::string& who);

}  // namespace stray
