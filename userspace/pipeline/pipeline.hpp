// SPDX-License-Identifier: Apache-2.0
// The one way for the data: raw record -> decode -> lineage -> detectors -> sinks. Live and replay feed the
// same.
//
// Threads: none of its own; all is done in feed(). Malformed records are counted and skipped, never guessed
// at.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "findings/detectors.hpp"
#include "lineage/lineage.hpp"
#include "lineage/view_limits.hpp"
#include "pipeline/sink.hpp"
#include "record/decode.hpp"
#include "record/host.hpp"
#include "record/saved_state.hpp"

namespace stray {

class Pipeline {
 public:
  Pipeline(DetectOptions detect, LineageOptions lineage);

  void add(Sink& sink) { sinks_.push_back(&sink); }  // borrowed
  void feed(RawRecord raw);

  // For a part of a capture: nothing is reported until listen(), which reports `ready` and who is alive then
  // (or leaves that to the ready record, when that is still to come), and begins the counts of the summary.
  void mute() { muted_ = true; }
  bool muted() const { return muted_; }
  void listen();
  void emit_summary();  // where the records stop without an end of their own

  // The configuration changed: what is open stays, and all is judged anew. Findings come with the next
  // record.
  void replace_options(DetectOptions detect);

  // Forgets everything but the sinks: records of another run follow.
  void reset();

  // Gives the state between two feed() as records (docs/capture-format.md); `now` becomes their time. Fed to
  // a new pipeline they make one that goes on as this one does; its sinks get ready and the live
  // processes. Options are not part of it. Records are valid during the call alone.
  void save_state(const std::function<void(RawRecord)>& emit, BootTime now) const;

  // The open findings as records, for the next run of this boot: fed to it before its snapshot is in they are
  // what it goes on with, or resolves.
  void save_open(const std::function<void(RawRecord)>& emit, BootTime now) const;

  Lineage& lineage() { return *lineage_; }
  const Lineage& lineage() const { return *lineage_; }
  Detectors& detectors() { return *detectors_; }
  const Detectors& detectors() const { return *detectors_; }
  const Host& host() const { return host_; }
  std::uint64_t lost() const { return lost_; }
  BootTime time() const { return time_; }
  Summary summary() const;
  ViewLimits limits() const { return view_limits(host_, *lineage_, lost_); }
  View view() const { return {host_, detectors_->scene(), time_, lost_, *detectors_}; }

 private:
  struct Counted {  // events of one kind of record; two kinds can be the same action
    std::string_view action;
    std::uint64_t count = 0;
  };
  struct Counts {
    std::array<Counted, std::variant_size_v<decltype(Event::what)>> events{};
    std::map<std::string, std::uint64_t> before;  // of the run, until the saved state that this began with
    std::uint64_t malformed = 0, raised = 0, cleared = 0, reparented = 0, seeded = 0;
  };

  void emit_ready(const View& view);
  void emit_inferred_exec(const View& view, const Event& seen);
  void emit_standing();
  template <typename F>
  void emit(F&& f) {
    if (muted_) return;
    for (Sink* sink : sinks_) f(*sink);
  }

  void restore(const Event& event, const SavedState& state);
  bool restore_item(const StateItem& item);
  void end_restore(BootTime time);

  // What an output can show is saved in saved_pipeline.cpp: a new field needs a line there.
  friend struct tlv::Saved<Pipeline>;
  enum class Stage : std::uint8_t { fresh, restoring, running } stage_ = Stage::fresh;
  bool core_known_ = false;
  StateJoiner joiner_;
  DetectOptions detect_;
  LineageOptions bounds_;
  Decoder decoder_;
  std::unique_ptr<Lineage> lineage_;
  std::unique_ptr<Detectors> detectors_;
  Host host_;
  std::vector<Sink*> sinks_;
  Counts counts_;
  std::uint64_t lost_ = 0;
  BootTime time_{};
  bool muted_ = false;
};

}  // namespace stray
