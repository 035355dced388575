// SPDX-License-Identifier: Apache-2.0
// What `stray scan` shows, and how. The command filters; the outputs only print what is left.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "findings/finding.hpp"

namespace stray {

struct ScanView {
  bool brief = false;                     // one line a stray
  bool findings = false;                  // one block a finding instead of one entry a stray
  std::optional<Severity> at_least;       // nothing below it
  std::set<Kind> kinds;                   // empty: all
  std::vector<std::string> users, units;  // names or numbers; shell patterns. Empty: all

  bool filters() const { return at_least || !kinds.empty() || !users.empty() || !units.empty(); }
};

}  // namespace stray
