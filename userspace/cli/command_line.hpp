// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace stray {

// Reads the command line, runs its command and returns the exit code. Throws UsageError, and what commands
// throw.
int run_command_line(int argc, char** argv);

// All of it as it was declared, for those who write it down.
void describe_command_line(const std::function<void(const CLI::App&)>& describe);

}  // namespace stray
