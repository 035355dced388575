// SPDX-License-Identifier: Apache-2.0
// Programs that the dynamic loader was told to run: their executable is the loader.
#pragma once

#include "program/program.hpp"

namespace stray {

// The program that this loader runs, as if it had been executed itself; nothing: none is named.
std::optional<ProgramView> loaded_program(const ProgramView& loader);

}  // namespace stray
