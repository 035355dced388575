// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "cli/command.hpp"

namespace stray {

std::span<const Command* const> all_commands();  // in the order in which --help shows them

}  // namespace stray
