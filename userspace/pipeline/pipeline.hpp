// SPDX-License-Identifier: Apache-2.0
// The one way for the data: raw record -> decode -> lineage -> detectors -> sinks. Live and replay feed the
// same.
//
// Threads: none of its own; all is done in feed(). Malformed records are counted and skipped, never guessed
// at.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detect/detectors.hpp"
#include "lineage/lineage.hpp"
#include "output/host.hpp"
#include "pipeline/sink.hpp"
#include "record/decode.hpp"
#include "record/state.hpp"

namespace stray {

class Pipeline {
 public:
  Pipeline(DetectOptions detect, LineageOptions lineage);

  void add(Sink& sink) { sinks_.push_back(&sink); }  // borrowed
  void feed(RawRecord raw);

  // Gives the state between two feed() as records (docs/capture-format.md); `now` becomes their time. Fed to
  // a new pipeline they make one that goes on as this one does; its sinks are told ready and the live
  // processes. Options are not part of it. Records are valid during the call alone.
  void save_state(const std::function<void(RawRecord)>& emit, BootTime now) const;

  Lineage& lineage() { return lineage_; }
  Detectors& detectors() { return detectors_; }
  const Host& host() const { return host_; }
  std::uint64_t lost() const { return lost_; }
  BootTime time() const { return time_; }
  Summary summary() const;
  View view() const { return {host_, detectors_.scene(), time_, lost_}; }

 private:
  void tell_ready(const View& view);
  void restore(const Event& event, const SavedState& state);
  bool restore_item(const StateItem& item);
  void end_restore(BootTime time);

  // What an output can tell is saved in state.cpp: a new field needs a line there.
  friend struct tlv::Saved<Pipeline>;
  enum class Stage : std::uint8_t { fresh, restoring, running } stage_ = Stage::fresh;
  bool core_known_ = false;
  StateJoiner joiner_;
  Decoder decoder_;
  Lineage lineage_;
  Detectors detectors_;
  Host host_;
  std::vector<Sink*> sinks_;
  std::map<std::string_view, std::uint64_t> counts_;
  std::uint64_t lost_ = 0, malformed_ = 0, raised_ = 0, cleared_ = 0, reparented_ = 0, seeded_ = 0;
  BootTime time_{};
};

}  // namespace stray
