// SPDX-License-Identifier: Apache-2.0
// A plan: the strays of a host as a list of stray's own verbs with their reasons, to be read and run line by
// line. What is to be done was decided before (findings/treatment.hpp); this only writes it down.
#pragma once

#include <string>
#include <vector>

#include "findings/stray.hpp"
#include "lineage/view_limits.hpp"

namespace stray {

struct PlanHead {
  std::string host, date, boot_id;
  ViewLimits limits;  // of the view that it was made from
};

// A POSIX shell script: without arguments it shows, with `end` it does what is due now and certain enough,
// under the same boot only. All else is a comment. Every text of a process is printed escaped, in a comment;
// a command holds ids alone.
std::string plan_script(const std::vector<Stray>& strays, const Scene& scene, const PlanHead& head);

// The same as one JSON document.
std::string plan_json(const std::vector<Stray>& strays, const Scene& scene, const PlanHead& head);

// The beginning of the script (plan.sh).
extern const char kPlanScript[];

}  // namespace stray
