// SPDX-License-Identifier: Apache-2.0
// Programs whose work comes to its end by itself: what runs one of them is a job on purpose, whoever started
// it.
#pragma once

#include <string_view>

#include "base/string_list.hpp"

namespace stray {

// By the file name of the executable, by its sub-command, or by the script that it runs: package managers,
// backups, compilers and builds, dumps, test runners.
bool is_batch_program(std::string_view exe, StringList argv = {});

}  // namespace stray
