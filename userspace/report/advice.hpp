// SPDX-License-Identifier: Apache-2.0
// What a report says of its strays, for every medium alike: who is concerned, what to do and when, how to see
// that it worked, what it brings. What is to be done was decided with the strays (findings/treatment.hpp).
#pragma once

#include <string>
#include <vector>

#include "report/report.hpp"

namespace stray {

// A stray as the report shows it.
struct Subject {
  const Stray* stray = nullptr;
  const Life* life = nullptr;                // of the process it is about; nullptr: not kept
  std::vector<const FindingLife*> findings;  // the most decisive first
  std::string by, from;                      // who started it, and from where
  std::string chain;                         // "node app.js ← sh (code 0) ← bash ← alice"
  const Migration* migration = nullptr;      // where it moves and that is known
};

// Strays that differ in nothing that decides what to do: the same command, person, folder, findings and
// treatment.
using Alike = std::vector<const Subject*>;

// Their steps in one: each with the commands of all, a line each.
std::vector<Step> steps_of(const Alike& alike);

// The strays that one kind of treatment is for, by when it is due.
struct Task {
  When when = When::now;
  std::string title;  // "Stop what nobody needs"
  std::vector<Alike> about;
};

struct Advice {
  std::vector<Subject> subjects;            // as the strays are ordered
  std::vector<Task> tasks;                  // now, in the next maintenance window, optional
  std::vector<Step> verify;                 // commands, each with what it should show
  std::vector<Kind> kinds;                  // of the open findings, once each: their impacts are explained
  std::vector<std::string> improvements;    // what is better afterwards: one sentence each
  std::vector<const FindingLife*> cleared;  // in the order of their clearing
  StrayTotals totals;
};

Advice advise(const Report& report);

}  // namespace stray
