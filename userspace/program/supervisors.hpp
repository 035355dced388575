// SPDX-License-Identifier: Apache-2.0
// The programs that start others and restart them.
#pragma once

#include <span>

#include "program/program.hpp"

namespace stray {

std::span<const SupervisorKind> all_supervisors();

// The row of that name, or nullptr. Names: "pm2", "runit", "containerd-shim", …
const SupervisorKind* find_supervisor(std::string_view name);

// "PM2 v7.0.4: God Daemon (/root/.pm2)". Proves nothing by itself: only asked for the title of a JavaScript
// runtime.
bool is_pm2_title(std::string_view title);

}  // namespace stray
