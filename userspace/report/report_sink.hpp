// SPDX-License-Identifier: Apache-2.0
// Gathers a Report from what a pipeline tells.
//
// Memory: bounded by ReportBound. Over it ended processes go, an eighth at a time: first the oldest of those
// that lived less than a second, then the oldest others; of both, those that no living process and no finding
// descends from before those that one does. Living processes are never given up (the lineage holds them
// anyway), nor open findings; of closed findings the oldest go. What went is counted, and the report says so.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "pipeline/pipeline.hpp"
#include "report/report.hpp"

namespace stray {

struct ReportBound {
  std::size_t processes = 200'000;
  std::size_t text_bytes = 128u << 20;  // of commands, paths and names
  std::size_t command_bytes = 2048;     // kept of each command
  std::size_t findings = 10'000;
  std::size_t gaps = 1'000;
};

class ReportSink final : public Sink {
 public:
  explicit ReportSink(ReportBound bound = {}) : bound_(bound) {}

  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void standing(const View& view, const Finding& open, const Process* process) override {
    finding(view, open, process);
  }

  // The report as of the pipeline's present. What ended, or was cleared, before `since` is left out, unless
  // something in the report descends from it. The sink is empty afterwards.
  Report take(const Pipeline& pipeline, BootTime since = {});

 private:
  using FindingKey = std::pair<ProcessKey, Kind>;

  void note(const View& view, const Process& process);
  void begin(const View& view);
  void keep_bound();
  void drop_oldest(std::size_t keep);
  std::unordered_set<ProcessKey, ProcessKeyHash> needed() const;
  void rebuild_strings();

  ReportBound bound_;
  Strings strings_;
  std::unordered_map<ProcessKey, Life, ProcessKeyHash> lives_;
  std::map<FindingKey, FindingLife> open_;
  std::deque<FindingLife> closed_;  // in the order of their clearing
  std::deque<GapSeen> gaps_;
  std::size_t next_drop_ = 0, next_text_drop_ = 0;  // 0: at the bound
  bool begun_ = false;
  BootTime from_{};
  std::uint64_t lives_dropped_ = 0, findings_dropped_ = 0, gaps_dropped_ = 0;
};

}  // namespace stray
