// SPDX-License-Identifier: Apache-2.0
// What `stray scan` shows, and how. The command leaves out what is not wanted; the outputs print the rest.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "findings/finding.hpp"
#include "lineage/lineage.hpp"
#include "lineage/view_limits.hpp"

namespace stray {

struct ScanView {
  bool brief = false;                     // one line a stray
  bool findings = false;                  // one block a finding instead of one entry a stray
  std::optional<Severity> at_least;       // nothing below it
  std::set<Kind> kinds;                   // empty: all
  std::vector<std::string> users, units;  // names or numbers; shell patterns. Empty: all
  ViewLimits limits;                      // while there are any, none is no all-clear

  // Whether a finding is wanted. `process`: what it is about, if that is known.
  bool wants(const Finding& finding, const Process* process) const;
  bool filters() const { return at_least || !kinds.empty() || !users.empty() || !units.empty(); }
};

}  // namespace stray
