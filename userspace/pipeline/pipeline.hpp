// SPDX-License-Identifier: Apache-2.0
// The one way for the data: raw record -> decode -> lineage -> detectors -> sinks. Live and replay feed the
// same.
//
// Threads: none of its own; all is done in feed(). Malformed records are counted and skipped, never guessed
// at.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "detect/detectors.hpp"
#include "lineage/lineage.hpp"
#include "output/host.hpp"
#include "pipeline/sink.hpp"
#include "record/decode.hpp"

namespace stray {

class Pipeline {
 public:
  Pipeline(DetectOptions detect, LineageOptions lineage);

  void add(Sink& sink) { sinks_.push_back(&sink); }  // borrowed
  void feed(RawRecord raw);

  Lineage& lineage() { return lineage_; }
  Detectors& detectors() { return detectors_; }
  const Host& host() const { return host_; }
  std::uint64_t lost() const { return lost_; }
  BootTime time() const { return time_; }
  Summary summary() const;
  View view() const { return {host_, detectors_.scene(), time_, lost_}; }

 private:
  struct Counted {  // events of one kind of record; two kinds can be the same action
    std::string_view action;
    std::uint64_t count = 0;
  };

  void tell_ready(const View& view);

  Decoder decoder_;
  Lineage lineage_;
  Detectors detectors_;
  Host host_;
  std::vector<Sink*> sinks_;
  std::array<Counted, std::variant_size_v<decltype(Event::what)>> counts_{};
  std::uint64_t lost_ = 0, malformed_ = 0, raised_ = 0, cleared_ = 0, reparented_ = 0, seeded_ = 0;
  BootTime time_{};
};

}  // namespace stray
