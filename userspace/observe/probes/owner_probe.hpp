// SPDX-License-Identifier: Apache-2.0
// Who can change what a process runs: the owner of the file, and of every directory on the way to it.
#pragma once

#include <cstdint>
#include <string>

#include "event.h"
#include "observe/rooted_files.hpp"
#include "program/program.hpp"

namespace stray {

struct ProgramOwner {
  stray_owner owner = STRAY_OWNER_UNKNOWN;
  std::uint32_t uid = 0;  // of STRAY_OWNER_USER; kNoLogin: a group, or everybody
  std::string path;       // of the file it is about
};

// Of the executable `exe` as the kernel names it; where an interpreter runs a script that makes it a
// supervisor, of both: what one of them lets others do counts. Access control lists are not looked at.
ProgramOwner owner_of_program(int process_dir, const ProcessFiles& files, const std::string& exe,
                              const ProgramView& view);

}  // namespace stray
