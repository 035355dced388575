// SPDX-License-Identifier: Apache-2.0
// Makes snapshots of a pipeline, and counts what begins between them. It decides nothing: verdict, lines and
// treatments are those that `scan`, `tree`, `explain` and `plan` print.
#pragma once

#include <unordered_map>

#include "pipeline/pipeline.hpp"
#include "top/snapshot.hpp"

namespace stray::top {

class Survey final : public Sink {
 public:
  // In its thread, between two records.
  Snapshot snapshot(const Pipeline& pipeline, const Wanted& wanted);

  // A finding was raised, updated or resolved since the last snapshot.
  bool news() const { return news_; }
  void forget();  // the records to come are of another time

  void event(const View& view, const Event& event) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;

 private:
  struct Used {  // CPU time, as it was observed at two times
    std::uint64_t cpu_ns = 0;
    BootTime time{};
    double share = 0;
  };
  void add_strays(Snapshot& out, const std::vector<Stray>& strays, const Pipeline& pipeline) const;
  void add_tree(Snapshot& out, const std::vector<Stray>& strays, const Pipeline& pipeline);
  std::optional<double> share_of(const Process& process);
  std::optional<double> rate(BootTime now);

  bool news_ = true;
  std::uint64_t begun_ = 0, begun_before_ = 0;
  BootTime rated_{};
  std::optional<double> rate_;
  std::unordered_map<ProcessKey, Used> used_, used_next_;
};

}  // namespace stray::top
