// SPDX-License-Identifier: Apache-2.0
// The table of commands: each is defined in the file of its name in cli/commands/.
#include "cli/commands.hpp"

namespace stray {

extern const Command kRun, kScan, kTop, kTree, kExplain, kReplay, kHistory, kDiff, kReport, kExport, kPlan,
    kStop, kAdopt, kAllow, kCheck, kFleet, kConfig, kDoctor;

std::span<const Command* const> all_commands() {
  static constexpr const Command* kAll[] = {&kRun,     &kScan,  &kTop,    &kTree,   &kExplain, &kReplay,
                                            &kHistory, &kDiff,  &kReport, &kExport, &kPlan,    &kStop,
                                            &kAdopt,   &kAllow, &kCheck,  &kFleet,  &kConfig,  &kDoctor};
  return kAll;
}

}  // namespace stray
