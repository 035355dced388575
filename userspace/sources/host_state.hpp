// SPDX-License-Identifier: Apache-2.0
// The state of a host at one moment: this host now, from a snapshot of its tasks, or as a capture has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "pipeline/pipeline.hpp"
#include "sources/capture_input.hpp"
#include "sources/live.hpp"

namespace stray {

enum class Then : std::uint8_t { report, act };

class HostLook {
 public:
  // Without files this host, where what holds now is reported at once; else the capture at `capture.at` (its
  // end when that is empty), with the findings that were open then.
  // Confines this thread, unless it will act on processes.
  explicit HostLook(const Config& config, const CaptureChoice& capture = {}, Then then = Then::report);

  bool live() const { return live_ != nullptr; }
  // Memory, sockets and the rest of every process. What was not sampled during a recording is not available.
  void observe_all();

  Pipeline& pipeline() { return pipeline_; }
  const Lineage& lineage() const { return pipeline_.lineage(); }
  Scene scene() const { return pipeline_.detectors().scene(); }
  std::vector<Finding> open() const { return pipeline_.detectors().open(); }
  // `also`: a process whose findings are wanted too where it is one of many that are told as one
  // (crowds.hpp).
  std::vector<Stray> strays(ProcessKey also = {}) const {
    return strays_of(scene(), pipeline_.detectors().open(also));
  }

  // A pid that is alive at that moment, an id, or "kind:id" as findings name themselves. nullptr: none such.
  const Process* find(const std::string& who) const;
  const Process& named(const std::string& who) const;  // throws NotFoundError

  ViewLimits limits() const { return pipeline_.limits(); }
  int exit_code(int otherwise) const { return damaged_ ? static_cast<int>(kDamaged) : otherwise; }

 private:
  Pipeline pipeline_;
  std::unique_ptr<Live> live_;
  bool damaged_ = false;
};

// "1234" as a pid; nothing for an id.
std::optional<std::uint32_t> pid_of(const std::string& who);
// The id in "orphan:54nfnhb2rw0w", or the whole.
std::string id_of(const std::string& who);

}  // namespace stray
