// SPDX-License-Identifier: Apache-2.0
// What a host says to the store of many hosts: flat rows, one JSON object a line (docs/fleet.md lists the
// tables and columns). A row says which table it is of, the version of the schema, host, machine, boot and
// its number in this run: a row that arrives twice has the same key and changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/sink.hpp"

namespace stray {

// One line of a policy, held against the host (docs/policy.md).
struct PolicyLine {
  std::string rule, expected, found;
  std::string_view level;  // a literal
  bool met = false;
};

// Findings as they happen, and when asked for the inventory: the host itself and its long-lived processes.
class RowSink final : public Sink {
 public:
  static constexpr int kSchema = 1;
  static constexpr BootTime kLongLived = std::chrono::minutes(5);
  static constexpr std::size_t kBudget = 500;  // rows of processes in one inventory

  void ready(const View& view) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void standing(const View& view, const Finding& finding, const Process* process) override;

  // The rows of now: those of processes, then the host's, all with the same `seen`. A process is alive as far
  // as its row has the `seen` of its host's newest row. Equal ones (command line, user, directory, cgroup)
  // are one row with their number `n`. What the budget leaves out is counted in the host's row.
  void inventory(const Pipeline& pipeline);

  // What a policy says of the host now. `name`: which policy, the same on every host that has it.
  void policy(const Pipeline& pipeline, std::string_view name, const std::vector<PolicyLine>& lines);

  // What was said since the last call, whole lines.
  std::string take() { return std::exchange(rows_, {}); }

 private:
  void begin(Json& json, std::string_view table, const Host& host, BootTime time);
  void host_row(const Pipeline& pipeline, std::size_t left_out);

  std::string rows_;
  std::uint64_t sequence_ = 0;
  BootTime unwatched_{};
};

}  // namespace stray
