// SPDX-License-Identifier: Apache-2.0
// What a systemd unit's file says of itself.
#pragma once

#include <string>
#include <vector>

#include "event.h"

namespace stray {

// "web@1.service" -> "web@.service", the name of the file that holds it; other names as they are.
std::string template_of(const std::string& unit);

// Restart= of a service: of its file, and of what is dropped in beside it. `dirs`: whole paths, in the order
// of systemd.unit(5), where what stands first hides what follows. Unknown when no file can be read.
stray_restart restart_of_unit(const std::string& unit, const std::vector<std::string>& dirs);

}  // namespace stray
