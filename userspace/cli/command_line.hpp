// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stray {

// Reads the command line, runs its command and returns the exit code. Throws UsageError, and what commands
// throw.
int run_command_line(int argc, char** argv);

}  // namespace stray
