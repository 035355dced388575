// SPDX-License-Identifier: Apache-2.0
// A stray: one launch (the topmost process of what was left, and what descends from it) with all findings
// about it. It is the unit that a person acts on.
#pragma once

#include <string>
#include <vector>

#include "findings/treatment.hpp"

namespace stray {

struct Stray {
  ProcessKey top;      // the topmost process; names the stray
  ProcessKey subject;  // what the decisive finding is about, or the server among its processes: what is moved
  std::vector<ProcessKey> members;     // alive, top first, then by distance from it
  std::vector<Finding> findings;       // open ones, the most decisive first
  Severity severity = Severity::info;  // the gravest of its findings
  std::uint64_t memory = 0;            // bytes of resident memory of its members
  std::uint64_t alike = 0;             // further strays like it, which are not listed (crowds.hpp)
  Treatment treatment;
};

// By severity, then by top. A process belongs to one stray.
std::vector<Stray> strays_of(const Scene& scene, const std::vector<Finding>& open);

// The same for the findings of one launch; all of `open` belong to it.
Stray stray_of(const Scene& scene, ProcessKey top, std::vector<Finding> open);

// The process that names the stray which a finding of this kind about this process belongs to.
const Process& top_of_stray(const Process& process, Kind kind);

// The topmost of the wrappers and `sh -c` directly above it, which belong to the same launch.
const Process& top_of_launch(const Process& process);

// ---- what treatment and sinks ask of a stray ----

// The process of its launch that listens or runs in production; nullptr: it serves nobody.
const Process* server_of(const Scene& scene, const Stray& stray);

// Strays by what is to be done, for summaries.
struct StrayTotals {
  std::size_t strays = 0, findings = 0, processes = 0;
  std::size_t alike = 0;  // of these strays: counted, not listed
  std::size_t end = 0, move = 0, restart = 0, note = 0;
  std::uint64_t memory = 0, frees = 0;  // bytes, of those that are listed
};
StrayTotals totals_of(const std::vector<Stray>& strays);

// "5 strays: 4 to stop, 1 to move"; "5 strays in 2 entries: …" where like ones stand in one entry.
std::string totals_text(const StrayTotals& totals, std::size_t entries = 0);

}  // namespace stray
