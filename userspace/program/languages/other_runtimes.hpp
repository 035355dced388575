// SPDX-License-Identifier: Apache-2.0
// Which program python, ruby, java and php run, by their own command lines.
#pragma once

#include "program/program.hpp"

namespace stray {

bool is_other_runtime(Runtime runtime);
Program recognise_other_runtime(Runtime runtime, const ProgramView& view);

}  // namespace stray
