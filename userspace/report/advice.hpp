// SPDX-License-Identifier: Apache-2.0
// What a report concludes from its findings, for every medium alike: who is concerned, why it matters, what
// to do in which order, how to see that it worked, what it brings. A pure function of the Report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.hpp"

namespace stray {

// A process with open findings; the decisive one first: its steps settle the others too.
struct Subject {
  ProcessKey process;
  const Life* life = nullptr;  // nullptr: not kept
  std::vector<const FindingLife*> findings;
  std::string by, from;  // who started it, and from where
};

struct Step {
  std::string title;
  std::vector<const Subject*> about;
  std::vector<std::string> lines;  // shell commands, or # comments: untrusted names may stand in them
};

struct Advice {
  std::vector<Subject> subjects;  // the gravest first, then by key
  std::vector<Step> steps;
  std::vector<std::string> verify;          // shell commands, each with what it should show
  std::vector<const FindingLife*> cleared;  // in the order of their clearing
  std::uint64_t open = 0;                   // findings
  // Living processes, each once, and the sum of their RSS in bytes: those which findings name or which go
  // along with one, and of these the ones that the steps end for good.
  std::uint64_t named = 0, named_memory = 0;
  std::uint64_t ended = 0, ended_memory = 0;
};

Advice advise(const Report& report);

// Why a finding of this kind matters, in one or two sentences.
std::string_view impact_of(Kind kind);

}  // namespace stray
