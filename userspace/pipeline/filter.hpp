// SPDX-License-Identifier: Apache-2.0
// Lets through to another sink only what was asked for. It stands after lineage and detectors, so a filtered
// output never loses ancestry; ready always passes, and the summary counts what has passed.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/sink.hpp"

namespace stray {

struct FilterOptions {  // empty: no such condition; within one list any may match, all lists must
  std::vector<std::uint32_t> pids;
  std::vector<std::string> ids;    // process ids, or ids of findings ("orphan:7f3k…")
  std::vector<std::string> exes;   // shell patterns, against the whole path or its base name
  std::vector<std::string> argvs;  // the same, against the joined command line
  std::vector<std::string> trees;  // pids or process ids: these, and what descends from them
  std::vector<std::string> users;  // names or numbers
  std::vector<std::string> units;  // shell patterns
  std::vector<Kind> findings;      // only these findings, and no events

  bool any() const {
    return !pids.empty() || !ids.empty() || !exes.empty() || !argvs.empty() || !trees.empty() ||
           !users.empty() || !units.empty() || !findings.empty();
  }
};

class FilterSink final : public Sink {
 public:
  FilterSink(FilterOptions options, Sink& next) : options_(std::move(options)), next_(next) {}

  // Whether what is known of a process now lets it through.
  bool passes(const View& view, const Process& process) const { return matches(view, &process, process.key); }

  void ready(const View& view) override { next_.ready(view); }
  void event(const View& view, const Event& event) override;
  void seed(const View& view, const Process& process) override;
  void reparent(const View& view, const Change& change) override;
  void finding(const View& view, const Finding& finding, const Process* process) override;
  void standing(const View& view, const Finding& finding, const Process* process) override;
  void summary(const View& view, const Summary& summary) override;

 private:
  bool in_trees(const View& view, const Process* process, ProcessKey key) const;
  bool matches(const View& view, const Process* process, ProcessKey key) const;
  bool wanted(const View& view, const Finding& finding, const Process* process) const;

  FilterOptions options_;
  Sink& next_;
  std::map<std::string, std::uint64_t> events_{{"reparent", 0}, {"seed", 0}};  // that passed
  std::uint64_t raised_ = 0, cleared_ = 0;
  std::map<std::pair<Kind, ProcessKey>, Finding> open_;
};

}  // namespace stray
