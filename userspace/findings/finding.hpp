// SPDX-License-Identifier: Apache-2.0
// Findings: what detectors say and sinks show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "findings/kind.hpp"
#include "record/event.hpp"
#include "supervision/evidence.hpp"

namespace stray {

// What a rule judged of one process at one moment: the condition holds. Every field of it and of Finding is
// saved in saved_findings.cpp: a new one needs a line there.
struct Condition {
  BootTime since{};          // 0: since it was first judged
  BootTime wait{};           // how long it must hold; kNever: this kind is off by default
  bool human_limit = false;  // the wait is for who acts first, a person at a live terminal or PM2's own
                             // check of memory: --after does not replace it
  Severity severity = Severity::notice;
  BootTime severity_until{};  // when age alone will change the severity; 0: never
  std::string claim;          // what is wrong, without the subject: "is orphaned: …"
  std::string message;        // one plain sentence: the subject and the claim
  std::vector<Evidence> evidence;
  std::vector<ProcessKey> members;  // of the group below the subject, without it
  std::uint64_t alike = 0;  // further processes like the subject, of which this speaks too (crowds.hpp)
};

// Whether two conditions say the same. What changes all the time (age, memory) does not count.
bool says_the_same(const Condition& a, const Condition& b);

struct Finding {
  enum class Action : std::uint8_t { raised, updated, cleared } action = Action::raised;
  Kind kind = Kind::orphan;
  ProcessKey process;
  BootTime since{}, raised{}, time{};  // time: of this action
  Condition what;
  std::string reason;  // of the clearing
};
std::string_view to_string(Finding::Action action);

}  // namespace stray
