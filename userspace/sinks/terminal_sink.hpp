// SPDX-License-Identifier: Apache-2.0
// A run for a person who watches: one line a stray when it is raised, updated or resolved, events where they
// are asked for, and the state of the host in a last line, which is drawn again and again.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "pipeline/event_choice.hpp"
#include "pipeline/sink.hpp"
#include "sinks/text.hpp"
#include "sinks/writer.hpp"

namespace stray {

class TerminalSink final : public Sink {
 public:
  using Columns = std::function<std::size_t()>;  // of the terminal; 0: it knows no last line to draw again
  using Time = std::chrono::steady_clock::time_point;

  TerminalSink(Writer& writer, EventChoice choice, const Host& host, Style style, Columns columns)
      : writer_(writer),
        choice_(std::move(choice)),
        host_(host),
        text_(host, style),
        columns_(std::move(columns)) {}

  // Between two rounds: the strays that changed, some at a time, and the last line once a second.
  void refresh(const View& view, Time now);

  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;

 private:
  struct Shown {  // what was said of a stray
    Severity severity = Severity::info;
    std::string title, found, command;
    std::uint64_t alike = 0;
    bool operator==(const Shown&) const = default;
  };
  void print(const std::string& line);
  void print_changes(const View& view);
  std::string line(const View& view, std::string_view action, std::uint32_t pid, const Shown& shown,
                   std::string_view more) const;
  std::string status(const View& view, Time now);

  Writer& writer_;
  EventChoice choice_;
  const Host& host_;
  Text text_;
  Columns columns_;
  std::map<ProcessKey, Shown> shown_;           // by the topmost process
  std::map<ProcessKey, std::string> resolved_;  // why, by process; of the findings since the last changes
  std::string totals_;
  std::uint64_t begun_ = 0, begun_before_ = 0;
  Time printed_{}, status_at_{};
  bool changed_ = true, status_drawn_ = false;
};

}  // namespace stray
