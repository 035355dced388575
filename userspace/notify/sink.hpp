// SPDX-License-Identifier: Apache-2.0
// Findings as messages for the notifier, a line each. Which of them are sent, and to whom, is decided there.
#pragma once

#include "notify/message.hpp"
#include "pipeline/sink.hpp"
#include "sinks/ecs.hpp"
#include "sinks/text.hpp"
#include "sinks/writer.hpp"

namespace stray {

class NotifySink final : public Sink {
 public:
  NotifySink(Writer& writer, const Host& host) : writer_(writer), ecs_(host), text_(host, {}) {}
  void ready(const View& view) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  // All that is open, at the beginning and whenever something was lost on the way.
  void list(const View& view);

 private:
  void put(Message::What what, const View& view, const Finding& finding, const Process* process);
  void put(Message::What what);

  Writer& writer_;
  BootTime ready_{};
  Ecs ecs_;
  Text text_;
};

}  // namespace stray
