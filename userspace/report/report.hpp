// SPDX-License-Identifier: Apache-2.0
// What a report is made of: lives of processes and of findings, as values. Texts are as they came: raw bytes,
// untrusted; whoever writes them escapes them for the medium.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "findings/origin.hpp"
#include "findings/stray.hpp"
#include "lineage/process.hpp"
#include "pipeline/summary.hpp"
#include "plan/migration.hpp"
#include "record/host.hpp"
#include "report/strings.hpp"
#include "supervision/supervision.hpp"

namespace stray {

// One process, from its fork or the snapshot that found it to its end or the last look.
struct Life {
  ProcessKey key;
  ProcessKey parent;         // the present or last one; may be a process that the report does not hold
  ProcessKey origin;         // who forked it
  BootTime end{};            // 0: it lived when last looked at
  std::uint64_t rss = 0;     // bytes, as last observed; 0: not known
  std::uint64_t peak = 0;    // bytes, of its exit record; 0: not known
  std::uint64_t cpu_ns = 0;  // user and system; 0: not known
  std::uint32_t uid = 0;
  std::uint32_t status = 0;  // of its end, as wait(2)
  std::uint32_t images = 0;  // how many programs it exec'd
  Strings::Id command = 0, exe = 0, cwd = 0;
  Strings::Id user = 0;        // its name, or empty: only the uid is known
  Strings::Id supervisor = 0;  // of the verdict: unit, app, container, terminal
  Strings::Id killer = 0;      // who sent the signal that ended it
  Verdict verdict = Verdict::nobody;
  Edge edge = Edge::none;  // how its parent is known
  bool seeded = false;     // older than the look
  bool inferred = false;   // its end was not seen
  bool oom = false;
  bool cut = false;  // its command was longer than is kept

  bool alive() const { return end == BootTime{}; }
};

// One finding from its raising on. `last` is what it said at the end: its message and evidence.
struct FindingLife {
  Kind kind = Kind::orphan;
  ProcessKey process;
  BootTime since{}, raised{}, changed{}, cleared{};  // cleared 0: open
  std::uint64_t updates = 0;
  Condition last;
  std::string reason;  // of the clearing
  Origin origin;       // of the process

  bool open() const { return cleared == BootTime{}; }
};

struct GapSeen {
  BootTime from{}, to{};
  std::uint64_t count = 0;
};

struct Report {
  Host host;
  TimeStyle time = kUtc;  // of all times in it: the page of the HTML report shows UTC
  BootTime from{}, to{};  // of the records
  Strings strings;
  std::vector<Life> lives;            // by key; no kernel threads
  std::vector<FindingLife> findings;  // by the time of their raising, process and kind
  std::vector<Stray> strays;          // those that stand at the end, as every output has them
  std::vector<Migration> migrations;  // of those strays that move
  std::vector<GapSeen> gaps;
  Summary summary;
  std::uint64_t events = 0;  // fork, exec, exit, ... as the summary counts them
  std::uint64_t lives_dropped = 0, findings_dropped = 0, gaps_dropped = 0, kernel_threads = 0;

  const Life* find(ProcessKey key) const;
  std::string_view text(Strings::Id id) const { return strings[id]; }
  bool one_look() const { return events == 0; }  // a snapshot and nothing else
};

}  // namespace stray
