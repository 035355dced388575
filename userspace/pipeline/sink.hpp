// SPDX-License-Identifier: Apache-2.0
// The port of outputs. A sink describes; it never decides. What it is given holds for the call alone.
#pragma once

#include <optional>
#include <string>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "pipeline/summary.hpp"
#include "record/host.hpp"

namespace stray {

struct View {
  const Host& host;
  const Scene scene;
  BootTime time;
  std::uint64_t lost;
  const Detectors& detectors;

  ViewLimits limits() const { return view_limits(host, scene.lineage, lost); }
  // What the finding belongs to, and what is to be done about it; nothing for one that is cleared.
  std::optional<Stray> stray_of(const Finding& finding) const {
    if (finding.action == Finding::Action::cleared) return {};
    return detectors.stray_of(finding);
  }
};

// A sink overrides what it shows.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void ready(const View&) {}
  virtual void event(const View&, const Event&) {}
  virtual void seed(const View&, const Process&) {}
  virtual void reparent(const View&, const Change&) {}
  virtual void finding(const View&, const Finding&, const Process*) {}
  // A finding that was open already where telling begins, in the middle of a capture: after ready and seeds.
  virtual void standing(const View&, const Finding&, const Process*) {}
  // What follows goes into another file than what came before.
  virtual void next_file(const View&) {}
  virtual void summary(const View&, const Summary&) {}
};

}  // namespace stray
