// SPDX-License-Identifier: Apache-2.0
// How a supervisor restarts or stops one of its own: the commands that every output offers, one row a
// supervisor.
#pragma once

#include <string>

#include "supervision/supervision.hpp"

namespace stray {

// One complete command line for root's shell, with every untrusted word quoted; or a comment ("# ...") where
// the command is not known or the shell should not be given these names. What a user's supervisor answers
// runs as that user: in a session of its own and without root's terminal, into which the user's processes
// could type.
std::string restart_command(const Lineage& lineage, const Process& process, const Supervision& who);
std::string stop_command(const Lineage& lineage, const Process& process, const Supervision& who);

}  // namespace stray
