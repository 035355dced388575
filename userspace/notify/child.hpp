// SPDX-License-Identifier: Apache-2.0
// The life of the notifier's process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "config/notify.hpp"
#include "notify/counts.hpp"

namespace stray {

// In the child: lines of messages come by `socket`. Ends the process.
[[noreturn]] void notifier_main(const std::vector<NotifyTarget>& targets, SharedCounts& counts,
                                const std::string& state, int socket, pid_t parent);

}  // namespace stray
