// SPDX-License-Identifier: Apache-2.0
// One row a kind of finding: all that the rest of stray knows of it. A new kind is an enumerator in kind.hpp,
// a file in kinds/, and its line in kinds.cpp (docs/extending.md).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "findings/finding.hpp"
#include "findings/scene.hpp"

namespace stray {

// What a finding of this kind asks for, before it is known whether the process serves anybody
// (treatment.hpp).
enum class Remedy : std::uint8_t {
  end,      // nobody needs it: stop it
  move,     // it serves: put it under a supervisor
  restart,  // its supervisor starts it again, with new code, runtime or limits
  note,     // a person has to look
};
std::string_view to_string(Remedy remedy);

// Which observations must be fresh before a finding is raised, beside those of process, memory and sockets.
enum class Needs : std::uint8_t { nothing_else, files, children };

struct KindRow {
  Kind kind;
  std::string_view name;            // rule.name, stray.finding.kind: never renamed
  std::string_view message_id;      // of the journal, and of its text in sinks/stray.catalog: never changed
  std::string_view when;            // raised when: one line for tables
  std::string_view wait;            // how long the condition must hold by default: one line for tables
  std::string_view impact;          // why it matters: one or two sentences
  Remedy unsupervised, supervised;  // what it asks for
  std::string_view reason;          // why that is the right thing to do: one sentence
  std::string_view hint;            // what else helps; empty: nothing
  bool of_launch;                   // it is about all that was started with the process, not about it alone
  Needs needs;
  // Judges one process at one moment from the lineage alone; nullptr: raised by a record of its own
  // (oom-kill).
  std::optional<Condition> (*judge)(const Scene& scene, const Process& process);
};

const KindRow& row_of(Kind kind);

// All rows, the most decisive first: of several findings about one stray the first decides what is to be
// done.
std::span<const KindRow* const> kinds_by_decisiveness();

}  // namespace stray
