// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lineage/process.hpp"

namespace stray {

class HostLook;

// Throws UsageError for what no command ends: init, kernel threads, and what stray itself descends from.
void refuse_if_forbidden(HostLook& look, const Process& process);

}  // namespace stray
