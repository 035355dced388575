// SPDX-License-Identifier: Apache-2.0
// What python runs that is known by its name: development servers, agents, MCP servers, servers that keep
// workers, and the workers of multiprocessing.
#pragma once

#include "program/program.hpp"

namespace stray {

// Adds what is known; a script of the user's own stays what `program` says.
void recognise_python(Program& program, const ProgramView& view);

// Of a name in Program: a server whose workers are started again by it.
bool keeps_workers(const Program& program);

}  // namespace stray
