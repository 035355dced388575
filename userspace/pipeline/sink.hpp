// SPDX-License-Identifier: Apache-2.0
// The port of outputs. A sink describes; it never decides. What it is given holds for the call alone.
#pragma once

#include <string>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "record/host.hpp"
#include "sinks/ecs.hpp"

namespace stray {

struct View {
  const Host& host;
  const Scene scene;
  BootTime time;
  std::uint64_t lost;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void ready(const View& view) = 0;
  virtual void event(const View& view, const Event& event) = 0;
  virtual void seed(const View& view, const Process& process) = 0;
  virtual void reparent(const View& view, const Change& change) = 0;
  virtual void finding(const View& view, const Finding& finding, const Process* process) = 0;
  // A finding that was open already where telling begins, in the middle of a capture: after ready and seeds.
  virtual void standing(const View&, const Finding&, const Process*) {}
  virtual void summary(const View& view, const Summary& summary) = 0;
};

}  // namespace stray
