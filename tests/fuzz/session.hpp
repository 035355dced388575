// SPDX-License-Identifier: Apache-2.0
// A pipeline whose output is made and held against its promises: one JSON document a line, and no byte of a
// process that moves a cursor. Ends the program when one is broken. Which output an input is held against is
// chosen by it: each run makes one, so that there are many runs.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/pipeline.hpp"
#include "pipeline/sink.hpp"
#include "sinks/ecs.hpp"
#include "sinks/text.hpp"

namespace stray::fuzz {

enum class Output : std::uint8_t { none, json, text, look };

class CheckedSink final : public Sink {
 public:
  CheckedSink(const Host& host, Output output) : output_(output), ecs_(host), text_(host, {}) {}
  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;
  void look(const Pipeline& pipeline);  // tree, scan and explain

 private:
  template <typename F>
  void check_json(F&& write);
  template <typename F>
  void check(F&& text);

  Output output_;
  Ecs ecs_;
  Text text_;
  std::string line_;
};

class Session {
 public:
  explicit Session(std::uint8_t choice);  // of options and of the output
  void feed(RawRecord record);
  void continue_in(Session& other) const;  // gives it the saved state
  void mute() { pipeline_.mute(); }
  void end();  // looks at what is there

 private:
  Pipeline pipeline_;
  CheckedSink sink_;
};

}  // namespace stray::fuzz
