// SPDX-License-Identifier: Apache-2.0
// Where the events and findings of a run, a replay or a history go.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "cli/options.hpp"
#include "notify/notifier.hpp"
#include "pipeline/pipeline.hpp"
#include "sinks/output_files.hpp"
#include "sinks/sinks.hpp"
#include "sinks/terminal_sink.hpp"

namespace stray {

EventChoice event_choice(const std::string& list);  // throws UsageError
LineageIn lineage_in(const CommonOptions& common);

// Lines on one descriptor: JSON or text, the same for a run and for its replay. The descriptor and the host
// are borrowed.
class PrintedOutput {
 public:
  PrintedOutput(const CommonOptions& common, const std::string& events, OutputFiles& files, const Host& host);
  // `events`: those to show, "" for the usual ones. `name`: of the descriptor, for a person.
  PrintedOutput(const CommonOptions& common, const std::string& events, int fd, std::string name,
                Writer::Full full, const Host& host);
  // The same on a terminal that a person watches.
  PrintedOutput(const CommonOptions& common, const std::string& events, int fd, std::string name,
                const Host& host);

  Sink& sink() { return *sink_; }
  Writer& writer() { return writer_; }
  void refresh(const View& view);  // what a terminal shows between two rounds
  void flush();                    // what was gathered; warns once when lines are being dropped
  std::uint64_t dropped() const { return writer_.dropped(); }
  // The next file, or the same one again. False: not yet.
  bool next_file(const View& view);
  std::uint64_t in_file() const { return writer_.taken() - file_begins_; }  // bytes
  bool works() const { return !writer_.error() && !writer_.reader_gone(); }

  // Waits so long for a reader that takes nothing. False, and says so: lines were lost. Throws ReaderGone.
  bool finish(std::chrono::milliseconds patience);

 private:
  Writer writer_;
  std::string name_;
  std::unique_ptr<Sink> sink_;
  TerminalSink* terminal_ = nullptr;  // it, where somebody watches
  std::uint64_t file_begins_ = 0;
  bool warned_ = false;
};

// Findings and events to journald, which may be away or slow.
class JournalOutput {
 public:
  JournalOutput(const CommonOptions& common, const std::string& events, const Host& host);

  Sink& sink() { return sink_; }
  bool flush(std::chrono::steady_clock::time_point now);  // true: more should be tried soon
  bool finish();                                          // false, and says so: entries were lost
  std::uint64_t dropped() const { return client_.dropped(); }

 private:
  JournalClient client_;
  JournalSink sink_;
  Backoff tries_;
};

struct RotateAt {
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds age{};
};

// All outputs of a run.
class RunOutputs {
 public:
  explicit RunOutputs(Pipeline& pipeline) : pipeline_(pipeline) {}

  void print(const CommonOptions& common, const std::string& events, int fd, std::string name);
  // Into files, the next one from that size or age on; 0: never.
  void print(const CommonOptions& common, const std::string& events, OutputFiles& files,
             const RotateAt& rotate);
  void open_again();  // --output, if it was moved away
  void send_to_journal(const CommonOptions& common, const std::string& events);

  void notify(Notifier& notifier);  // borrowed

  // Between two rounds; `busy`: records keep coming. True when there is more to do soon.
  bool flush(bool busy);
  std::uint64_t lines_dropped() const { return printed_ ? printed_->dropped() : 0; }
  std::uint64_t entries_dropped() const { return journal_ ? journal_->dropped() : 0; }
  NotifyTotals notified() const { return notifier_ ? notifier_->totals() : NotifyTotals(); }
  bool works() const { return !printed_ || printed_->works(); }  // else the run has no reader any more
  // Everything gets its chance, whatever became of the others. False: something was lost. Throws ReaderGone
  // when that is the only thing that is wrong.
  bool finish();

 private:
  void rotate(std::chrono::steady_clock::time_point now);

  Pipeline& pipeline_;
  std::optional<PrintedOutput> printed_;
  OutputFiles* files_ = nullptr;
  RotateAt rotate_at_;
  std::chrono::steady_clock::time_point file_since_{};
  std::optional<JournalOutput> journal_;
  Notifier* notifier_ = nullptr;
  std::chrono::steady_clock::time_point flushed_{};
};

}  // namespace stray
