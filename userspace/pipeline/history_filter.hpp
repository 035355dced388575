// SPDX-License-Identifier: Apache-2.0
// Lets through to another sink what happened to some processes: their own events, the children they made, and
// the findings about them. For the history of a process, or of a finding.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/sink.hpp"

namespace stray {

struct About {                       // pid or id
  std::optional<std::uint32_t> pid;  // every process that had it, one after the other
  std::string id;
  std::optional<Kind> kind;  // of findings: only this one
};

class AboutSink final : public Sink {
 public:
  AboutSink(About about, Sink& next) : about_(std::move(about)), next_(next) {}

  // Called with the process when it comes into sight and when it has ended (it is described then, and gone
  // after).
  std::function<void(const View&, const Process&)> begun, ended;

  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;

 private:
  bool is(const View& view, ProcessKey key);
  void meet(const View& view, ProcessKey key);

  About about_;
  Sink& next_;
  ProcessKey last_;  // the one met last
};

}  // namespace stray
