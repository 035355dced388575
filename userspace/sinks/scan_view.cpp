// SPDX-License-Identifier: Apache-2.0
#include "sinks/scan_view.hpp"

#include <algorithm>

#include "base/glob.hpp"

namespace stray {
namespace {

bool is_user(const Process& process, const std::string& name) {
  return name == std::to_string(process.uid) || (process.seen && name == process.seen->user);
}

}  // namespace

bool ScanView::wants(const Finding& finding, const Process* process) const {
  if (at_least && finding.what.severity < *at_least) return false;
  if (!kinds.empty() && !kinds.contains(finding.kind)) return false;
  if (users.empty() && units.empty()) return true;
  if (!process) return false;
  if (!users.empty() && std::none_of(users.begin(), users.end(),
                                     [&](const std::string& name) { return is_user(*process, name); }))
    return false;
  if (units.empty()) return true;
  const std::string unit = place_in_cgroup(process->cgroup()).unit;
  return matches_any_glob(units, unit);
}

}  // namespace stray
