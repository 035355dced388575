// SPDX-License-Identifier: Apache-2.0
// What an image of a JavaScript runtime is: entry point, role, tool.
#pragma once

#include "program/program.hpp"

namespace stray {

Program recognise_runtime(Runtime runtime, const ProgramView& view);

// Gives a program the row `name` of the supervisor table.
void make_supervisor(Program& program, std::string_view name);

}  // namespace stray
