// SPDX-License-Identifier: Apache-2.0
// A trace for ui.perfetto.dev and Perfetto's trace processor: a track for each process, nested under the one
// that started it, with its life and its programs as slices, and an arrow from each fork to the child.
//
// Made of packets that stand alone (no interned strings). Tracks are plain ones, not Perfetto's process
// tracks: those go by pid, do not nest, and end up as one when a pid is used again. docs/export.md says what
// is where.
//
// Packets are not in the order of time: a forked process is written when its program is known, which names
// its track. On each track they are.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "export/export_sink.hpp"

namespace stray {

class ProtobufMessage;

class PerfettoSink final : public ExportSink {
 public:
  explicit PerfettoSink(ByteOutput out) : out_(std::move(out)) {}

  void ready(const View& view) override { begin(view, {}); }
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void close(const View& view) override;

 private:
  struct Track {
    BootTime begin{}, last{};
    bool arrow = false;    // one from its parent's track ends here
    bool written = false;  // descriptor and begin; a forked one waits for its program
    bool program = false;  // its slice is open
  };
  enum class Type : std::uint8_t { begin = 1, end = 2, instant = 3 };

  void begin(const View& view, ProcessKey but);
  void clock(const View& view);
  Track* find_running(const View& view, const Process& process, bool execs = false);
  Track* add(const View& view, ProcessKey key, Track track);
  void on_fork(const View& view, const Process& child, BootTime time);
  void on_end(const View& view, const Process& process, BootTime time);
  Track* writable(const View& view, ProcessKey key);
  void write(const View& view, const Process& process, Track& track);
  void describe(const View& view, const Process& process);
  void begin_program(const View& view, const Process& process, Track& track, BootTime time);
  void end(const View& view, ProcessKey key, Track& track, const Process* process, BootTime time);
  void forget_described(const Lineage& lineage);
  void instant(const View& view, const Process* process, BootTime time, std::string_view category,
               const std::string& name, const std::string& text = {});
  void put(Type type, std::uint64_t track, BootTime time, ProtobufMessage& event);
  void packet(ProtobufMessage& packet);

  ByteOutput out_;
  std::string buffer_;
  bool begun_ = false;
  std::optional<std::int64_t> real_offset_;
  BootTime last_on_host_{};
  Living<Track> living_;
  std::set<ProcessKey> described_;
  std::size_t described_bound_ = 1024;
};

}  // namespace stray
