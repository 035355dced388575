// SPDX-License-Identifier: Apache-2.0
// The outputs of a run: NDJSON, text for a terminal, the journal.
#pragma once

#include <memory>

#include "pipeline/event_choice.hpp"
#include "pipeline/sink.hpp"
#include "sinks/journal_client.hpp"
#include "sinks/text.hpp"
#include "sinks/writer.hpp"

namespace stray {

// "not watched from … to … (4 s)", for a run that goes on from an earlier one of the boot; else empty.
std::string unwatched_text(const View& view);

class JsonSink final : public Sink {
 public:
  JsonSink(Writer& writer, EventChoice choice, const Host& host, LineageIn lineage)
      : writer_(writer), choice_(std::move(choice)), ecs_(host, lineage) {}
  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void next_file(const View& view) override;
  void summary(const View& view, const Summary& summary) override;

 private:
  void put();
  void say_again_what_was_lost();
  Writer& writer_;
  std::uint64_t dropped_ = 0;
  EventChoice choice_;
  Ecs ecs_;
  std::string line_;
};

class TextSink final : public Sink {
 public:
  TextSink(Writer& writer, EventChoice choice, const Host& host, Style style)
      : writer_(writer), choice_(std::move(choice)), text_(host, style) {}
  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;

 private:
  Writer& writer_;
  EventChoice choice_;
  Text text_;
};

// What goes to the journal: findings always; of the events those that matter there, unless chosen otherwise:
// ends by a signal, OOM kills, losses, and new parents of processes that some rule watches.
class JournalSink final : public Sink {
 public:
  JournalSink(JournalClient& client, std::optional<EventChoice> choice, const Host& host, LineageIn lineage)
      : client_(client), choice_(std::move(choice)), ecs_(host, lineage), text_(host, {}) {}
  void ready(const View& view) override;
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;

 private:
  void begin(std::string_view id_of, int priority, std::string_view message);
  void about(const View& view, const Process& process);
  void send(const View& view);

  JournalClient& client_;
  std::optional<EventChoice> choice_;
  Ecs ecs_;
  Text text_;
  JournalEntry entry_;
  std::string json_;
};

}  // namespace stray
