// SPDX-License-Identifier: Apache-2.0
// What commands do about the limits of a view: a line each on standard error, and the exit code.
#pragma once

#include "cli/options.hpp"
#include "lineage/view_limits.hpp"

namespace stray {

// Without those that the user accepted (--this-namespace).
ViewLimits not_accepted(ViewLimits limits, const CommonOptions& common);

// Warns of each limit that the user did not accept (--this-namespace).
void warn_of_limits(const ViewLimits& limits, const CommonOptions& common);

// kNotPossible while there is a limit that the user did not accept, else `otherwise`.
int limited_exit(const ViewLimits& limits, const CommonOptions& common, int otherwise);

}  // namespace stray
